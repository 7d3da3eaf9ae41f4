"""What can be found out about the data of a Trainer that the user built: the task, the raw rows, and how new rows are
encoded.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.feature_types import quoted
from nbtrain.data.source import Examples
from nbtrain.engine import facts
from nbtrain.engine.isolation import isolated
from nbtrain.errors import RunError
from nbtrain.events import TaskSpec
from nbtrain.preprocessing.tokenize import encode_rows
from nbtrain.tasks.sequence import SequenceTask
from nbtrain.training.predict import OWN_PREPROCESS
from nbtrain.training.row_sample import SAMPLE, Preprocess, RowSample, preprocessed

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict
    from transformers import Trainer

    from nbtrain.tasks.base import Task

ENCODED = ("input_ids", "attention_mask", "token_type_ids", "labels", "special_tokens_mask", "position_ids")
"""Columns that tokenization adds to a data set."""

MAX_TEXT_COLUMNS = 8
"""If there are more string columns, they are not tried in pairs."""

HOW = (
    "\n    Pass the function that you passed to `map`: run = nbtrain.watch(trainer, preprocess=...), or use "
    "`run.trainer.predict(encoded_dataset)`."
)


@dataclass(frozen=True)
class WatchedData:
    """The data of a watched Trainer.

    Attributes:
        spec: The task; None if its predictions are no table of classes or numbers. Without `inputs`, new rows cannot
            be predicted.
        rows: The evaluation rows with their raw columns, by the name of the evaluation set ("" if there is only one);
            None for rows of another type than `datasets.Dataset`.
        encoded: The evaluation sets as the Trainer has them, by the same names.
        sizes: Number of examples of each split.
        refusal: Why new rows cannot be predicted, and what to do; "" if they can.
        preprocess: Makes the model's inputs from rows; None if tokenizing `spec.inputs` does.
    """

    spec: TaskSpec | None = None
    rows: dict[str, Dataset | None] = field(default_factory=dict)
    encoded: dict[str, Any] = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)
    refusal: str = ""
    preprocess: Preprocess | None = None

    @classmethod
    def of(cls, trainer: Trainer, preprocess: Preprocess | None = None) -> WatchedData:
        """What can be found out about the data of `trainer`. It never raises, and changes nothing."""
        try:
            with isolated():
                return _inspect(trainer, preprocess)
        except Exception as error:  # a training must not fail because of what is shown of it
            reason = f"its data could not be inspected ({type(error).__name__}: {error})"
            return cls(rows={"": None}, refusal=_refusal(reason))

    @property
    def splits(self) -> DatasetDict | None:
        """The evaluation rows as splits; the only one is called "validation"."""
        from datasets import DatasetDict

        found = {name or "validation": rows for name, rows in self.rows.items() if rows is not None}
        return DatasetDict(found) if found else None

    @property
    def encoded_splits(self) -> dict[str, Any]:
        """The evaluation sets as the Trainer has them, by the names of `splits`."""
        return {name or "validation": rows for name, rows in self.encoded.items()}

    def encode(self, examples: Examples, tokenizer: Any) -> Dataset:
        """The model inputs for new rows.

        Raises:
            RunError: It is not known how they are made, or `preprocess` fails.
        """
        if self.refusal or self.spec is None:
            raise RunError(self.refusal)
        if self.preprocess is None:
            return encode_rows(examples, tokenizer, self.spec)
        try:
            encoded = preprocessed(examples.rows, self.preprocess, [])
        except Exception as error:
            raise RunError(f"`preprocess` failed for the new rows ({type(error).__name__}: {error}).") from error
        if examples.labels is None or tasks.get(self.spec.task).aligns_labels:
            return encoded
        without = encoded.remove_columns([name for name in ("labels", "label") if name in encoded.column_names])
        return without.add_column("labels", examples.labels.tolist())


def _refusal(reason: str, how: str = HOW) -> str:
    return f"New rows cannot be predicted: {reason}.{how}"


def _inspect(trainer: Trainer, preprocess: Preprocess | None) -> WatchedData:
    sets = trainer.eval_dataset if isinstance(trainer.eval_dataset, dict) else {"": trainer.eval_dataset}
    sets = {str(name): rows for name, rows in sets.items() if rows is not None}
    rows = {name: _raw(rows, trainer) for name, rows in sets.items()}
    sizes = {"train": facts.length(trainer.train_dataset)}
    sizes |= {name or "validation": facts.length(each) for name, each in sets.items()}
    sizes = {name: size for name, size in sizes.items() if size}
    found: dict[str, Any] = {"rows": rows, "encoded": sets, "sizes": sizes}
    if not sets:
        return WatchedData(rows={"": None}, sizes=sizes, refusal=_refusal("this Trainer has no `eval_dataset`"))
    name, encoded = next(iter(sets.items()))
    spec = _find_task(trainer, encoded, rows[name])
    if spec is None:
        return WatchedData(**found, refusal=_no_table(trainer, encoded))
    if reason := tasks.get(spec.task).why_no_predictions(spec):
        return WatchedData(**found, refusal=reason)
    inputs, max_length, reason = _find_inputs(trainer, encoded, rows[name], spec, preprocess)
    if reason:
        how = HOW if tasks.get(spec.task).reads_tokens else "\n    Use `run.trainer.predict(encoded_dataset)`."
        return WatchedData(spec, **found, refusal=_refusal(reason, how))
    options = {OWN_PREPROCESS: True} if preprocess is not None else {"max_length": max_length}
    spec = replace(spec, inputs=inputs).with_options(**options)
    return WatchedData(spec, **found, preprocess=preprocess)


def _no_table(trainer: Trainer, encoded: Any) -> str:
    """Why there is no table of predictions, and what to do."""
    kind = type(trainer.model).__name__
    what, fix = (
        f"{kind} is not known to give one class, several labels, or a number for each example",
        "Use `run.trainer.predict(encoded_dataset)`.",
    )
    if not facts.length(encoded):
        what = "its `eval_dataset` has no length, so that it is not known to which rows its outputs belong"
    task = None if getattr(trainer.model, "config", None) is None else tasks.of_model(trainer.model)
    if task is not None and task.generates:
        what, fix = f"{kind} writes texts", 'Ask it: run.chat("...")'
    elif task is not None and task.unwatched:
        what = task.unwatched
    elif task is not None and task.no_predictions:
        return task.no_predictions
    return f"nbtrain makes no table of predictions for this Trainer: {what}.\n    {fix}"


def _raw(rows: Any, trainer: Trainer) -> Dataset | None:
    """The rows without the columns that tokenization adds; None if they are no `datasets.Dataset`."""
    from datasets import Dataset

    if not isinstance(rows, Dataset):
        return None
    label = _label_column(rows.column_names, trainer)
    return rows.remove_columns([name for name in ENCODED if name in rows.column_names and name != label]).with_format(
        None
    )


def _label_column(names: Iterable[str], trainer: Trainer) -> str | None:
    known = set(names)
    return next((name for name in ("label", "labels", *(trainer.label_names or ())) if name in known), None)


def _find_task(trainer: Trainer, encoded: Any, raw: Dataset | None) -> TaskSpec | None:
    """The task that suits the model and its labels. Whether the model's outputs have the shape of the task is seen when
    they are there.
    """
    config = getattr(trainer.model, "config", None)
    values = _labels(encoded, trainer)
    column = None if raw is None else _label_column(raw.column_names, trainer)
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


def _own_task(trainer: Trainer, task: Task, raw: Dataset | None) -> TaskSpec:
    """A task whose model has a head of its own. Its classes are those of the labels, else of the model."""
    config = trainer.model.config
    column = None if raw is None else _label_column(raw.column_names, trainer)
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


def _find_inputs(
    trainer: Trainer, encoded: Any, raw: Dataset | None, spec: TaskSpec, preprocess: Preprocess | None
) -> tuple[tuple[str, ...], int | None, str]:
    """How rows become inputs of the model: the columns and the maximum length, or the reason why that is not known."""
    task = tasks.get(spec.task)
    if not task.reads_tokens:
        return (), None, f"how its inputs for {task.words} are made from rows is not known"
    if raw is None:
        return (), None, f"this Trainer's rows are of type {type(encoded).__name__}, without the texts"
    is_whole_text = isinstance(tasks.get(spec.task), SequenceTask)
    is_input = _is_text if is_whole_text else lambda feature: _is_text(getattr(feature, "feature", feature))
    texts = [name for name in raw.column_names if name not in spec.target and is_input(raw.features[name])]
    if "input_ids" not in encoded.column_names:
        return (), None, "this Trainer's rows have no `input_ids` that a guess could be compared with"
    if not len(encoded):
        return (), None, "this Trainer's evaluation set is empty"
    sample = RowSample(encoded, raw)
    if preprocess is not None:
        return sample.try_preprocess(preprocess, texts)
    if not texts:
        return (), None, "this Trainer's rows have no text column any more (`map(..., remove_columns=...)`)"
    if not is_whole_text:
        return (), None, "how its inputs are made from rows is not known"
    if trainer.processing_class is None or not callable(trainer.processing_class):
        return (), None, "this Trainer has no tokenizer. Create it with Trainer(..., processing_class=tokenizer)"
    for inputs in _guesses(texts):
        if (max_length := sample.max_length(inputs, trainer.processing_class)) is not None:
            return inputs, max_length, ""
    columns = f"column {quoted(texts)}" if len(texts) == 1 else f"columns {quoted(texts)}, alone or as a pair,"
    return (), None, f"tokenizing the {columns} does not give the rows that this Trainer was given"


def _is_text(feature: Any) -> bool:
    return getattr(feature, "dtype", "") in ("string", "large_string")


def _guesses(texts: list[str]) -> Iterator[tuple[str, ...]]:
    yield from ((name,) for name in texts)
    if len(texts) <= MAX_TEXT_COLUMNS:
        yield from itertools.permutations(texts, 2)
