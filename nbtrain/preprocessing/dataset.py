"""Read and check data: from a configuration to splits, columns, labels and a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.columns import find_columns
from nbtrain.data.load import Splits, load
from nbtrain.data.quiet import quiet
from nbtrain.data.source import Examples, Progress, Source, silent
from nbtrain.data.splits import hold_out_validation, limit
from nbtrain.errors import DataError
from nbtrain.preprocessing.labels import check_classes, check_labeled, empty_mask, with_labels, with_labels_if_any
from nbtrain.preprocessing.types import Data

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec
    from nbtrain.tasks.base import Task


def read(source: Source, progress: Progress = silent) -> Data:
    """Load the data that `source` names, find columns, task and labels, and check everything.

    Args:
        source: The data that the configuration names.
        progress: Called when loading begins.

    Raises:
        DataError: The data cannot be loaded, or something is wrong with them.
    """
    progress("load data", 0, 0)
    splits, notes = load_splits(source)
    return inspect(splits, source, notes)


def load_splits(source: Source) -> tuple[Splits, list[str]]:
    """The splits that `source` names, and notes about their choice. Columns and labels are not inspected yet.

    Raises:
        DataError: The data cannot be read, or a split is empty.
    """
    notes: list[str] = []
    with quiet():
        splits = load(source, notes)
    if "test" in splits and source.test is None and not len(splits["test"]):
        del splits["test"]
        notes.append(_left_out("it has no rows"))
    for split, rows in splits.items():
        if not len(rows):
            msg = f"The {split} split is empty (0 rows)."
            raise DataError(msg)
    return splits, notes


def inspect(found: Splits, source: Source, notes: Sequence[str] = ()) -> Data:
    """Find columns, task and labels of the rows of `load_splits`, and make the final splits.

    Raises:
        DataError: The columns or the task are ambiguous, or something is wrong with the data.
    """
    from datasets import DatasetDict

    notes = list(notes)
    with quiet():
        spec = _task_spec(found, source, notes)
        splits = _labeled(found, spec, source, notes)
        if "validation" not in splits:
            train, fraction, seed = splits["train"], source.validation_split, source.seed
            splits["train"], splits["validation"] = hold_out_validation(
                train, _classes(train, spec), fraction=fraction, seed=seed, notes=notes
            )
        for split in splits:
            max_examples = source.max_train_samples if split == "train" else source.max_eval_samples
            splits[split] = limit(splits[split], max_examples, split=split, seed=source.seed, notes=notes)
        check_classes(_classes(splits["train"], spec), source.max_train_samples)
    ordered = {split: splits[split] for split in ("train", "validation", "test") if split in splits}
    return Data(
        DatasetDict({split: examples.rows for split, examples in ordered.items()}),
        {split: examples.labels for split, examples in ordered.items() if examples.labels is not None},
        spec,
        notes,
    )


def _task_spec(found: Splits, source: Source, notes: list[str]) -> TaskSpec:
    """The columns, the task and its labels."""
    train = found["train"]
    task = tasks.get(source.task) if source.task else tasks.recognize(train, source)
    text, label = find_columns(found, source, notes) if task is None else task.find_columns(found, source, notes)
    if label and (task is None or task.has_labels):
        check_labeled(train, empty_mask(train, label), label, "train", source.dataset)
    task = task or tasks.infer(train, label)
    spec = task.inspect(train, text, label, notes)
    defaults = {**{key.name: key.default for key in task.keys}, **_argument_defaults(task)}
    options = defaults if source.keys is None else {name: source.keys[name] for name in defaults}
    return spec.with_options(**options) if options else spec


def _argument_defaults(task: Task) -> dict[str, Any]:
    return {name: task.argument_defaults.get(name) for name in task.argument_options}


def _labeled(found: Splits, spec: TaskSpec, source: Source, notes: list[str]) -> dict[str, Examples]:
    """Every split with its labels; only a test split may have none.

    A test split that came with the data set and cannot be used is left out: nobody asked for it, and the training does
    not need it.
    """
    if not tasks.get(spec.task).has_labels:
        return {split: Examples(rows, None) for split, rows in found.items()}
    splits: dict[str, Examples] = {}
    for split in ("train", "validation"):
        if split in found:
            splits[split] = with_labels(found[split], spec, split, source.dataset)
    if "test" in found:
        try:
            tasks.get(spec.task).check_inputs(found["test"], spec.inputs, "test")
            splits["test"] = with_labels_if_any(found["test"], spec, "test", notes)
        except DataError as problem:
            if source.test is not None:
                raise
            notes.append(_left_out(str(problem)))
    return splits


def _left_out(reason: str) -> str:
    return f"The test split is left out, because it cannot be used: {reason.splitlines()[0].removesuffix(' Columns:')}"


def _classes(examples: Examples, spec: TaskSpec) -> NDArray[np.int64] | None:
    """The class of each example; None if examples do not have exactly one class."""
    return None if examples.labels is None else tasks.get(spec.task).classes(examples.labels)
