"""How a script encodes a label column: the simplest expression that gives the same numbers as the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Dataset

ENCODED = "labels"
"""Column of labels that are already encoded."""


def choose(codes: Sequence[str], names: Mapping[str, Any], splits: Mapping[str, tuple[Dataset, Any]]) -> str | None:
    """The first of `codes` that gives the same encoded labels as the run, in each split; None if none does.

    Args:
        codes: Expressions; each is evaluated as it would be in the script.
        names: What the script has by name: `LABELS`, the class names, and the functions of the task.
        splits: For each split the rows, and their labels as the run encoded them.
    """
    return next((code for code in codes if all(_matches(code, names, *split) for split in splits.values())), None)


@dataclass(frozen=True)
class _Batch:
    """All rows as a batch, of which columns are read when they are asked for."""

    rows: Dataset

    def __getitem__(self, name: str) -> list[Any]:
        values: list[Any] = self.rows[name][:]
        return values


def _matches(code: str, names: Mapping[str, Any], rows: Dataset, encoded: Any) -> bool:
    import numpy as np

    try:
        values = eval(code, {**names, "batch": _Batch(rows.with_format(None))})
        if encoded.dtype == object:  # texts, or rows of different lengths
            return list(map(list, values)) == [list(each) for each in encoded]
        table = np.asarray(values, dtype=encoded.dtype)
    except (KeyError, ValueError, TypeError):
        return False
    is_number = not isinstance(values[0], (str, bool))
    return is_number and table.shape == encoded.shape and bool((table == encoded).all())
