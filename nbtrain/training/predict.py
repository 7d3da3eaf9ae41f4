"""Predictions as DataFrames, for the evaluation split and for new rows.

Rows are tokenized and predicted in chunks of some thousands, so only the given texts and one array of outputs are in
memory at once.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.chunks import NUMBERS, ROWS, slices
from nbtrain.engine.guards.eval_out_of_memory import EvaluationMemoryGuard
from nbtrain.engine.outputs import EvaluationTap, Outputs
from nbtrain.engine.quiet import quiet_bars
from nbtrain.errors import DataError, RunError

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset
    from transformers import Trainer

    from nbtrain.data.source import Examples
    from nbtrain.events import TaskSpec
    from nbtrain.tasks.base import EvaluationData
    from nbtrain.training.live_run import StoredRun

    Encode = Callable[[Examples], Dataset]

COMPARED = ("label", "loss", "correct")
"""Columns that compare a prediction with its label."""

OWN_PREPROCESS = "preprocess"
"""Option in the `TaskSpec` of a watched Trainer whose rows are encoded by a function of the user's."""


def predict(run: StoredRun, data: Any) -> pd.DataFrame:
    """Predictions for `data`: rows in any form that `iter_new_rows` accepts, or the name of a split.

    Raises:
        DataError: The rows do not have the input columns.
        RunError: The run has no model or no tokenizer, it is not known how the model's inputs are made from rows, or
            the outputs do not match the task.
    """
    import pandas as pd

    from nbtrain.preprocessing.new_rows import is_stream, new_rows

    spec = run.spec
    if run.encoder is not None and isinstance(data, str) and data in run.encoder.encoded_splits:
        return _predicted_split(run, data)
    if is_stream(data):
        return pd.concat(predict_in_parts(run, data), ignore_index=True)
    encode = _encoder(run)
    rows, trainer = new_rows(data, spec, run.splits), run.model.trainer
    if tasks.get(spec.task).generates:
        return _answered(run, rows.rows, sample=isinstance(data, str) and data == "validation")
    return _predicted(rows, trainer, spec, encode)


def predict_in_parts(run: StoredRun, data: Any, rows: int = ROWS) -> Iterator[pd.DataFrame]:
    """Like `predict`, in chunks of `rows` rows; `data` is consumed lazily.

    Raises:
        DataError: As `predict`.
        RunError: As `predict`.
    """
    from nbtrain.preprocessing.new_rows import iter_new_rows

    spec, encode = run.spec, _encoder(run)
    for part in iter_new_rows(data, rows, spec, run.splits):
        yield (
            _answered(run, part.rows)
            if tasks.get(spec.task).generates
            else _predicted(part, run.model.trainer, spec, encode)
        )


def _answered(run: StoredRun, rows: Dataset, *, sample: bool = False) -> pd.DataFrame:
    """What a model that writes makes of rows."""
    trainer, task = run.model.trainer, tasks.get(run.spec.task)
    try:
        return task.generate(trainer.model, trainer.processing_class, rows, run.spec, sample=sample)
    except ValueError as error:
        raise DataError(str(error)) from error


def chat(run: StoredRun, messages: str | Sequence[Mapping[str, str]], max_new_tokens: int) -> str:
    """The model's answer to a message, or to a conversation.

    Raises:
        DataError: `messages` is something else.
        RunError: The run's model does not write, or it has no model.
    """
    from nbtrain.data.conversations import is_message, messages_of
    from nbtrain.tasks.generation import continued, prompt_tokens

    trainer = run.model.trainer
    if not getattr(trainer.model, "can_generate", lambda: False)():
        raise RunError(
            f"The model of this run, a {type(trainer.model).__name__}, writes no texts.\n    Use `run.predict`."
        )
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    if not isinstance(messages, (list, tuple)) or not messages or not all(map(is_message, messages)):
        raise DataError(
            f"`chat` takes a string, or a list of messages, got {messages!r:.80}.\n"
            '    For example: run.chat([{"role": "user", "content": "Hello"}])'
        )
    try:
        tokens = prompt_tokens(messages_of(list(messages)), trainer.processing_class)
    except ValueError as error:
        raise DataError(str(error)) from error
    return continued(trainer.model, trainer.processing_class, [tokens], max_new_tokens)[0]


def outputs_of(trainer: Trainer, encoded: Any, spec: TaskSpec) -> Outputs:
    """The model's outputs for each encoded row, in their order, as the task reads them.

    Raises:
        RunError: They are not an array of numbers.
    """
    if not hasattr(encoded, "select"):
        return _outputs_of(trainer, [encoded], len(encoded), spec)
    parts = (encoded.select(range(part.start, part.stop)) for part in _row_ranges(trainer, len(encoded)))
    return _outputs_of(trainer, parts, len(encoded), spec)


def evaluation_data(trainer: Trainer, rows: Dataset | None, encoded: Any) -> EvaluationData:
    """What the Trainer has evaluated: raw rows, and the inputs that were made from them."""
    from nbtrain.tasks.base import EvaluationData

    return EvaluationData(trainer.processing_class, rows, encoded)


def fit_task(outputs: Outputs, spec: TaskSpec, rows: int) -> bool:
    """Whether the outputs have the shape that the task expects for `rows` inputs."""
    return tasks.get(spec.task).fits(outputs.logits.shape, rows, spec)


def columns_of(outputs: Outputs, spec: TaskSpec, of: EvaluationData | None = None) -> pd.DataFrame:
    """The decoded predictions for each row, as columns."""
    return tasks.get(spec.task).to_frame(outputs.logits, outputs.label_ids, spec, of)


def frame_of(rows: Dataset, outputs: Outputs, spec: TaskSpec, of: EvaluationData | None = None) -> pd.DataFrame:
    """The rows with the decoded prediction for each.

    Raises:
        ValueError: There are not as many predictions as rows.
    """
    from nbtrain.tasks.predictions import frame

    return frame(rows, outputs.logits, outputs.label_ids, spec, of)


def _encoder(run: StoredRun) -> Encode:
    """How new rows become inputs of the model.

    Raises:
        RunError: It is not known, or there is no tokenizer.
    """
    from nbtrain.preprocessing.tokenize import encode_rows

    spec = run.spec
    if reason := tasks.get(spec.task).why_no_predictions(spec):
        raise RunError(reason)
    if run.encoder is not None and run.encoder.refusal:
        raise RunError(run.encoder.refusal)
    if run.encoder is None and run.is_watched and (not spec.inputs or spec.options.get(OWN_PREPROCESS)):
        raise RunError(
            "This run was recorded by `nbtrain.watch`, and how its rows were encoded is not saved with it.\n"
            "    Predict with its Trainer: trainer.predict(encoded_dataset)."
        )
    tokenizer = run.model.trainer.processing_class
    if run.encoder is not None:
        return functools.partial(run.encoder.encode, tokenizer=tokenizer)
    if tokenizer is None:
        raise RunError("This Trainer has no tokenizer. Create it with Trainer(..., processing_class=tokenizer).")
    return lambda examples: encode_rows(examples, tokenizer, spec)


def _predicted_split(run: StoredRun, name: str) -> pd.DataFrame:
    """Predictions for a split whose inputs exist.

    Raises:
        RunError: The outputs do not match the task.
    """
    from nbtrain.tasks.predictions import with_inputs

    assert run.encoder is not None
    encoded, spec = run.encoder.encoded_splits[name], run.spec
    outputs, rows = outputs_of(run.model.trainer, encoded, spec), (run.splits or {}).get(name)
    if not fit_task(outputs, spec, len(encoded)):
        shape = " x ".join(str(size) for size in outputs.logits.shape)
        raise RunError(
            f"This run has no predictions: the model gives {shape} numbers for {len(encoded)} rows, which are no "
            f"outputs of {spec.task}.\n    Use `run.trainer.predict`."
        )
    columns = columns_of(outputs, spec, evaluation_data(run.model.trainer, rows, encoded))
    return columns if rows is None else with_inputs(rows, columns, spec.target)


def _predicted(examples: Examples, trainer: Trainer, spec: TaskSpec, encode: Encode) -> pd.DataFrame:
    """Predictions for new examples."""
    import pandas as pd

    frames = []
    for part in _row_ranges(trainer, len(examples)):
        rows = examples.select(range(part.start, part.stop))
        encoded = encode(rows)
        outputs = _outputs_of(trainer, [encoded], len(encoded), spec)
        frames.append(frame_of(rows.rows, outputs, spec, evaluation_data(trainer, rows.rows, encoded)))
    frame = pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0]
    return frame if examples.labels is not None else frame.drop(columns=list(COMPARED), errors="ignore")


def _outputs_of(trainer: Trainer, parts: Iterable[Any], rows: int, spec: TaskSpec) -> Outputs:
    """The outputs for `rows` rows, which come as encoded chunks."""
    tap, smaller = (
        EvaluationTap(trainer, tasks.get(spec.task).reduce(spec)),
        EvaluationMemoryGuard(trainer, lambda event: None),
    )
    smaller.install()
    tap.install()
    try:
        with quiet_bars():
            outputs = Outputs.joined((tap.predict(part) for part in parts), rows)
    finally:
        tap.remove()
        smaller.remove()
    if outputs is None:
        raise RunError("This model's outputs are not an array with a row per example. Use `run.trainer.predict`.")
    return outputs


def _row_ranges(trainer: Trainer, rows: int) -> Iterator[slice]:
    """Row ranges that are multiples of the evaluation batch size, so that chunking does not change the batches. Wide
    outputs get smaller chunks, because the Trainer copies all outputs of a chunk again with every batch.
    """
    config = getattr(trainer.model, "config", None)  # a model may be any `nn.Module`
    batch, width = int(trainer.args.eval_batch_size), getattr(config, "num_labels", 2)
    most = min(ROWS, max(NUMBERS * 4 // width, 8 * batch))
    return slices(rows, max(1, most // batch) * batch)
