"""Checks that every split has the labels that the task needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrain.data.values import missing
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.tasks.base import Task


def check_labels(splits: Mapping[str, Dataset], label: list[str], task: Task, notes: list[str]) -> list[str]:
    """The class names, after all labels of the training and validation splits were found to be good.

    Raises:
        DataError: Rows have no label, or one that the task cannot use.
    """
    labels = task.understand(splits["train"], label, notes)
    for split in ("train", "validation"):
        if split in splits:
            refuse_unlabelled(splits[split], task.hidden(splits[split], label, labels), label, split)
            task.encode(splits[split], label, labels, split)
    return labels


def drop_hidden_labels(
    rows: Dataset, label: list[str], labels: list[str], task: Task, split: str, notes: list[str]
) -> Dataset:
    """`rows` without label columns if any row has no label, as in the test splits of competitions; else as they are.

    Raises:
        DataError: The labels are there, and some are none that the model knows.
    """
    present = [name for name in label if name in rows.column_names]
    if len(present) == len(label):
        count = int(task.hidden(rows, label, labels).sum())
        if not count:
            task.encode(rows, label, labels, split)
            return rows
        which = "no row has" if count == len(rows) else f"{count:,} of {len(rows):,} rows do not have"
        notes.append(f"{split}: {which} a label, so its predictions are shown without comparison.")
    else:
        notes.append(f"{split}: there are no labels, so its predictions are shown without comparison.")
    return rows.remove_columns(present)


def no_value(rows: Dataset, label: list[str]) -> NDArray[np.bool_]:
    """Which rows have an empty cell in one of the label columns, (rows,)."""
    import numpy as np

    return np.asarray(np.logical_or.reduce([missing(rows, name) for name in label]))


def refuse_unlabelled(rows: Dataset, hidden: NDArray[np.bool_], label: list[str], split: str) -> None:
    """Raises DataError if any row of `split` is marked in `hidden`, (rows,); they are counted."""
    if not hidden.any():
        return
    column = label[0]
    empty = no_value(rows, label).any()
    what = "is empty" if empty else "is -1"
    fix = f'df = df.dropna(subset=["{column}"])' if empty else f'ds = ds.filter(lambda row: row["{column}"] != -1)'
    msg = (
        f"{split}: {int(hidden.sum()):,} of {len(rows):,} rows have no label (`{column}` {what}).\n"
        f"    Remove them first, for example: {fix}"
    )
    raise DataError(msg)
