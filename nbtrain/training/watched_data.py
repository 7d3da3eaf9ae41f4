"""What can be found out about the data of a Trainer that the user built: the task, the raw rows, and how new rows are
encoded.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
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
from nbtrain.training.row_sample import Preprocess, RowSample, preprocessed
from nbtrain.training.watched_task import find_task, label_column

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict
    from transformers import Trainer

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
    spec = find_task(trainer, encoded, rows[name])
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
    label = label_column(rows.column_names, trainer)
    return rows.remove_columns([name for name in ENCODED if name in rows.column_names and name != label]).with_format(
        None
    )


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
