"""Write the exported files. Existing files are never overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain.errors import RunError

if TYPE_CHECKING:
    from datasets import Dataset


def check_free(path: Path, text: str) -> None:
    """Raise RunError if `path` exists with other content than `text`."""
    if path.exists() and (not path.is_file() or path.read_text(encoding="utf-8", errors="replace") != text):
        raise RunError(f"`{path}` already exists and is not overwritten. Choose a new file name.")


def check_data_free(path: Path, rows: Dataset) -> None:
    """Raise RunError if `path` exists with other content than `rows`."""
    if path.exists() and not _holds(path, rows):
        raise RunError(f"`{path}` already exists with other data. Choose a new folder for the script.")


def write_text(path: Path, text: str) -> None:
    """Write `text` in UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_data(path: Path, rows: Dataset) -> None:
    """Write `rows` as Parquet."""
    from nbtrain.data.quiet import quiet

    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with quiet():
            rows.to_parquet(path)


def _holds(path: Path, rows: Dataset) -> bool:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from datasets.table import embed_table_storage

    try:
        table = embed_table_storage(rows.with_format("arrow")[:])  # pictures are in the file, also those of other files
        return bool(pq.read_table(path).to_pylist() == table.to_pylist())
    except (OSError, pa.ArrowException):
        return False
