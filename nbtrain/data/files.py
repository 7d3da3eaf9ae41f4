"""Read local data files."""

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
    """Whether the file has a supported suffix and is not hidden."""
    return path.suffix.lower() in READERS and not path.name.startswith((".", "_"))


def read_file(path: Path) -> Dataset:
    """The rows of a CSV, TSV, JSON, JSON Lines or Parquet file.

    Raises:
        DataError: The file does not exist, its type is not supported, or it is broken. The message has the reason.
    """
    if not path.is_file():
        raise DataError(not_found(path))
    if not is_data_file(path):
        msg = f"{path}: unsupported file type. Supported: {', '.join(READERS)}."
        raise DataError(msg)
    import pyarrow as pa

    try:
        return READERS[path.suffix.lower()](path)
    except UnicodeDecodeError as problem:
        msg = f"{path} is not UTF-8 (invalid byte at position {problem.start}). Save it with UTF-8 encoding."
        raise DataError(msg) from problem
    except (DataError, OSError, ValueError, pa.ArrowException) as problem:
        msg = f"{path} cannot be read: {str(problem).strip()}"
        raise DataError(msg) from problem


def not_found(path: Path) -> str:
    """The message for a path that does not exist, with the closest match."""
    folder = path.parent
    if not folder.is_dir():
        return f"File not found: {path}. The folder {folder} does not exist (working directory: {Path.cwd()})."
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_dir() or is_data_file(entry))
    match = difflib.get_close_matches(path.name, names, n=1)
    fix = (
        f"Did you mean `{folder / match[0]}`?" if match else f"The folder {folder.resolve()} contains: {_some(names)}."
    )
    return f"File not found: {path} (working directory: {Path.cwd()}).\n    {fix}"


def contents(folder: Path) -> str:
    """The data files and subfolders of `folder`, for a message."""
    return _some(sorted(entry.name for entry in folder.iterdir() if entry.is_dir() or is_data_file(entry)))


def _some(names: list[str]) -> str:
    return (", ".join(names[:8]) + (", ..." if len(names) > 8 else "")) or "no data files"


def _read_csv(path: Path) -> Dataset:
    import pandas as pd

    # Only an empty cell is a missing value: "None", "NA" and "null" can be texts or class names. With Arrow types,
    # an integer column with missing values keeps its type.
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
    """The delimiter, detected from the header: spreadsheets write semicolons in many locales."""
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
        msg = "expected an array of objects, one object per row"
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
    table = table.drop_columns(
        [name for name in table.column_names if name.startswith("__index_level_")]
    )  # pandas' index
    for at, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):  # a pandas Categorical; `datasets` has no such type
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
"""The reader for each file suffix."""
