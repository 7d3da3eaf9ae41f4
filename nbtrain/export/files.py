"""Writing what is exported. Nothing that is there already is overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain.errors import RunError

if TYPE_CHECKING:
    from datasets import Dataset


def check_free(path: Path, text: str) -> None:
    """Raises RunError where `path` is there and holds something else than `text`."""
    if path.exists() and (not path.is_file() or path.read_text(encoding="utf-8", errors="replace") != text):
        raise RunError(f"`{path}` is there already, and nothing is overwritten. Name a new file.")


def check_data_free(path: Path, rows: Dataset) -> None:
    """Raises RunError where `path` is there and does not hold `rows`."""
    if path.exists() and not _holds(path, rows):
        raise RunError(f"`{path}` is there already, and holds other data. Name a script in a new folder.")


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

    try:
        return bool(pq.read_table(path).to_pylist() == rows.with_format(None).to_list())
    except (OSError, pa.ArrowException):
        return False
