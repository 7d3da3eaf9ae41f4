"""Predictions as DataFrames, for the evaluation split and for new rows.

Rows are tokenized and predicted in chunks of some thousands, so only the given texts and one array of outputs are in
memory at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.chunks import NUMBERS, ROWS, slices
from nbtrain.engine.guards.eval_out_of_memory import EvaluationMemoryGuard
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
    """Predictions for `data`: rows in any form that `iter_new_rows` accepts, or the name of a split.

    Raises:
        DataError: The rows do not have the input columns.
        RunError: The Trainer has no tokenizer, or the outputs do not match the task.
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
    """Like `predict`, in chunks of `rows` rows; `data` is consumed lazily.

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
        RunError: They are not a 2-D array of numbers.
    """
    if not (hasattr(encoded, "select") and hasattr(encoded, "__len__")):
        return _outputs_of(trainer, [encoded], -1)
    parts = (encoded.select(range(part.start, part.stop)) for part in _row_ranges(trainer, len(encoded)))
    return _outputs_of(trainer, parts, len(encoded))


def fit_task(outputs: Outputs, spec: TaskSpec, rows: int) -> bool:
    """Whether the outputs have the shape that the task expects: (rows, outputs)."""
    return tuple(outputs.logits.shape) == (rows, tasks.get(spec.task).num_outputs(spec))


def columns_of(outputs: Outputs, spec: TaskSpec) -> pd.DataFrame:
    """The decoded predictions for each row, as columns."""
    return tasks.get(spec.task).to_frame(outputs.logits, outputs.label_ids, spec)


def frame_of(rows: Dataset, outputs: Outputs, spec: TaskSpec) -> pd.DataFrame:
    """The rows with the decoded prediction for each."""
    from nbtrain.tasks.predictions import frame

    return frame(rows, outputs.logits, outputs.label_ids, spec)


def _predicted(examples: Examples, trainer: Trainer, spec: TaskSpec) -> pd.DataFrame:
    """Predictions for new examples."""
    outputs = _outputs_of(trainer, _encoded(examples, trainer, spec), len(examples))
    return frame_of(examples.rows, outputs, spec)


def _outputs_of(trainer: Trainer, parts: Iterable[Any], rows: int) -> Outputs:
    """The outputs for `rows` rows, which come as encoded chunks."""
    tap, smaller = EvaluationTap(trainer), EvaluationMemoryGuard(trainer, lambda event: None)
    smaller.install()
    tap.install()
    try:
        with quiet_bars():
            outputs = Outputs.joined((tap.predict(part) for part in parts), rows)
    finally:
        tap.remove()
        smaller.remove()
    if outputs is None:
        raise RunError("This model's outputs are not a 2-D array with a row per example. Use `run.trainer.predict`.")
    return outputs


def _encoded(examples: Examples, trainer: Trainer, spec: TaskSpec) -> Iterator[Dataset]:
    """The model inputs for `examples`, in chunks."""
    from nbtrain.preprocessing.tokenize import encode_rows

    for part in _row_ranges(trainer, len(examples)):
        yield encode_rows(examples.select(range(part.start, part.stop)), trainer.processing_class, spec)


def _row_ranges(trainer: Trainer, rows: int) -> Iterator[slice]:
    """Row ranges that are multiples of the evaluation batch size, so that chunking does not change the batches. Wide
    outputs get smaller chunks, because the Trainer copies all outputs of a chunk again with every batch.
    """
    batch, width = int(trainer.args.eval_batch_size), getattr(trainer.model.config, "num_labels", 2)
    most = min(ROWS, max(NUMBERS * 4 // width, 8 * batch))
    return slices(rows, max(1, most // batch) * batch)


def _check_tokenizer(trainer: Trainer) -> None:
    if trainer.processing_class is None:
        raise RunError("This Trainer has no tokenizer. Create it with Trainer(..., processing_class=tokenizer).")
