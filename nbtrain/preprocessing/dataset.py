"""Reading and checking data: from the configuration's words to splits, columns, labels and a task."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrain import tasks
from nbtrain.data.columns import find_columns
from nbtrain.data.load import Splits, load
from nbtrain.data.quiet import quiet
from nbtrain.data.source import Examples, Progress, Source, silent
from nbtrain.data.splits import cut_validation, limit
from nbtrain.errors import DataError
from nbtrain.preprocessing.labels import no_value, refuse_one_class, refuse_unlabelled, with_labels, with_labels_if_any
from nbtrain.preprocessing.types import Data

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec


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

    notes = list(notes)
    with quiet():
        spec = _inspect(found, source, notes)
        splits = _labelled(found, spec, notes)
        if "validation" not in splits:
            train, share, seed = splits["train"], source.validation_split, source.seed
            parts = cut_validation(train, _classes(train, spec), share=share, seed=seed, notes=notes)
            splits["train"], splits["validation"] = parts
        for split in splits:
            most = source.max_train_samples if split == "train" else source.max_eval_samples
            splits[split] = limit(splits[split], most, split=split, seed=source.seed, notes=notes)
        refuse_one_class(_classes(splits["train"], spec))
    ordered = {split: splits[split] for split in ("train", "validation", "test") if split in splits}
    return Data(
        DatasetDict({split: examples.rows for split, examples in ordered.items()}),
        {split: examples.labels for split, examples in ordered.items() if examples.labels is not None},
        spec,
        notes,
    )


def _inspect(found: Splits, source: Source, notes: list[str]) -> TaskSpec:
    """Which columns are read, and what is learned."""
    train = found["train"]
    text, label = find_columns(found, source, notes)
    refuse_unlabelled(train, no_value(train, label), label, "train")
    task = tasks.get(source.task) if source.task else tasks.infer(train, label)
    return task.inspect(train, text, label, notes)


def _labelled(found: Splits, spec: TaskSpec, notes: list[str]) -> dict[str, Examples]:
    """Every split with its labels, which only a test split may lack."""
    splits: dict[str, Examples] = {}
    for split in ("train", "validation"):
        if split in found:
            splits[split] = with_labels(found[split], spec, split)
    if "test" in found:
        splits["test"] = with_labels_if_any(found["test"], spec, "test", notes)
    return splits


def _classes(examples: Examples, spec: TaskSpec) -> NDArray[np.int64] | None:
    """The class of each example; None where there is no such thing."""
    return None if examples.labels is None else tasks.get(spec.task).classes(examples.labels)
