"""Which task a Trainer that the user built learns, as far as its model and its labels tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.engine import facts
from nbtrain.events import TaskSpec
from nbtrain.tasks.sequence import SequenceTask
from nbtrain.training.row_sample import SAMPLE

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import Trainer

    from nbtrain.tasks.base import Task


def find_task(trainer: Trainer, encoded: Any, raw: Dataset | None) -> TaskSpec | None:
    """The task that suits the model and its labels. Whether the model's outputs have the shape of the task is seen when
    they are there.
    """
    config = getattr(trainer.model, "config", None)
    values = _labels(encoded, trainer)
    column = None if raw is None else label_column(raw.column_names, trainer)
    outputs = getattr(config, "num_labels", None)
    task = None if config is None else tasks.of_model(trainer.model)
    if task is not None and not isinstance(task, SequenceTask):
        without = task.no_predictions or task.unwatched or (task.outputs_vocabulary and task.generates)
        return None if without else _own_task(trainer, task, raw)
    if config is None and values is not None and _are_classes(values):  # any `nn.Module`
        task, outputs = tasks.get("text_classification"), int(values.max(initial=0)) + 1
    if task is None or (values is None and not _is_classifier(trainer, encoded)):
        return None
    if (
        values is not None
        and values.ndim == 2
        and values.shape[1] == outputs
        and getattr(config, "problem_type", 1) is None
    ):
        task = tasks.get("multi_label")  # as the model itself finds out from its first batch
    if values is not None and not _LABELS_OF.get(task.name, lambda values: True)(values):
        return None
    labels = _labels_of_classes(raw, column, values, config, outputs) if task.has_classes else ()
    return TaskSpec(task.name, (), (column,) if column else (), labels, class_names=_own_names(config, labels))


def label_column(names: Iterable[str], trainer: Trainer) -> str | None:
    """The column of labels among `names`; None if there is none."""
    known = set(names)
    return next((name for name in ("label", "labels", *(trainer.label_names or ())) if name in known), None)


def _own_task(trainer: Trainer, task: Task, raw: Dataset | None) -> TaskSpec:
    """A task whose model has a head of its own. Its classes are those of the labels, else of the model."""
    config = trainer.model.config
    column = None if raw is None else label_column(raw.column_names, trainer)
    names = tuple(str(config.id2label.get(at, at)) for at in range(config.num_labels)) if task.has_classes else ()
    options = {name: getattr(trainer.args, name, None) for name in task.argument_options}
    return TaskSpec(task.name, (), (column,) if column else (), names, options)


def _are_classes(values: Any) -> bool:
    return values.ndim == 1 and values.dtype.kind in "iu"


_LABELS_OF: dict[str, Callable[[Any], bool]] = {
    "text_classification": _are_classes,
    "multi_label": lambda values: values.ndim == 2,
    "regression": lambda values: values.size == len(values),
}
"""Whether labels can be those of a task; others take any."""


def _is_classifier(trainer: Trainer, encoded: Any) -> bool:
    """Whether a model is known to give outputs for each example, though its rows have no labels."""
    return "SequenceClassification" in type(trainer.model).__name__ and "input_ids" in _first(encoded)


def _labels(encoded: Any, trainer: Trainer) -> Any:
    """The labels of a few rows as an array, (rows,) or (rows, labels); None if they have none, or differ in shape."""
    import numpy as np

    rows = [encoded[at] for at in range(min(SAMPLE, facts.length(encoded)))]
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        return None
    column = next((name for name in ("labels", "label", *(trainer.label_names or ())) if name in rows[0]), None)
    if column is None:
        return None
    try:
        values = np.array([np.asarray(row[column]) for row in rows])
    except ValueError:  # of different lengths
        return None
    return values if values.dtype.kind in "biuf" else None


def _first(encoded: Any) -> Mapping[str, Any]:
    row = encoded[0] if facts.length(encoded) else {}
    return row if isinstance(row, Mapping) else {}


def _labels_of_classes(
    raw: Dataset | None, column: str | None, values: Any, config: Any, outputs: Any
) -> tuple[Any, ...]:
    """The classes in the type that the labels have: the names of a `ClassLabel`, or integers; without labels, those of
    the model.
    """
    feature = raw.features[column] if raw is not None and column else None
    names = getattr(feature, "names", None) or getattr(getattr(feature, "feature", None), "names", None)
    if names and len(names) == outputs:
        return tuple(names)
    if values is not None and _are_classes(values):
        return tuple(range(outputs))
    known = getattr(config, "id2label", None) or {}
    return tuple(str(known.get(at, at)) for at in range(outputs))


def _own_names(config: Any, labels: tuple[Any, ...]) -> tuple[str, ...]:
    """The names that the model has for integer labels, such as "negative" for 0; empty without such names."""
    known = getattr(config, "id2label", None) or {}
    names = tuple(str(known.get(at, at)) for at in range(len(labels)))
    are_integers = all(isinstance(label, int) for label in labels)
    is_said = names not in (tuple(map(str, labels)), tuple(f"LABEL_{at}" for at in range(len(labels))))
    return names if are_integers and is_said and len(set(names)) == len(names) else ()
