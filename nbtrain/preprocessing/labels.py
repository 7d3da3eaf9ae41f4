"""Labels become what the model takes, and every split is checked to have those that it needs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.source import Examples
from nbtrain.data.values import missing
from nbtrain.errors import DataError

if TYPE_CHECKING:
    import numpy as np
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec


def with_labels(rows: Dataset, spec: TaskSpec, split: str) -> Examples:
    """The examples of a split that must have a good label in every row.

    Raises:
        DataError: Rows have no label, or one that the task cannot use.
    """
    task = tasks.get(spec.task)
    refuse_unlabelled(rows, task.hidden(rows, spec), spec.target, split)
    return Examples(rows, task.encode(rows, spec, split))


def with_labels_if_any(rows: Dataset, spec: TaskSpec, split: str, notes: list[str]) -> Examples:
    """The examples of a split that may have no labels. If any row has none, as in the test splits of competitions, all
    go without, and their label columns are taken away.

    Raises:
        DataError: The labels are there, and some are none that the model knows.
    """
    present = [name for name in spec.target if name in rows.column_names]
    if len(present) == len(spec.target):
        task = tasks.get(spec.task)
        count = int(task.hidden(rows, spec).sum())
        if not count:
            return Examples(rows, task.encode(rows, spec, split))
        which = "no row has" if count == len(rows) else f"{count:,} of {len(rows):,} rows do not have"
        notes.append(f"{split}: {which} a label, so its predictions are shown without comparison.")
    else:
        notes.append(f"{split}: there are no labels, so its predictions are shown without comparison.")
    return Examples(rows.remove_columns(present), None)


def no_value(rows: Dataset, target: Sequence[str]) -> NDArray[np.bool_]:
    """Which rows have an empty cell in one of the label columns, (rows,)."""
    import numpy as np

    return np.asarray(np.logical_or.reduce([missing(rows, name) for name in target]))


def refuse_unlabelled(rows: Dataset, hidden: NDArray[np.bool_], target: Sequence[str], split: str) -> None:
    """Raises DataError if any row of `split` is marked in `hidden`, (rows,); they are counted."""
    if not hidden.any():
        return
    column = target[0]
    empty = no_value(rows, target).any()
    what = "is empty" if empty else "is -1"
    fix = f'df = df.dropna(subset=["{column}"])' if empty else f'ds = ds.filter(lambda row: row["{column}"] != -1)'
    msg = (
        f"{split}: {int(hidden.sum()):,} of {len(rows):,} rows have no label (`{column}` {what}).\n"
        f"    Remove them first, for example: {fix}"
    )
    raise DataError(msg)


def refuse_one_class(classes: NDArray[Any] | None) -> None:
    """Raises DataError where cutting has left training examples of one class only."""
    if classes is not None and (classes == classes[0]).all():
        msg = (
            f"The {len(classes):,} training examples that are left are all of one class.\n"
            "    Raise `max_train_samples`, or lower `validation_split`."
        )
        raise DataError(msg)
