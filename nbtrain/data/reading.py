"""Reading and checking data: from the configuration's words to splits, columns, labels and a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrain import tasks
from nbtrain.data.columns import find_columns
from nbtrain.data.labels import check_labels, drop_hidden_labels, no_value, refuse_unlabelled
from nbtrain.data.load import Splits, load
from nbtrain.data.quiet import quiet
from nbtrain.data.source import Data, Progress, Source, silent
from nbtrain.data.splits import cut_validation, limit
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray


def read(source: Source, progress: Progress = silent) -> Data:
    """Loads what `source` names, finds out what it means, and checks all of it.

    Args:
        source: What the configuration says.
        progress: Hears that data are loaded.

    Raises:
        DataError: In words for the user, with one fix: nothing is trained on data that are not right.
    """
    progress("load data", 0, 0)
    splits, notes = load_splits(source)
    return understand(splits, source, notes)


def load_splits(source: Source) -> tuple[Splits, list[str]]:
    """The rows that `source` names, and notes about the choice of them; what their columns mean is not asked yet.

    Raises:
        DataError: They cannot be read, or a split is empty.
    """
    notes: list[str] = []
    with quiet():
        splits = load(source, notes)
    for split, rows in splits.items():
        if not len(rows):
            msg = f"The {split} split is empty: it has no rows."
            raise DataError(msg)
    return splits, notes


def understand(found: Splits, source: Source, notes: Sequence[str] = ()) -> Data:
    """What the rows of `load_splits` mean: columns, task and labels, and which rows are for what.

    Raises:
        DataError: It is not clear, or not right.
    """
    from datasets import DatasetDict

    splits, notes = dict(found), list(notes)
    with quiet():
        text, label = find_columns(splits, source, notes)
        refuse_unlabelled(splits["train"], no_value(splits["train"], label), label, "train")
        task = tasks.get(source.task) if source.task else tasks.infer(splits["train"], label)
        labels = check_labels(splits, label, task, notes)
        if "test" in splits:
            splits["test"] = drop_hidden_labels(splits["test"], label, labels, task, "test", notes)
        if "validation" not in splits:
            classes = task.classes(task.encode(splits["train"], label, labels, "train"))
            splits["train"], splits["validation"] = cut_validation(
                splits["train"], classes, share=source.validation_split, seed=source.seed, notes=notes
            )
        for split in splits:
            most = source.max_train_samples if split == "train" else source.max_eval_samples
            splits[split] = limit(splits[split], most, split=split, seed=source.seed, notes=notes)
        _refuse_one_class(task.classes(task.encode(splits["train"], label, labels, "train")))
    ordered = {split: splits[split] for split in ("train", "validation", "test") if split in splits}
    return Data(DatasetDict(ordered), text, label, labels, task, notes)


def _refuse_one_class(classes: NDArray[np.int64] | None) -> None:
    """Raises DataError where cutting has left training examples of one class only."""
    if classes is not None and (classes == classes[0]).all():
        msg = (
            f"The {len(classes):,} training examples that are left are all of one class.\n"
            "    Raise `max_train_samples`, or lower `validation_split`."
        )
        raise DataError(msg)
