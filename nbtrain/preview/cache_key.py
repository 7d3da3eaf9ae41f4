"""Cache keys for data: they change when a file is written to, or when a table of the notebook changes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

MAX_ROWS = 1000
"""Values of about this many rows of a DataFrame, evenly spaced, are hashed."""


def identity(value: Any) -> Hashable:
    """A key that stays equal as long as `value` (a name, a path or an object) refers to the same data.

    Objects are identified by `id`: whoever caches the key must keep the object alive.
    """
    if value is None or isinstance(value, (str, Path)):
        return ("name", None if value is None else str(value), _on_disk(value))
    if isinstance(value, Mapping):
        return ("mapping", id(value), tuple((str(key), identity(item)) for key, item in value.items()))
    if hasattr(value, "iloc"):
        return ("frame", id(value), *_frame(value))
    return ("object", id(value), len(value) if hasattr(value, "__len__") else None)


def _on_disk(name: Any) -> Hashable:
    """Names, modification times and sizes of the files of a path; None if there are none."""
    if name is None:
        return None
    path = Path(name).expanduser()
    try:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        return tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)
    except OSError:  # a Hub ID
        return None


def _frame(frame: pd.DataFrame) -> tuple[Hashable, ...]:
    """Shape, types, missing values, and a hash of some rows: notebooks change DataFrames in place."""
    import pandas as pd

    sample = frame.iloc[:: max(1, len(frame) // MAX_ROWS)]
    try:
        values: Hashable = int(pd.util.hash_pandas_object(sample.reset_index(drop=True), index=False).sum())
    except TypeError:  # lists cannot be hashed
        values = hash(sample.to_json(default_handler=str))
    missing = tuple(int(count) for count in frame.isna().sum())
    return (frame.shape, tuple(map(str, frame.columns)), tuple(map(str, frame.dtypes)), missing, values)
