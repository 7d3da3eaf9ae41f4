"""Predictions as DataFrames: of the evaluation split, and of any new rows.

Rows are tokenized and predicted some thousands at a time: of all of them at once there are only the texts, which were
given, and one table of outputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from nbtrain.engine.evaluation import EvaluationTap, Outputs
from nbtrain.engine.quiet import quiet_bars
from nbtrain.engine.smaller_evaluation import SmallerEvaluation
from nbtrain.errors import RunError
from nbtrain.events import Prepared
from nbtrain.slices import NUMBERS, ROWS, slices

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset, DatasetDict
    from transformers import Trainer

    from nbtrain.tasks.base import Task


def predict(trainer: Trainer, prepared: Prepared, data: Any, splits: DatasetDict | None) -> pd.DataFrame:
    """What the model says of `data`: rows as `nbtrain.data.in_parts` takes them, or the name of a split.

    Raises:
        DataError: The rows do not fit.
        RunError: The model cannot read texts, or its outputs are not those of the task.
    """
    import pandas as pd

    from nbtrain.data import is_stream, new_rows

    if is_stream(data):
        return pd.concat(predict_in_parts(trainer, prepared, data, splits), ignore_index=True)

    task = _task_of(trainer, prepared)
    rows = new_rows(data, text=prepared.text, label=prepared.label, labels=prepared.labels, task=task, splits=splits)
    return frame_of(rows, _outputs_of(trainer, _encoded(rows, trainer, prepared), len(rows)), prepared)


def predict_in_parts(
    trainer: Trainer, prepared: Prepared, data: Any, splits: DatasetDict | None, rows: int = ROWS
) -> Iterator[pd.DataFrame]:
    """As `predict`, `rows` rows at a time; no more of `data` is read than is predicted.

    Raises:
        DataError: As `predict`.
        RunError: As `predict`.
    """
    from nbtrain.data import in_parts

    names = {"text": prepared.text, "label": prepared.label, "labels": prepared.labels}
    for part in in_parts(data, rows, task=_task_of(trainer, prepared), splits=splits, **names):
        yield frame_of(part, _outputs_of(trainer, _encoded(part, trainer, prepared), len(part)), prepared)


def outputs_of(trainer: Trainer, encoded: Any) -> Outputs:
    """The model's outputs for each encoded row, in their order.

    Raises:
        RunError: They are no table of numbers.
    """
    if not (hasattr(encoded, "select") and hasattr(encoded, "__len__")):
        return _outputs_of(trainer, [encoded], -1)
    parts = (encoded.select(range(part.start, part.stop)) for part in _parts(trainer, len(encoded)))
    return _outputs_of(trainer, parts, len(encoded))


def are_of_task(outputs: Outputs, prepared: Prepared, rows: int) -> bool:
    """Whether there is an output for each of `rows` rows, as wide as the task has it."""
    return tuple(outputs.logits.shape) == (rows, _task(prepared).num_outputs(prepared.labels))


def columns_of(outputs: Outputs, prepared: Prepared) -> pd.DataFrame:
    """What the model says of each row, as columns."""
    return _task(prepared).columns(outputs.logits, outputs.label_ids, prepared.labels)


def frame_of(rows: Dataset, outputs: Outputs, prepared: Prepared) -> pd.DataFrame:
    """The rows with what the model says of each."""
    from nbtrain.analysis.predictions import frame

    return frame(
        rows,
        logits=outputs.logits,
        label_ids=outputs.label_ids,
        label=prepared.label,
        task=_task(prepared),
        labels=prepared.labels,
    )


def _outputs_of(trainer: Trainer, parts: Iterable[Any], rows: int) -> Outputs:
    """The outputs for `rows` rows, whose encoded parts are taken one by one."""
    tap, smaller = EvaluationTap(trainer), SmallerEvaluation(trainer, lambda event: None)
    smaller.install()
    tap.install()
    try:
        with quiet_bars():
            outputs = Outputs.joined((tap.predict(part) for part in parts), rows)
    finally:
        tap.remove()
        smaller.remove()
    if outputs is None:
        raise RunError("This model's outputs are no table of numbers, a row per example. Use `run.trainer.predict`.")
    return outputs


def _encoded(rows: Dataset, trainer: Trainer, prepared: Prepared) -> Iterator[Dataset]:
    """What the model gets for `rows`, a part at a time."""
    from nbtrain.data import encode_rows

    for part in _parts(trainer, len(rows)):
        encoded, _ = encode_rows(
            rows.select(range(part.start, part.stop)),
            trainer.processing_class,
            text=prepared.text,
            label=prepared.label,
            labels=prepared.labels,
            task=_task(prepared),
            max_length=prepared.max_length,
        )
        yield encoded


def _parts(trainer: Trainer, rows: int) -> Iterator[slice]:
    """Parts of whole batches, so that the batches are those that there would be without parts. The more outputs a model
    has, the fewer rows: what is gathered of a part is copied again with each batch of it.
    """
    batch, width = int(trainer.args.eval_batch_size), getattr(trainer.model.config, "num_labels", 2)
    most = min(ROWS, max(NUMBERS * 4 // width, 8 * batch))
    return slices(rows, max(1, most // batch) * batch)


def _task(prepared: Prepared) -> Task:
    from nbtrain import tasks

    return tasks.get(prepared.task)


def _task_of(trainer: Trainer, prepared: Prepared) -> Task:
    if trainer.processing_class is None:
        raise RunError("This Trainer has no tokenizer: build it with Trainer(..., processing_class=tokenizer).")
    return _task(prepared)
