"""Read delimited text files: CSV, TSV, and what spreadsheets and databases write."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from nbtrain.data.cells import from_text
from nbtrain.data.encodings import decode
from nbtrain.data.header import to_columns
from nbtrain.data.readings import DELIMITER_NAMES, Quotes, Reading
from nbtrain.data.records import read_records
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.data.opened import OpenedFile

EXPECTED = {".csv": ",", ".tsv": "\t"}
"""The delimiter that a suffix promises."""

_OTHER_CONTENT = {
    "<!doctype html": "it is a web page, not the file itself. Download it again, with the link to the raw file.",
    "<html": "it is a web page, not the file itself. Download it again, with the link to the raw file.",
    "<?xml": "it is an XML file. Export the table as CSV.",
    "version https://git-lfs": "it is a pointer of Git LFS. Run in its folder: git lfs pull",
    "[{": "it is a JSON file. Rename it, so that its name ends with .json.",
    '{"': "it is a file of JSON Lines. Rename it, so that its name ends with .jsonl.",
    "PAR1": "it is a Parquet file. Rename it, so that its name ends with .parquet.",
    "%PDF": "it is a PDF file. Export the table as CSV.",
    "\xd0\xcf\x11\xe0": 'it is an old Excel workbook. Save it as ".xlsx" or as "CSV UTF-8".',
}


def read_delimited(file: OpenedFile) -> Dataset:
    """The rows of a text file with a header.

    Raises:
        DataError: Its encoding, its delimiter or its header is not certain, or a line has another number of fields.
    """
    import pyarrow as pa
    from datasets import Dataset

    reading = _read(file)[0]
    notes = file.notes
    columns = to_columns(reading.records, reading.lines, notes)
    arrays = {
        name: from_text(name, cells, columns.lines, reading.delimiter, notes) for name, cells in columns.cells.items()
    }
    return Dataset(pa.table(arrays))


def column_names(file: OpenedFile) -> list[str]:
    """The names in the header of a text file.

    Raises:
        DataError: As `read_delimited`.
    """
    reading = _read(file)[0]
    return list(to_columns(reading.records, reading.lines, file.notes).cells)


def pandas_options(file: OpenedFile) -> dict[str, Any]:
    """The arguments with which `pandas.read_csv` splits the file alike, as far as they differ from its defaults."""
    reading, text, encoding = _read(file)
    header = to_columns(reading.records, reading.lines, []).header
    options = {
        "sep": (reading.delimiter, ","),
        "encoding": (encoding.removesuffix("-sig"), "utf-8"),
        "quoting": (3 if reading.quotes is Quotes.TEXT and '"' in text else 0, 0),
        "escapechar": ("\\" if reading.quotes is Quotes.ESCAPED else None, None),
        "skiprows": (header - 1, 0),
    }
    return {name: value for name, (value, default) in options.items() if value != default}


def _read(file: OpenedFile) -> tuple[Reading, str, str]:
    """The records of the file, its text, and its encoding."""
    content = file.stream.read()
    start = content[:64].removeprefix(b"\xef\xbb\xbf").lstrip().decode("latin-1")
    for beginning, problem in _OTHER_CONTENT.items():
        if start.lower().startswith(beginning.lower()):
            raise DataError(problem)
    text, encoding = decode(content, file.path, file.notes)
    expected = EXPECTED[file.suffix]
    reading = read_records(text, expected, file.with_pandas)
    if reading.delimiter != expected and reading.width > 1:
        file.notes.append(f"the delimiter is the {DELIMITER_NAMES.get(reading.delimiter, reading.delimiter)}")
    _note_quotes(reading, text, file.notes)
    _remove_bare_missing(reading, file.notes)
    if "\\" in text:
        _read_backslashes(reading, file.notes)
    return reading, text, encoding


def _note_quotes(reading: Reading, text: str, notes: list[str]) -> None:
    if reading.quotes is Quotes.TEXT and '"' in text:
        line = text.count("\n", 0, text.index('"')) + 1
        notes.append(f"quotation marks are text (first in line {line})")
    elif reading.quotes is Quotes.ESCAPED:
        notes.append('quotation marks in cells have a backslash (\\")')
    elif not reading.is_proven and reading.needless and max(reading.enclosed.values()) < len(reading.records) - 1:
        notes.append(f"quotation marks around cells are left out (such as {reading.needless:.40})")
    if 0 < reading.returns < len(reading.records) - 1:
        notes.append("some lines end with CR LF, others with LF")


def _remove_bare_missing(reading: Reading, notes: list[str]) -> None:
    """Where all texts of a column are enclosed in quotation marks, as R writes them, a bare NA is a missing value."""
    for field in {at for _, at in reading.bare}:
        bare = [record for record, at in reading.bare if at == field]
        filled = sum(1 for record in reading.records if field < len(record) and record[field])
        if filled - len(bare) == reading.enclosed[field]:
            notes.append(f"NA without quotation marks (first in line {reading.lines[bare[0]]}) is a missing value")
            for record in bare:
                reading.records[record][field] = ""


def _read_backslashes(reading: Reading, notes: list[str]) -> None:
    r"""The backslashes of MySQL and PostgreSQL: \N is a missing value, \n a line break.

    Raises:
        DataError: There are both \N and other backslashes: the file is not CSV.
    """
    cells = [
        (line, record, at)
        for line, record in zip(reading.lines, reading.records, strict=True)
        for at, cell in enumerate(record)
        if "\\" in cell
    ]
    missing = [(line, record, at) for line, record, at in cells if record[at] == "\\N"]
    if missing and len(missing) < len(cells):
        other = next(line for line, record, at in cells if record[at] != "\\N")
        msg = (
            f"line {missing[0][0]}: \\N is a missing value in the text format of MySQL and PostgreSQL, in which other "
            f"backslashes (first in line {other}) have a meaning, too.\n    "
            "Export the table as CSV: COPY ... TO ... WITH (FORMAT csv, HEADER)"
        )
        raise DataError(msg)
    for _, record, at in missing:
        record[at] = ""
    if missing:
        notes.append(f"\\N (first in line {missing[0][0]}) is a missing value")
    codes = [line for line, record, at in cells if re.search(r"\\[\\nrt]", record[at])]
    if codes:
        notes.append(f"backslashes are text (first in line {codes[0]})")
