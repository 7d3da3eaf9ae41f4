"""One reading of delimited text: its records, as one delimiter and one meaning of quotation marks give them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from nbtrain.data.feature_types import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"}
CONTROLS = {"\x01": r"\x01 (Hive)", "\x1f": r"\x1f (unit separator)", "\x02": r"\x02", "\x07": r"\x07"}
"""Characters that occur in no text: a file that has one in each line is read with it."""

DELIMITER_NAMES = {**DELIMITERS, **CONTROLS}
MAX_TITLES = 20
"""At most this many records above the header."""

_EMPTY = '""'


class Quotes(Enum):
    """What quotation marks mean."""

    ENCLOSE = "enclose cells; two in a cell are one"
    ESCAPED = "enclose cells; one in a cell has a backslash"
    TEXT = "are text"


@dataclass
class Reading:
    """The records of a text, as one delimiter and one meaning of quotation marks give them.

    Args:
        delimiter: Between two fields.
        quotes: The meaning of quotation marks.
        records: The fields of each line that is not blank.
        lines: The number of the line on which each record begins.
        enclosed: How many cells of each field number are enclosed in quotation marks.
        bare: The records and field numbers of cells that are NA, without quotation marks.
        loose: How many cells have quotation marks that do not enclose them.
        needless: The first enclosed cell that could do without quotation marks; None if there is none.
        hollow: Whether a cell is nothing but two quotation marks.
        proof: Whether a cell has something in it that can only be there because it is enclosed.
        commas: How many commas are in cells that are not enclosed.
        returns: How many lines end with a carriage return and a newline.
        problem: Why it does not fit; None if it does.
        problem_at: The record with a quotation mark that is left over; None if there is none.
    """

    delimiter: str
    quotes: Quotes
    records: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    enclosed: Counter[int] = field(default_factory=Counter)
    bare: list[tuple[int, int]] = field(default_factory=list)
    loose: int = 0
    needless: str | None = None
    proof: bool = False
    hollow: bool = False
    commas: int = 0
    returns: int = 0
    problem: str | None = None
    problem_at: int | None = None

    @property
    def width(self) -> int:
        """Fields of a record."""
        return len(self.records[-1]) if self.records else 0

    @property
    def is_even(self) -> bool:
        """Whether the first record has as many fields as the last one."""
        return bool(self.records) and len(self.records[0]) == self.width

    def until_problem(self) -> Reading:
        """The records before a quotation mark that is left over: a part of a text may end inside of a cell."""
        if self.problem_at is not None:
            del self.records[self.problem_at :]
            self.problem = self.problem_at = None
            _check_width(self, [len(record) for record in self.records])
        return self

    @property
    def is_proven(self) -> bool:
        """Whether the quotation marks must enclose: two are in a cell, or all cells of a column have them."""
        whole_column = any(count == len(self.records) for count in self.enclosed.values())
        return not self.loose and (self.proof or whole_column)

    @property
    def only_where_needed(self) -> bool:
        """Whether exactly those cells are enclosed that have commas or the like in them."""
        return not (self.loose or self.needless or self.hollow or self.commas)


def _lines(text: str, end: str, reading: Reading) -> Iterator[tuple[int, str]]:
    """The lines that are not blank, with their numbers, without what ends them."""
    for number, line in enumerate(text.split(end), start=1):
        if end == "\n" and line.endswith("\r"):
            line = line[:-1]
            reading.returns += 1
        if line and (reading.delimiter in line or not line.isspace()):
            yield number, line


def plain(text: str, delimiter: str, end: str) -> Reading:
    """Quotation marks are text. There are no records if the lines have different numbers of fields."""
    reading = Reading(delimiter, Quotes.TEXT)
    lines = []
    for number, line in _lines(text, end, reading):
        lines.append(line)
        reading.lines.append(number)
    _check_width(reading, [line.count(delimiter) + 1 for line in lines])
    if not reading.problem:
        reading.records = [line.split(delimiter) for line in lines]
    return reading


def enclosed(text: str, delimiter: str, end: str, quotes: Quotes, *, with_evidence: bool = True) -> Reading:
    """Replace each enclosed cell by an empty one, split what is left, and put the cells back in their places.

    Args:
        text: The content of the file.
        delimiter: Between two fields.
        end: What ends a line.
        quotes: Whether a quotation mark in a cell is doubled or has a backslash.
        with_evidence: Whether to look for evidence that quotation marks enclose cells.
    """
    reading = Reading(delimiter, quotes)
    mark, ends = re.escape(delimiter), "\r" if end == "\r" else "\r\n"
    inner = r'[^"\\]++|\\.' if quotes is Quotes.ESCAPED else r'[^"]++|""'
    # It begins with the quotation mark, which `re` finds fast, and then looks at the character before it.
    cell = re.compile(rf'"(?<![^{mark}{end}]")(?:{inner})*+"(?=[{mark}{ends}]|\Z)', re.DOTALL)
    cells = cell.findall(text)
    mark_inside = '\\"' if quotes is Quotes.ESCAPED else _EMPTY
    values = iter([each[1:-1].replace(mark_inside, '"') for each in cells])
    inside = 0  # line ends in cells so far
    for number, line in _lines(cell.sub(_EMPTY, text), end, reading):
        record = line.split(delimiter)
        reading.lines.append(number + inside)
        if "NA" in record:
            reading.bare += [(len(reading.records), at) for at, each in enumerate(record) if each == "NA"]
        reading.records.append(record)
        if '"' in line:
            inside += _fill(record, values, reading, end)
        if with_evidence and delimiter != ",":
            reading.commas += line.count(",")
    if with_evidence:
        _look_for_evidence(reading, cells, end)
    _check_width(reading, [len(record) for record in reading.records])
    return reading


def _fill(record: list[str], values: Iterator[str], reading: Reading, end: str) -> int:
    """Put the enclosed cells back into `record`. Returns how many line ends they have."""
    inside = 0
    count = reading.enclosed
    for at, cell in enumerate(record):
        if '"' not in cell:
            continue
        if cell == _EMPTY:
            value = record[at] = next(values)
            if end in value:
                inside += value.count(end)
            count[at] += 1
        elif reading.quotes is Quotes.ESCAPED and cell.count('"') == cell.count('\\"') > 0:
            record[at] = cell.replace('\\"', '"')
        else:
            reading.loose += 1
            if cell.startswith('"') and reading.problem_at is None:
                reading.problem_at = len(reading.records) - 1
                reading.problem = (
                    f"line {reading.lines[-1]}: the quotation mark before `{cell[1:30]}` begins a cell, but none ends "
                    "it (in front of a delimiter, or at the end of a line)."
                )
    return inside


def _look_for_evidence(reading: Reading, cells: list[str], end: str) -> None:
    for cell in cells:
        inner = cell[1:-1]
        if '"' in inner or ("\r" in inner and "\r" in inner.replace("\r\n", "")):
            reading.proof = True
        elif not inner:
            reading.hollow = True
        elif not (reading.delimiter in inner or "," in inner or end in inner):
            reading.needless = reading.needless or cell


def _check_width(reading: Reading, counts: list[int]) -> None:
    """Set `problem` unless all records have the same number of fields; fewer are possible above the header only."""
    if reading.problem or len(set(counts)) <= 1:
        return
    width = Counter(counts[1:]).most_common(1)[0][0]
    first = counts.index(width)
    other = next((at for at in range(first, len(counts)) if counts[at] != width), None)
    above = max(counts[:first], default=0)
    if other is None and first <= MAX_TITLES and above < width:
        return
    if other is None or first > MAX_TITLES or above > 1:
        first, width = 0, counts[0]
        other = next(at for at, count in enumerate(counts) if count != width)
    name = DELIMITER_NAMES.get(reading.delimiter, reading.delimiter)
    reading.problem = (
        f"line {reading.lines[other]} has {plural(counts[other], 'field')}, but line {reading.lines[first]} has "
        f"{width} (the delimiter is the {name}).\n    "
        f"If a cell has a {name} or a line break in it, put the cell in quotation marks."
    )
