"""Encode labels for the model, and check that every split has the labels that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.feature_types import plural, rows_have
from nbtrain.data.hub import load_call
from nbtrain.data.source import Examples
from nbtrain.data.values import missing
from nbtrain.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec


def with_labels(rows: Dataset, spec: TaskSpec, split: str, source: Any = None) -> Examples:
    """The examples of a split that must have a valid label in every row. `source` is as for `check_labeled`.

    Raises:
        DataError: Rows have no label, or a label that is invalid for the task.
    """
    task = tasks.get(spec.task)
    check_labeled(rows, task.unlabeled_mask(rows, spec), spec.target, split, source)
    return Examples(rows, task.encode(rows, spec, split))


def with_labels_if_any(rows: Dataset, spec: TaskSpec, split: str, notes: list[str]) -> Examples:
    """The examples of a split that may have no labels. If any row has no label, as in the test splits of competitions,
    the label columns are removed, and the examples have no labels.

    Raises:
        DataError: All rows have labels, but the model does not know some of them.
    """
    present = [name for name in spec.target if name in rows.column_names]
    if len(present) == len(spec.target):
        task = tasks.get(spec.task)
        count = int(task.unlabeled_mask(rows, spec).sum())
        if not count:
            return Examples(rows, task.encode(rows, spec, split))
        notes.append(f"{split}: {rows_have(count, len(rows))} no label: predictions are not scored.")
    else:
        notes.append(f"{split}: no label column: predictions are not scored.")
    return Examples(rows.remove_columns(present), None)


def empty_mask(rows: Dataset, target: Sequence[str]) -> NDArray[np.bool_]:
    """A mask of the rows with an empty cell in any label column, (rows,)."""
    import numpy as np

    return np.asarray(np.logical_or.reduce([missing(rows, name) for name in target]))


def check_labeled(
    rows: Dataset, unlabeled: NDArray[np.bool_], target: Sequence[str], split: str, source: Any = None
) -> None:
    """Raises DataError if the mask `unlabeled`, (rows,), marks any row of `split`; the message has their number, and a
    fix for data from `source`, the value of `dataset`.
    """
    if not unlabeled.any():
        return
    column, count = target[0], int(unlabeled.sum())
    empty = empty_mask(rows, target).any()
    what = "is empty" if empty else "is -1"
    fix = f'df = df.dropna(subset=["{column}"])'
    if not empty:
        call = load_call(source, rows)
        keep = f'filter(lambda row: row["{column}"] != -1)'
        fix = f'import datasets; ds = {call}.{keep}, then dataset = "$ds"' if call else f"ds = ds.{keep}"
    msg = (
        f"{split}: {rows_have(count, len(rows))} no label (`{column}` {what}).\n"
        f"    Remove these rows first, for example: {fix}"
    )
    raise DataError(msg)


def check_classes(classes: NDArray[Any] | None, max_train_samples: int | None) -> None:
    """Raises DataError if the final training split has examples of only one class."""
    if classes is None or not (classes == classes[0]).all():
        return
    examples = plural(len(classes), "training example")
    if max_train_samples is not None and len(classes) == max_train_samples:
        msg = f"max_train_samples = {max_train_samples} leaves {examples} of only one class.\n    Increase it."
        raise DataError(msg)
    msg = f"`validation_split` leaves {examples} of only one class.\n    Decrease it, or set `validation`."
    raise DataError(msg)
