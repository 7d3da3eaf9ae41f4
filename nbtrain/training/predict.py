"""Predictions as DataFrames: of the evaluation split, and of any new rows.

Rows are tokenized and predicted some thousands at a time: of all of them at once there are only the texts, which were
given, and one table of outputs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.chunks import NUMBERS, ROWS, slices
from nbtrain.engine.guards.eval_out_of_memory import SmallerEvaluation
from nbtrain.engine.outputs import EvaluationTap, Outputs
from nbtrain.engine.quiet import quiet_bars
from nbtrain.errors import RunError

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset, DatasetDict
    from transformers import Trainer

    from nbtrain.data.source import Examples
    from nbtrain.events import TaskSpec


def predict(trainer: Trainer, spec: TaskSpec, data: Any, splits: DatasetDict | None) -> pd.DataFrame:
    """What the model says of `data`: rows as `iter_new_rows` takes them, or the name of a split.

    Raises:
        DataError: The rows do not fit.
        RunError: The model cannot read texts, or its outputs are not those of the task.
    """
    import pandas as pd

    from nbtrain.preprocessing.new_rows import is_stream, new_rows

    if is_stream(data):
        return pd.concat(predict_in_parts(trainer, spec, data, splits), ignore_index=True)

    _check_tokenizer(trainer)
    return _predicted(new_rows(data, spec, splits), trainer, spec)


def predict_in_parts(
    trainer: Trainer, spec: TaskSpec, data: Any, splits: DatasetDict | None, rows: int = ROWS
) -> Iterator[pd.DataFrame]:
    """As `predict`, `rows` rows at a time; no more of `data` is read than is predicted.

    Raises:
        DataError: As `predict`.
        RunError: As `predict`.
    """
    from nbtrain.preprocessing.new_rows import iter_new_rows

    _check_tokenizer(trainer)
    for part in iter_new_rows(data, rows, spec, splits):
        yield _predicted(part, trainer, spec)


def outputs_of(trainer: Trainer, encoded: Any) -> Outputs:
    """The model's outputs for each encoded row, in their order.

    Raises:
        RunError: They are no table of numbers.
    """
    if not (hasattr(encoded, "select") and hasattr(encoded, "__len__")):
        return _outputs_of(trainer, [encoded], -1)
    parts = (encoded.select(range(part.start, part.stop)) for part in _parts(trainer, len(encoded)))
    return _outputs_of(trainer, parts, len(encoded))


def are_of_task(outputs: Outputs, spec: TaskSpec, rows: int) -> bool:
    """Whether there is an output for each of `rows` rows, as wide as the task has it."""
    return tuple(outputs.logits.shape) == (rows, tasks.get(spec.task).num_outputs(spec))


def columns_of(outputs: Outputs, spec: TaskSpec) -> pd.DataFrame:
    """What the model says of each row, as columns."""
    return tasks.get(spec.task).to_frame(outputs.logits, outputs.label_ids, spec)


def frame_of(rows: Dataset, outputs: Outputs, spec: TaskSpec) -> pd.DataFrame:
    """The rows with what the model says of each."""
    from nbtrain.tasks.predictions import frame

    return frame(rows, outputs.logits, outputs.label_ids, spec)


def _predicted(examples: Examples, trainer: Trainer, spec: TaskSpec) -> pd.DataFrame:
    """What the model says of new examples."""
    outputs = _outputs_of(trainer, _encoded(examples, trainer, spec), len(examples))
    return frame_of(examples.rows, outputs, spec)


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


def _encoded(examples: Examples, trainer: Trainer, spec: TaskSpec) -> Iterator[Dataset]:
    """What the model gets for `examples`, a part at a time."""
    from nbtrain.preprocessing.tokenize import encode_rows

    for part in _parts(trainer, len(examples)):
        yield encode_rows(examples.select(range(part.start, part.stop)), trainer.processing_class, spec)


def _parts(trainer: Trainer, rows: int) -> Iterator[slice]:
    """Parts of whole batches, so that the batches are those that there would be without parts. The more outputs a model
    has, the fewer rows: what is gathered of a part is copied again with each batch of it.
    """
    batch, width = int(trainer.args.eval_batch_size), getattr(trainer.model.config, "num_labels", 2)
    most = min(ROWS, max(NUMBERS * 4 // width, 8 * batch))
    return slices(rows, max(1, most // batch) * batch)


def _check_tokenizer(trainer: Trainer) -> None:
    if trainer.processing_class is None:
        raise RunError("This Trainer has no tokenizer: build it with Trainer(..., processing_class=tokenizer).")
