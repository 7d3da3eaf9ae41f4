"""Read JSON and JSON Lines, whichever the name of the file promises."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from nbtrain.data.cells import from_values
from nbtrain.data.encodings import decode
from nbtrain.data.frames import from_columns
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datasets import Dataset

    from nbtrain.data.opened import OpenedFile

_BLANK = re.compile(r"[ \t\r\n]*")
_SPLIT = "orient='split'"


def read_json(file: OpenedFile) -> Dataset:
    """JSON Lines, an array of objects, an object of columns, or an object with one array of objects.

    Raises:
        DataError: The file is broken, or has another form. The message names the line.
    """
    content, lines = _read(file)
    return from_columns(content) if isinstance(content, dict) else _dataset(content, lines, file)


def column_names(file: OpenedFile) -> list[str]:
    """The names of the columns of a JSON file.

    Raises:
        DataError: As `read_json`.
    """
    content = _read(file)[0]
    return list(content) if isinstance(content, dict) else _names(content)


def _read(file: OpenedFile) -> tuple[list[dict[str, Any]] | dict[str, list[Any]], list[int] | None]:
    """The rows, or the columns, of a file; and the line of each row of JSON Lines."""
    text = decode(file.stream.read(), file.path, file.notes).text
    try:
        found = list(_values(text))
    except json.JSONDecodeError as problem:
        msg = f"line {problem.lineno}: {problem.msg} (column {problem.colno})."
        raise DataError(msg) from problem
    if not found:
        msg = "the file is empty."
        raise DataError(msg)
    if len(found) == 1 and not _is_row(found[0][1], file):
        if file.suffix != ".json":
            file.notes.append("it has one JSON value, not JSON Lines")
        return _table(found[0][1], file), None
    lines = _line_numbers(text, [position for position, _ in found])
    for line, (_, value) in zip(lines, found, strict=True):
        if not isinstance(value, dict):
            msg = f"line {line} is not an object ({{...}})."
            raise DataError(msg)
    if file.suffix == ".json":
        file.notes.append("it has JSON Lines")
    return [value for _, value in found], lines


def _values(text: str) -> Iterator[tuple[int, Any]]:
    """The JSON values of a text, one after the other, with their positions."""
    decoder = json.JSONDecoder(object_pairs_hook=_object)
    position = _BLANK.match(text).end()  # type: ignore[union-attr]  # it matches anything
    while position < len(text):
        try:
            value, end = decoder.raw_decode(text, position)
        except _RepeatedKeyError as problem:
            msg = f"line {text.count(chr(10), 0, position) + 1}: an object has the key `{problem}` twice."
            raise DataError(msg) from None
        yield position, value
        position = _BLANK.match(text, end).end()  # type: ignore[union-attr]


class _RepeatedKeyError(Exception):
    """An object has a key twice. Python keeps the last value, other programs the first."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        names = [name for name, _ in pairs]
        raise _RepeatedKeyError(next(name for name in names if names.count(name) > 1))
    return result


def _line_numbers(text: str, positions: list[int]) -> list[int]:
    lines, line, last = [], 1, 0
    for position in positions:
        line += text.count("\n", last, position)
        last = position
        lines.append(line)
    return lines


def _is_row(value: Any, file: OpenedFile) -> bool:
    """Whether the only value of a file is a row of JSON Lines, rather than a table."""
    if not isinstance(value, dict):
        return file.suffix != ".json" and not _is_rows(value)
    if _tables(value):
        return False
    inner = [isinstance(each, (list, dict)) for each in value.values()]
    return not any(inner) or (file.suffix != ".json" and not all(inner))


def _table(content: Any, file: OpenedFile) -> list[dict[str, Any]] | dict[str, list[Any]]:
    """The rows, or the columns, of a JSON document."""
    if isinstance(content, dict):
        if {"columns", "data"} <= content.keys() <= {"columns", "data", "index"}:
            msg = f"it is a table as pandas writes it with orient='split'.\n    {file.with_pandas(_SPLIT, 'read_json')}"
            raise DataError(msg)
        tables = _tables(content)
        if not tables and content and all(isinstance(value, list) for value in content.values()):
            return content
        if not tables and content and all(isinstance(value, dict) for value in content.values()):
            msg = f"it is an object of objects, as pandas writes it.\n    {file.with_pandas('', 'read_json')}"
            raise DataError(msg)
        content = tables[0] if len(tables) == 1 else content
    if not _is_rows(content):
        msg = "expected an array of objects, one object per row."
        raise DataError(msg)
    rows: list[dict[str, Any]] = content
    return rows


def _tables(content: dict[str, Any]) -> list[Any]:
    return [value for value in content.values() if _is_rows(value)]


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _names(rows: list[dict[str, Any]]) -> list[str]:
    return list(dict.fromkeys(name for row in rows for name in row))


def _dataset(rows: list[dict[str, Any]], lines: list[int] | None, file: OpenedFile) -> Dataset:
    import pyarrow as pa
    from datasets import Dataset

    word, numbers = ("row", range(1, len(rows) + 1)) if lines is None else ("line", lines)
    columns = {name: [row.get(name) for row in rows] for name in _names(rows)}
    return Dataset(
        pa.table({name: from_values(name, values, numbers, file.notes, word) for name, values in columns.items()})
    )
