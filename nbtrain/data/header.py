"""Find the header of a table among its records, and check it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import plural, quoted
from nbtrain.data.readings import MAX_TITLES
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

Record = list[Any]

NUMBER = re.compile(r"[-+]?(\d+([.,]\d*)?|[.,]\d+)([eE][-+]?\d+)?")
_RULE = re.compile(r"\s*[:+|]*-{2,}[-:+|]*\s*")


@dataclass
class Columns:
    """A table as columns.

    Args:
        cells: The cells of each column by its name; an empty cell is "" or None.
        lines: The number of the line on which each row begins.
        header: The number of the line with the names.
    """

    cells: dict[str, Sequence[Any]]
    lines: list[int]
    header: int


def to_columns(records: list[Record], lines: list[int], notes: list[str], line: str = "line") -> Columns:
    """The columns of a table with a header; titles above it, empty rows and empty columns without names are left out.

    Args:
        records: The fields of each line; the last one has as many as a row has.
        lines: The number of the line on which each record begins.
        notes: Receives a note about everything that is unusual.
        line: How messages call a line.

    Raises:
        DataError: There is no header, or it does not fit the rows. The message names the line.
    """
    if not records:
        msg = "the file is empty: it has no header."
        raise DataError(msg)
    at = _find_header(records, lines, notes, line)
    header, number = [_text(cell) for cell in records[at]], lines[at]
    rows, numbers = records[at + 1 :], lines[at + 1 :]
    maybe_empty = not all(map(any, rows))  # `any` is fast; 0 has content
    if maybe_empty and (empty := [index for index, row in enumerate(rows) if _is_empty(row)]):
        notes.append(f"{plural(len(empty), 'empty row')} left out, the first in {line} {numbers[empty[0]]}")
        without = set(empty)
        rows = [row for index, row in enumerate(rows) if index not in without]
        numbers = [each for index, each in enumerate(numbers) if index not in without]
    _check_rows(records[at], rows, numbers, line)
    rows = _match_header(header, rows, number, notes, line)
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(header)
    return Columns(_named(header, columns, f"{line} {number}", notes), numbers, number)


def _find_header(records: list[Record], lines: list[int], notes: list[str], line: str) -> int:
    """The index of the header: the first record, unless it is certain that this is a title."""
    width = len(records[-1])
    first = records[: MAX_TITLES + 1]
    if width == 1 or not _is_title(first[0], width):
        return 0
    at = next((at for at, record in enumerate(first) if len(record) == width and not _is_title(record, width)), 0)
    if not at or not all(map(_text, records[at])):
        return 0
    gap = any(_is_empty(record) for record in first[:at]) or any(
        lines[index + 1] - lines[index] > 1 for index in range(at)
    )
    if gap or _text(first[0][0]).startswith("#") or _names_numbers(records, at):
        above = f"{line} {lines[0]} is" if at == 1 else f"{line}s {lines[0]} to {lines[at - 1]} are"
        notes.append(f"{above} above the header, which is {line} {lines[at]}")
        return at
    if len(first[0]) in (width, width - 1):
        return 0  # names are missing
    msg = (
        f"{line} {lines[0]} has {plural(len(first[0]), 'field')}, but {line} {lines[at]} has {width}.\n    "
        f"If it is a title, remove it: the names of the columns must be in the first {line}."
    )
    raise DataError(msg)


def _is_title(record: Record, width: int) -> bool:
    """Whether nothing but the first cell has content."""
    return not any(map(_text, record[1:])) and (bool(_text(record[0])) or len(record) < width or _is_empty(record))


def _names_numbers(records: list[Record], at: int) -> bool:
    """Whether all cells below a cell of record `at` are numbers, and the cell itself is not."""
    for column, name in enumerate(records[at]):
        below = [_text(record[column]) for record in records[at + 1 :]]
        numbers = [cell for cell in below if cell]
        if not NUMBER.fullmatch(_text(name)) and len(numbers) > 1 and all(map(NUMBER.fullmatch, numbers)):
            return True
    return False


def _match_header(header: list[str], rows: list[Record], number: int, notes: list[str], line: str) -> list[Record]:
    """The rows with one field for each name, although all rows may have one more."""
    if not rows or len(rows[0]) == len(header):
        return rows
    if len(rows[0]) == len(header) + 1:
        if not any(_text(row[-1]) for row in rows):
            notes.append(f"every {line} but the header ends with a delimiter")
            return [row[:-1] for row in rows]
        if all(_text(row[0]) == str(count) for count, row in enumerate(rows, start=1)):
            notes.append("the first field has the numbers of the rows, without a name in the header, and is left out")
            return [row[1:] for row in rows]
    title = f"If {line} {number} is a title, remove it. Otherwise add" if len(header) == 1 else "Add"
    msg = (
        f"{line} {number} has {plural(len(header), 'name')}, but the rows have {plural(len(rows[0]), 'field')}.\n    "
        f"{title} the missing names to {line} {number}. (If the first field has the names of rows, as R writes them, "
        "write the file with row.names = FALSE.)"
    )
    raise DataError(msg)


def _check_rows(header: Record, rows: list[Record], numbers: list[int], line: str) -> None:
    """Raise DataError if a row repeats the header, or is a line of dashes."""
    if len(header) > 1 and header in rows:
        msg = f"{line} {numbers[rows.index(header)]} has the names of the columns again. Remove it."
        raise DataError(msg)
    if rows and all(_RULE.fullmatch(_text(cell)) for cell in rows[0] if _text(cell)):
        msg = (
            f"{line} {numbers[0]} is a line of dashes: Markdown, or the command line of a database, wrote this table.\n"
            "    Export the table as CSV."
        )
        raise DataError(msg)


def _named(header: list[str], columns: list[Sequence[Any]], where: str, notes: list[str]) -> dict[str, Sequence[Any]]:
    """The columns by name. One without a name is called as pandas calls it, or left out if it is empty."""
    cells: dict[str, Sequence[Any]] = {}
    blank: list[str] = []
    unnamed: list[str] = []
    empty = 0
    for at, (written, column) in enumerate(zip(header, columns, strict=True)):
        name = written.strip()
        if not name:
            if not any(map(_text, column)):
                empty += 1
                continue
            name = f"Unnamed: {at}"
            unnamed.append(name)
        if name in cells:
            msg = f"{where} has the column name `{name}` twice. Rename one of the two."
            raise DataError(msg)
        if written.startswith(" ") and all(isinstance(cell, str) and cell[:1] in (" ", "") for cell in column):
            column = [cell.lstrip(" ") for cell in column]
        if name != written and name not in unnamed:
            blank.append(name)
        cells[name] = column
    _check_names(cells, where)
    if blank:
        notes.append(f"blanks around {quoted(blank)} in {where} are left out")
    if unnamed:
        notes.append(f"the header ({where}) has columns without a name, called {quoted(unnamed)}")
    if empty:
        notes.append(f"{plural(empty, 'empty column')} without a name left out")
    return cells


def _check_names(cells: dict[str, Sequence[Any]], where: str) -> None:
    """Raise DataError if the first record is a row: a number in it occurs in its column again."""
    if list(cells) == [str(at) for at in range(len(cells))]:
        return
    for name, column in cells.items():
        if (
            NUMBER.fullmatch(name)
            and name in column
            and all(NUMBER.fullmatch(_text(cell)) for cell in column if _text(cell))
        ):
            msg = (
                f"{where} seems to be a row, not the names of the columns: `{name}` occurs in its column again.\n    "
                f"Add a line with the names above it."
            )
            raise DataError(msg)


def _is_empty(record: Record) -> bool:
    return not any(map(_text, record))


def _text(cell: Any) -> str:
    return "" if cell is None else str(cell)
