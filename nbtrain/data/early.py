"""What can be said about the data of a configuration before they are read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.data.files import is_path, not_found
from nbtrain.data.roles import ROLES
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from nbtrain.data.source import Source

DEMO = "demo"
"""The value of a data key that names the demo data."""

QUICK_BYTES = 20_000_000
QUICK_ROWS = 200_000
"""How much data is read in about a second."""


def check_files(source: Source) -> None:
    """Raises DataError if a file that `source` names does not exist. Reads no data, and imports no large package."""
    for value in _values(source):
        if isinstance(value, (str, Path)) and is_path(str(value)) and not Path(value).expanduser().exists():
            raise DataError(not_found(Path(value).expanduser()))


def check_columns(source: Source) -> None:
    """Raises DataError if a column that `source` names does not exist, as far as that can be known within a moment."""
    for role in ("train", "validation"):
        if not (source.text or source.label):
            return
        from nbtrain.data.early_columns import column_names
        from nbtrain.data.questions import no_column

        found = column_names(_of_role(source, role), role)
        for key, named in (("text", source.text), ("label", source.label)):
            for name in named or ():
                if found is not None and name not in found:
                    raise DataError(no_column(key, name, role, found))


def is_quick(source: Source) -> bool:
    """Whether everything that `source` names is on this machine, and so small that reading takes about a second."""
    sizes = [_size(value) for value in _values(source)]
    return all(size is not None for size in sizes) and sum(size or 0.0 for size in sizes) <= 1


def _of_role(source: Source, role: str) -> Any:
    """The data of a split, or those that may have it; None if it is a split of a data set by its name."""
    value, whole = getattr(source, role), source.dataset
    if isinstance(value, str) and whole is not None and not is_path(value):
        return None
    if value is None and (role == "train" or isinstance(whole, Mapping) or _is_folder(whole) or _is_demo(whole)):
        value = whole
    if not _is_demo(value):
        return value
    from nbtrain import demo

    return demo.splits(source.task)


def _is_folder(value: Any) -> bool:
    return isinstance(value, (str, Path)) and Path(value).expanduser().is_dir()


def _is_demo(value: Any) -> bool:
    return isinstance(value, str) and value == DEMO


def _values(source: Source) -> list[Any]:
    """The values of the data keys, without names of splits of the data set."""
    named = [getattr(source, role) for role in ROLES]
    if source.dataset is not None:
        named = [value for value in named if not isinstance(value, str) or is_path(value)]
    return [value for value in (source.dataset, *named) if value is not None]


def _size(value: Any) -> float | None:
    """How large the data are, as a fraction of what is read in about a second; None if they must be downloaded."""
    if isinstance(value, (str, Path)):
        if _is_demo(value):
            return 0.0
        return _bytes(Path(value).expanduser()) / QUICK_BYTES if is_path(str(value)) else None
    if isinstance(value, Mapping):
        sizes = [_size(each) for each in value.values()]
        return None if None in sizes else sum(size or 0.0 for size in sizes)
    return len(value) / QUICK_ROWS if hasattr(value, "__len__") else None


def _bytes(path: Path) -> int:
    """The size of a file, or of all files in a folder; 0 if there is none."""
    if path.is_dir():
        return sum(os.path.getsize(Path(folder, name)) for folder, _, names in os.walk(path) for name in names)
    return path.stat().st_size if path.exists() else 0
