"""Split delimited text into records, by the delimiter and the meaning of quotation marks that fit all of its lines.

Every combination of the two is one reading of the text. A reading fits if all records have the same number of fields
(titles above them aside), and no quotation mark is left over. What fits is taken; if two readings fit, evidence in the
text decides; without evidence it is an error.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbtrain.data import other_delimiters
from nbtrain.data.other_delimiters import OtherDelimiter
from nbtrain.data.readings import DELIMITERS, MAX_TITLES, Quotes, Reading, enclosed, plain
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    Fix = Callable[..., str]

SAMPLE = 2**16
"""Characters in which the delimiter is looked for."""


def read_records(text: str, expected: str, fix: Fix) -> Reading:
    """The records of `text`; none if it is blank.

    Args:
        text: The content of a file.
        expected: The delimiter that the name of the file promises.
        fix: Gives the advice of an error, for arguments of `pandas.read_csv`, or of another of its functions.

    Raises:
        DataError: The lines have different numbers of fields, or several readings fit. The message names the lines.
    """
    end = _line_end(text)
    if named := re.match(rf'"?sep=(.)"?\r?{end}', text, re.IGNORECASE):  # Excel
        reading = _best(text[named.end() :], named[1], end, fix)
        reading.lines = [line + 1 for line in reading.lines]
        return _fits(reading)
    header = text.lstrip("\r\n").partition(end)[0]
    sample = _beginning(text, end)
    if not any(delimiter in header for delimiter in DELIMITERS) and (other := other_delimiters.find(sample, end)):
        if other.control:
            return _fits(_best(text, other.control, end, fix))
        raise _other_delimiter(other, fix)
    likely = max(sorted(DELIMITERS, key=lambda each: each != expected), key=header.count)
    found = [_best(text, each, end, fix) for each in _candidates(text, end, header, likely)]
    good = [reading for reading in found if not reading.problem]
    if len(good) > 1 and expected == "\t":
        good = [reading for reading in good if reading.delimiter == expected] or good
    if len(good) > 1:
        names = " or the ".join(DELIMITERS[reading.delimiter] for reading in good)
        advice = fix(f"sep={good[0].delimiter!r}")
        msg = f"the delimiter may be the {names}: either way all lines have the same number of fields.\n    {advice}"
        raise DataError(msg)
    if good:
        return good[0]
    if found:
        return _fits(min(found, key=lambda reading: reading.delimiter != likely))
    if likely in header:
        return _fits(_best(text, likely, end, fix))
    if (blanks := other_delimiters.find_blanks(sample, end)) is not None:
        raise _other_delimiter(blanks, fix)
    return _fits(_one_column(text, likely, end))


def _other_delimiter(other: OtherDelimiter, fix: Fix) -> DataError:
    return DataError(f"the delimiter is the {other.name}.\n    {fix(other.arguments, other.reader)}")


def _fits(reading: Reading) -> Reading:
    if reading.problem:
        raise DataError(reading.problem)
    return reading


def _line_end(text: str) -> str:
    """What ends the lines: a carriage return if the first line ends with one, else a newline (either may be text)."""
    first = re.search(r"\r\n|\n|\r", text)
    return "\r" if first and first[0] == "\r" else "\n"


def _beginning(text: str, end: str) -> str:
    return text if len(text) <= SAMPLE else text[: text.rfind(end, 0, SAMPLE) + 1] or text


def _candidates(text: str, end: str, header: str, likely: str) -> list[str]:
    """The delimiters for which a reading of the beginning of the text fits and has several fields."""
    sample = _beginning(text, end)
    fitting: list[Reading] = []
    for delimiter in DELIMITERS:
        if delimiter in sample:
            fitting += _fitting(sample, delimiter, end, is_whole=sample is text)
    without = not any(delimiter in header for delimiter in DELIMITERS)
    chosen = [reading for reading in fitting if reading.is_even] or [
        reading for reading in fitting if without or reading.delimiter == likely or reading.width > 2
    ]
    return list(dict.fromkeys(reading.delimiter for reading in chosen))


def _fitting(sample: str, delimiter: str, end: str, *, is_whole: bool) -> list[Reading]:
    readings = [plain(sample, delimiter, end)]
    if '"' in sample:
        readings.append(enclosed(sample, delimiter, end, Quotes.ENCLOSE))
    if '\\"' in sample:
        readings.append(enclosed(sample, delimiter, end, Quotes.ESCAPED))
    readings = readings if is_whole else [reading.until_problem() for reading in readings]
    return [reading for reading in readings if not reading.problem and reading.width > 1]


def _one_column(text: str, delimiter: str, end: str) -> Reading:
    """The lines of a text whose first line has no delimiter."""
    reading = enclosed(text, delimiter, end, Quotes.ENCLOSE)
    return plain(text, "\0", end) if reading.problem else reading  # no text has this character


def _best(text: str, delimiter: str, end: str, fix: Fix) -> Reading:
    """The reading that fits, or the one whose problem is to be reported.

    Raises:
        DataError: It is not certain what quotation marks mean.
    """
    beginning = plain(_beginning(text, end), delimiter, end)
    is_known = beginning.problem and len(beginning.lines) > 2 * MAX_TITLES  # what follows cannot make it fit
    unquoted = beginning if is_known else plain(text, delimiter, end)
    if '"' not in text:
        return unquoted
    quoted = enclosed(text, delimiter, end, Quotes.ENCLOSE, with_evidence=not unquoted.problem)
    if (quoted.problem or quoted.loose) and '\\"' in text:
        escaped = enclosed(text, delimiter, end, Quotes.ESCAPED)
        if not escaped.problem and not escaped.loose and (unquoted.problem or escaped.is_proven):
            _check_backslashes(text)
            return escaped
    if unquoted.problem or quoted.problem:
        fitting = [reading for reading in (quoted, unquoted) if not reading.problem]
        return fitting[0] if fitting else unquoted if delimiter == "\t" else quoted
    if not quoted.enclosed or quoted.is_proven:
        return quoted if quoted.enclosed else unquoted
    if len(unquoted.records) == len(quoted.records):
        return quoted if delimiter != "\t" or quoted.only_where_needed else unquoted
    pairs = zip(unquoted.lines, [*quoted.lines, 0], strict=False)
    at = next(at for at, (line, same) in enumerate(pairs) if line != same)
    msg = (
        f"the quotation mark in line {quoted.lines[at - 1]} may begin a cell that goes on in line {unquoted.lines[at]},"
        f" or be text: either way every row has {quoted.width} fields.\n    "
        f"{fix(f'sep={delimiter!r}, quoting=3')}  # if it is text; otherwise without quoting=3"
    )
    raise DataError(msg)


def _check_backslashes(text: str) -> None:
    if other := re.search(r'\\(?!"|N[,;|\t\r\n]|N\Z)', text):
        line = text.count("\n", 0, other.start()) + 1
        msg = (
            "quotation marks have a backslash (\\\"), as R's write.table and MySQL write them, and there are other "
            f"backslashes, first in line {line}, whose meaning is not certain.\n    Write the file with doubled "
            'quotation marks: qmethod = "double" in R, ESCAPED BY \'"\' in MySQL.'
        )
        raise DataError(msg)
