"""Suggested values for models and data: variables of the notebook, and files of its folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nbtrain.config.completions import DEMO
from nbtrain.data.files import is_data_file

MAX_FILES = 20

_KINDS = {
    "model": ("PreTrainedModel",),
    "dataset": ("Dataset", "DatasetDict"),
    "train": ("DataFrame", "Dataset"),
    "validation": ("DataFrame", "Dataset"),
}
"""Names of classes whose objects a key takes; names, so that their packages need not be imported."""


def suggestions(key: str, variables: Mapping[str, Any]) -> list[str]:
    """Suggested texts for the box of `key`; none for most keys."""
    if key not in _KINDS:
        return []
    found = list(DEMO.get(key, ()))
    found += [f"${name}" for name, value in variables.items() if not name.startswith("_") and _is_one(value, key)]
    return [*found, *(_files() if key != "model" else ())]


def _is_one(value: Any, key: str) -> bool:
    return any(kind.__name__ in _KINDS[key] for kind in type(value).__mro__)


def _files() -> Iterator[str]:
    here = sorted(path.name for path in Path().iterdir() if is_data_file(path))
    yield from here[:MAX_FILES]
