"""What the results of an evaluation for each example amount to, for the diagnosis of a run."""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any

from nbtrain.events import Examined

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec

MAX_CLASSES = 100
"""The classes are counted if there are at most this many."""

INPUT = "input_ids"


def examine(columns: pd.DataFrame, encoded: Any, spec: TaskSpec, step: int) -> Examined | None:
    """Count classes, and what is right of truncated inputs; None if there is nothing to count.

    Args:
        columns: The results for each example, as `Task.to_frame` gives them.
        encoded: The model's inputs.
        spec: The task.
        step: Steps done.
    """
    labels, predicted = _counts(columns, "label", spec), _counts(columns, "prediction", spec)
    truncated, whole = _by_length(columns, encoded, spec)
    found = Examined(step=step, labels=labels, predicted=predicted, truncated=truncated, whole=whole)
    return found if found.labels or found.truncated else None


def _counts(columns: pd.DataFrame, name: str, spec: TaskSpec) -> list[int]:
    """Rows, or places in rows, with each of the labels in a column."""
    if name not in columns or not 0 < len(spec.labels) <= MAX_CLASSES:
        return []
    cells = columns[name].tolist()
    counted = Counter(chain.from_iterable(cells) if cells and isinstance(cells[0], list) else cells)
    return [counted[label] for label in spec.labels]


def _by_length(
    columns: pd.DataFrame, encoded: Any, spec: TaskSpec
) -> tuple[tuple[int, int] | None, tuple[int, int] | None]:
    """How many inputs fill the maximum length, and how many of these are right; the same for the others."""
    most, known = spec.options.get("max_length"), getattr(encoded, "column_names", ())
    if not most or "correct" not in columns or INPUT not in known or len(encoded) != len(columns):
        return None, None
    full = _lengths(encoded) >= most
    right = columns["correct"].to_numpy(dtype=bool, na_value=False)
    if not full.any():
        return None, None
    return (int(full.sum()), int(right[full].sum())), (int((~full).sum()), int(right[~full].sum()))


def _lengths(encoded: Any) -> NDArray[Any]:
    import pyarrow.compute as pc

    from nbtrain.data.values import arrow_values

    lengths: NDArray[Any] = pc.list_value_length(arrow_values(encoded, INPUT)).to_numpy(zero_copy_only=False)
    return lengths
