"""Data files on this machine."""

from __future__ import annotations

import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.data.frames import from_columns, from_frame
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasets import Dataset


def is_data_file(path: Path) -> bool:
    """Whether the name says that it is a file that can be read."""
    return path.suffix.lower() in READERS and not path.name.startswith((".", "_"))


def read_file(path: Path) -> Dataset:
    """The rows of a CSV, TSV, JSON, JSON Lines or Parquet file.

    Raises:
        DataError: There is no such file, its kind is not known, or it is broken; with the reason.
    """
    if not path.is_file():
        raise DataError(not_found(path))
    if not is_data_file(path):
        msg = f"{path}: a file of this kind cannot be read. Files that can: {', '.join(READERS)}."
        raise DataError(msg)
    import pyarrow as pa

    try:
        return READERS[path.suffix.lower()](path)
    except UnicodeDecodeError as problem:
        msg = f"{path} is not UTF-8 text (byte {problem.start}). Save it again with the encoding UTF-8."
        raise DataError(msg) from problem
    except (DataError, OSError, ValueError, pa.ArrowException) as problem:
        msg = f"{path} cannot be read: {str(problem).strip()}"
        raise DataError(msg) from problem


def not_found(path: Path) -> str:
    """The message for a path where nothing is, with the name that was perhaps meant."""
    folder = path.parent
    if not folder.is_dir():
        return f"There is no file {path}: the folder {folder} does not exist (working directory: {Path.cwd()})."
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() or is_data_file(entry))
    match = difflib.get_close_matches(path.name, names, n=1)
    fix = f"Did you mean `{folder / match[0]}`?" if match else f"The folder {folder.resolve()} has: {_some(names)}."
    return f"There is no file {path} (working directory: {Path.cwd()}).\n    {fix}"


def contents(folder: Path) -> str:
    """What there is to read in `folder`, for a message."""
    return _some(sorted(entry.name for entry in folder.iterdir() if entry.is_dir() or is_data_file(entry)))


def _some(names: list[str]) -> str:
    return (", ".join(names[:8]) + (", ..." if len(names) > 8 else "")) or "no data file"


def _read_csv(path: Path) -> Dataset:
    import pandas as pd

    # Only an empty cell is a missing one: "None", "NA" and "null" are texts and names of classes. Arrow's types keep
    # integers integers where some are missing.
    frame = pd.read_csv(
        path,
        sep=delimiter_of(path),
        keep_default_na=False,
        na_values=[""],
        dtype_backend="pyarrow",
        encoding="utf-8-sig",
        low_memory=False,
    )
    return from_frame(frame)


def delimiter_of(path: Path) -> str:
    """What separates the columns, told from the header; spreadsheets of many countries write semicolons."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    with path.open(encoding="utf-8-sig") as lines:
        header = lines.readline()
    return max(",;\t", key=header.count)


def _read_json(path: Path) -> Dataset:
    """An array of objects, an object of columns, or an object with one array of objects."""
    content = json.loads(path.read_text(encoding="utf-8-sig"))
    if isinstance(content, dict):
        tables = [value for value in content.values() if _is_rows(value)]
        if not tables and all(isinstance(value, list) for value in content.values()):
            return from_columns(content)
        content = tables[0] if len(tables) == 1 else content
    if not _is_rows(content):
        msg = "it should be an array of objects, one object a row"
        raise ValueError(msg)
    return _from_rows(content)


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def _read_json_lines(path: Path) -> Dataset:
    rows = []
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                rows.append(json.loads(line))
            except json.JSONDecodeError as problem:
                msg = f"line {number}: {problem.msg} (column {problem.colno})"
                raise ValueError(msg) from problem
            if not isinstance(rows[-1], dict):
                msg = f"line {number} is not an object ({{...}})"
                raise ValueError(msg)
    return _from_rows(rows)


def _from_rows(rows: list[dict[str, Any]]) -> Dataset:
    names = dict.fromkeys(name for row in rows for name in row)
    return from_columns({name: [row.get(name) for row in rows] for name in names})


def _read_parquet(path: Path) -> Dataset:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from datasets import Dataset

    table = pq.read_table(path)
    table = table.drop_columns([name for name in table.column_names if name.startswith("__index_level_")])  # pandas'
    for at, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):  # pandas' categories; `datasets` has no such type
            table = table.set_column(at, field.name, table.column(at).cast(field.type.value_type))
    return Dataset(table)


READERS: dict[str, Callable[[Path], Dataset]] = {
    ".csv": _read_csv,
    ".tsv": _read_csv,
    ".json": _read_json,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".parquet": _read_parquet,
}
"""How to read each kind of file, by its suffix."""
