"""Predictions as DataFrames: of the evaluation split, and of any new rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbtrain.engine.evaluation import EvaluationTap, Outputs
from nbtrain.engine.quiet import quiet_bars
from nbtrain.engine.smaller_evaluation import SmallerEvaluation
from nbtrain.errors import RunError
from nbtrain.events import Prepared

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset, DatasetDict
    from transformers import Trainer


def predict(trainer: Trainer, prepared: Prepared, data: Any, splits: DatasetDict | None) -> pd.DataFrame:
    """What the model says of `data`: rows as `nbtrain.data.new_rows` takes them, or the name of a split.

    Raises:
        DataError: The rows do not fit.
        RunError: The model cannot read texts, or its outputs are not those of the task.
    """
    from nbtrain import tasks
    from nbtrain.data import encode_rows, new_rows

    task = tasks.get(prepared.task)
    tokenizer = trainer.processing_class
    if tokenizer is None:
        raise RunError("This Trainer has no tokenizer: build it with Trainer(..., processing_class=tokenizer).")
    rows = new_rows(data, text=prepared.text, label=prepared.label, labels=prepared.labels, task=task, splits=splits)
    encoded, _ = encode_rows(
        rows,
        tokenizer,
        text=prepared.text,
        label=prepared.label,
        labels=prepared.labels,
        task=task,
        max_length=prepared.max_length,
    )
    return frame_of(rows, outputs_of(trainer, encoded), prepared)


def outputs_of(trainer: Trainer, encoded: Any) -> Outputs:
    """The model's outputs for each encoded row, in their order.

    Raises:
        RunError: They are no table of numbers.
    """
    tap, smaller = EvaluationTap(trainer), SmallerEvaluation(trainer, lambda event: None)
    smaller.install()
    tap.install()
    try:
        with quiet_bars():
            outputs = tap.predict(encoded)
    finally:
        tap.remove()
        smaller.remove()
    if outputs is None:
        raise RunError("This model's outputs are no table of numbers, a row per example. Use `run.trainer.predict`.")
    return outputs


def are_of_task(outputs: Outputs, prepared: Prepared, rows: int) -> bool:
    """Whether there is an output for each of `rows` rows, as wide as the task has it."""
    from nbtrain import tasks

    return tuple(outputs.logits.shape) == (rows, tasks.get(prepared.task).num_outputs(prepared.labels))


def frame_of(rows: Dataset, outputs: Outputs, prepared: Prepared) -> pd.DataFrame:
    """The rows with what the model says of each."""
    from nbtrain import tasks
    from nbtrain.analysis.predictions import frame

    task = tasks.get(prepared.task)
    return frame(
        rows,
        logits=outputs.logits,
        label_ids=outputs.label_ids,
        label=prepared.label,
        task=task,
        labels=prepared.labels,
    )
