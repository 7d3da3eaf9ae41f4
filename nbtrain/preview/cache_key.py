"""When two looks at something see the same: a file that was not written to, a table of the notebook that still has the
same rows.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

ROWS = 1000
"""Rows of a DataFrame, evenly spaced, whose values are compared."""


def identity(value: Any) -> Hashable:
    """What stays the same as long as `value`, a name, a path or an object, stands for the same data.

    An object is known by its address: whoever remembers its identity has to keep it.
    """
    if value is None or isinstance(value, (str, Path)):
        return ("name", None if value is None else str(value), _on_disk(value))
    if isinstance(value, Mapping):
        return ("mapping", id(value), tuple((str(key), identity(item)) for key, item in value.items()))
    if hasattr(value, "iloc"):
        return ("frame", id(value), *_frame(value))
    return ("object", id(value), len(value) if hasattr(value, "__len__") else None)


def _on_disk(name: Any) -> Hashable:
    """When the files of a path were written last; None where there is none."""
    if name is None:
        return None
    path = Path(name).expanduser()
    try:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        return tuple((str(file), file.stat().st_mtime_ns, file.stat().st_size) for file in files)
    except OSError:  # a name on the hub
        return None


def _frame(frame: pd.DataFrame) -> tuple[Hashable, ...]:
    """Shape, types, gaps, and a hash of some rows: a notebook changes its tables in place."""
    import pandas as pd

    some = frame.iloc[:: max(1, len(frame) // ROWS)]
    try:
        values: Hashable = int(pd.util.hash_pandas_object(some.reset_index(drop=True), index=False).sum())
    except TypeError:  # lists cannot be hashed
        values = hash(some.to_json(default_handler=str))
    gaps = tuple(int(count) for count in frame.isna().sum())
    return (frame.shape, tuple(map(str, frame.columns)), tuple(map(str, frame.dtypes)), gaps, values)
