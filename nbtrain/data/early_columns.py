"""The names of the columns of data, without reading all of them, and without pandas or `datasets`."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nbtrain.data import delimited, json_rows
from nbtrain.data.files import file_stem, is_data_file, is_path
from nbtrain.data.image_folder import has_images
from nbtrain.data.lists import is_table
from nbtrain.data.opened import OpenedFile, open_file
from nbtrain.data.roles import pick

HEADER_BYTES = 2**16
"""How much of a delimited file is read for its header."""

JSON_BYTES = 5_000_000
"""How much JSON is parsed in a tenth of a second. Any row may have a key of its own, so all are looked at."""


def column_names(value: Any, role: str) -> list[str] | None:
    """The names of the columns of one split of the data; None if they are known only when the data are read.

    Args:
        value: Data that exist, as a key of the configuration names them: a file, a folder of files, a table in memory,
            a dict of columns or of splits. For all else it is None.
        role: "train" or "validation".
    """
    if isinstance(value, (str, Path)):
        path = Path(value).expanduser()
        if path.is_dir():
            return _names_in_folder(path, role)
        return _names_in_file(path) if is_path(str(value)) else None
    if isinstance(value, Mapping):
        split = pick(value, role)
        return list(value) if is_table(value) else None if split is None else column_names(value[split], role)
    names: Any = getattr(value, "column_names", None)  # of `datasets` and Arrow
    if not isinstance(names, list):
        names = getattr(value, "columns", None)  # of pandas and Polars
    return [str(name) for name in names] if hasattr(names, "__iter__") else None


def _names_in_folder(folder: Path, role: str) -> list[str] | None:
    """The names in the only file for a split; None if the folder has anything but a file for each split."""
    if any((folder / name).exists() for name in ("dataset_dict.json", "state.json")) or has_images(folder):
        return None
    files = sorted(path for path in folder.iterdir() if is_data_file(path))
    by_stem = {file_stem(path): path for path in files}
    split = pick(by_stem, role)
    return None if split is None or len(by_stem) < len(files) or "-of-" in split else _names_in_file(by_stem[split])


def _names_in_file(path: Path) -> list[str] | None:
    if not path.is_file():
        return None
    try:
        with open_file(path, is_data_file, []) as file:
            read = _READERS.get(file.suffix)
            return None if read is None else read(file)
    except Exception:  # whoever reads all of it says what is wrong
        return None


def _in_header(file: OpenedFile) -> list[str] | None:
    beginning = file.stream.read(HEADER_BYTES)
    if len(beginning) == HEADER_BYTES:
        beginning = _whole_records(beginning)
    names = delimited.column_names(dataclasses.replace(file, stream=io.BytesIO(beginning), notes=[]))
    return None if any(name.startswith("Unnamed: ") for name in names) else names


def _whole_records(beginning: bytes) -> bytes:
    """Without the record at the end that is cut, which may have begun lines before, with a quotation mark."""
    end = beginning.rfind(b"\n") + 1
    while end and beginning.count(b'"', 0, end) % 2:
        end = beginning.rfind(b"\n", 0, end - 1) + 1
    return beginning[:end]


def _in_rows(file: OpenedFile) -> list[str] | None:
    content = file.stream.read(JSON_BYTES + 1)
    if len(content) > JSON_BYTES:
        return None
    return json_rows.column_names(dataclasses.replace(file, stream=io.BytesIO(content), notes=[]))


def _in_schema(file: OpenedFile) -> list[str] | None:
    if not isinstance(file.stream, io.BufferedReader):
        return None  # compressed
    from pyarrow import parquet

    return [name for name in parquet.read_schema(file.path).names if not name.startswith("__index_level_")]


_READERS: dict[str, Callable[[OpenedFile], list[str] | None]] = {
    ".csv": _in_header,
    ".tsv": _in_header,
    ".json": _in_rows,
    ".jsonl": _in_rows,
    ".ndjson": _in_rows,
    ".parquet": _in_schema,
}
