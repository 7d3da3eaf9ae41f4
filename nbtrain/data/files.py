"""Read local data files."""

from __future__ import annotations

import difflib
import gc
import io
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.data.delimited import pandas_options, read_delimited
from nbtrain.data.excel import read_excel
from nbtrain.data.json_rows import read_json
from nbtrain.data.opened import COMPRESSIONS, OpenedFile, open_file, uncompressed
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from datasets import Dataset

_ADVICE = {
    **dict.fromkeys(
        (".txt", ".tab", ".dat"), "If it is a table with tabs, rename it, so that its name ends with .tsv."
    ),
    **dict.fromkeys((".xls", ".xlsm", ".xlsb", ".ods", ".numbers"), 'Save the sheet as ".xlsx" or as "CSV UTF-8".'),
    **dict.fromkeys((".tar", ".tgz", ".rar", ".7z"), "Unpack it first."),
}
"""What to do with a file of an unsupported type."""


def file_type(path: Path) -> str:
    """The suffix that says how a file is read: ".csv" for "train.csv" and "train.csv.gz"."""
    return uncompressed(path).suffix.lower()


def file_stem(path: Path) -> str:
    """The name of a file without its suffixes: "train" for "train.csv.gz"."""
    return uncompressed(path).stem


def is_data_file(path: Path) -> bool:
    """Whether the file has a supported suffix, and is neither hidden nor the lock file of a spreadsheet."""
    return file_type(path) in READERS and not path.name.startswith((".", "_", "~$"))


def is_path(name: str) -> bool:
    """Whether `name` is that of a file or folder, which need not exist, rather than a Hub ID."""
    path = Path(name).expanduser()
    return path.exists() or name.startswith(("~", ".", "/")) or "\\" in name or file_type(path) in READERS


def read_file(path: Path, notes: list[str] | None = None) -> Dataset:
    """The rows of a CSV, TSV, JSON, JSON Lines, Parquet or Excel file, which may be compressed.

    Args:
        path: The file.
        notes: Receives a note about everything that is unusual in it, such as another delimiter.

    Raises:
        DataError: The file does not exist, its type is not supported, or it is broken. The message has the reason.
    """
    found: list[str] = []
    rows: Dataset = _open(path, found, lambda file: READERS[file.suffix](file))
    if found and notes is not None:
        notes.append(f"{path.name}: {'; '.join(found)}.")
    return rows


def csv_options(path: Path) -> dict[str, Any]:
    """The arguments with which `pandas.read_csv` reads a CSV or TSV file alike, if that is possible.

    Raises:
        DataError: As `read_file`.
    """
    options: dict[str, Any] = _open(path, [], pandas_options)
    return options


def _open(path: Path, notes: list[str], read: Callable[[OpenedFile], Any]) -> Any:
    import pyarrow as pa

    if not path.is_file():
        raise DataError(not_found(path))
    if file_type(path) not in READERS and path.suffix.lower() != ".zip":
        fix = _ADVICE.get(file_type(path), "")
        if not file_type(path) and path.suffix.lower() in COMPRESSIONS:
            fix = f"Rename it, so that the name says what is in it: {path.stem}.csv{path.suffix}"
        supported = f"{', '.join(READERS)} (also with {', '.join(COMPRESSIONS)})"
        msg = f"{path}: unsupported file type. Supported: {supported}." + (f"\n    {fix}" if fix else "")
        raise DataError(msg)
    try:
        with open_file(path, is_data_file, notes) as file, _without_collector():
            return read(file)
    except (DataError, OSError, ValueError, pa.ArrowException) as problem:
        msg = f"{path} cannot be read: {str(problem).strip()}"
        raise DataError(msg) from problem


@contextmanager
def _without_collector() -> Iterator[None]:
    """Context manager: no garbage collection, which takes half of the time that millions of new cells take."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


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


def _read_parquet(file: OpenedFile) -> Dataset:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from datasets import Dataset

    is_compressed = not isinstance(file.stream, io.BufferedReader)
    table = pq.read_table(pa.BufferReader(file.stream.read()) if is_compressed else file.path)
    table = table.drop_columns(
        [name for name in table.column_names if name.startswith("__index_level_")]
    )  # pandas' index
    for at, field in enumerate(table.schema):
        if pa.types.is_dictionary(field.type):  # a pandas Categorical; `datasets` has no such type
            table = table.set_column(at, field.name, table.column(at).cast(field.type.value_type))
    return Dataset(table)


READERS: dict[str, Callable[[OpenedFile], Dataset]] = {
    ".csv": read_delimited,
    ".tsv": read_delimited,
    ".json": read_json,
    ".jsonl": read_json,
    ".ndjson": read_json,
    ".parquet": _read_parquet,
    ".xlsx": read_excel,
}
"""The reader for each file suffix."""
