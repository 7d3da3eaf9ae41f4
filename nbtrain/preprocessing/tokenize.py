"""Make the inputs of the model from rows."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.feature_types import plural, quoted
from nbtrain.data.source import Examples, Progress, silent
from nbtrain.errors import DataError
from nbtrain.preprocessing.token_cache import CACHE, Tokens, identity, key_of
from nbtrain.preprocessing.types import Data, Encoded

if TYPE_CHECKING:
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec
    from nbtrain.tasks.base import Task

SMALL = ("attention_mask", "token_type_ids", "special_tokens_mask")
"""Columns of small numbers."""

BATCH_ROWS = 1000
"""Rows that are tokenized in one call."""


def encode(data: Data, tokenizer: Any, max_length: int, progress: Progress = silent) -> Encoded:
    """The model's inputs for all splits of `data`.

    Args:
        data: The data.
        tokenizer: A transformers tokenizer, or the task's other processor.
        max_length: Maximum input length in tokens; longer inputs are truncated. 0 if the inputs are not tokens.
        progress: Called with the number of rows that are done.

    Raises:
        DataError: `max_length` leaves no room for text.
    """
    task = tasks.get(data.spec.task)
    if task.on_demand:
        return _encode_on_demand(data, tokenizer, task, progress)
    spec = data.spec.with_options(max_length=max_length)
    _check_room(tokenizer, spec)
    total = sum(len(rows) for rows in data.splits.values())
    encoded = Encoded({}, {}, spec)
    tokenizer_hash = identity(tokenizer)
    done = 0
    for split, rows in data.splits.items():
        counted = _offset(progress, done, total)
        examples = Examples(rows, data.labels.get(split))
        tokens = _cached_tokens(examples, tokenizer, tokenizer_hash, spec, counted)
        count = encoded.truncated[split] = tokens.num_truncated
        encoded.splits[split] = _table(tokens, None if task.aligns_labels else examples.labels)
        done += len(rows)
        if count:
            were = "was" if count == 1 else "were"
            encoded.notes.append(
                f"{split}: {count:,} of {plural(len(rows), 'input')} {were} truncated to {max_length} tokens."
            )
        encoded.notes += task.encoded_notes(encoded.splits[split], split, spec)
    if len(rows := encoded.splits.get("train", ())):
        encoded.notes += task.explain(rows[0], tokenizer, spec)
        encoded.example += task.shown_example(rows[0], tokenizer, spec)
    if len(spec.inputs) > 2:
        encoded.notes.append(
            f"The model reads pairs of texts: `{spec.inputs[0]}`, and {quoted(spec.inputs[1:])} joined."
        )
    return encoded


def _encode_on_demand(data: Data, processor: Any, task: Task, progress: Progress) -> Encoded:
    """Raises DataError if inputs of the training cannot be made: otherwise that would be seen in the middle of it."""
    task.check_on_demand({split: data.splits[split] for split in ("train", "validation")}, data.spec, progress)
    encoded = Encoded({}, {}, data.spec)
    for split, rows in data.splits.items():
        encoded.splits[split] = _on_demand(Examples(rows, data.labels.get(split)), processor, data.spec)
        encoded.truncated[split] = 0
    encoded.notes += task.explain(encoded.splits["train"][0], processor, data.spec)
    return encoded


def _on_demand(examples: Examples, processor: Any, spec: TaskSpec) -> Dataset:
    """The input columns and the labels; whoever asks for rows gets the model's inputs."""
    rows = examples.rows.select_columns(list(spec.inputs))
    if examples.labels is not None:
        rows = rows.add_column("labels", examples.labels.tolist())

    def transform(batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        labels = {name: batch[name] for name in ("labels",) if name in batch}
        inputs, _ = tasks.get(spec.task).tokenize(batch, None, processor, spec)
        return {**inputs, **labels}

    return rows.with_transform(transform)


def _offset(progress: Progress, before: int, total: int) -> Progress:
    """A `Progress` for one split that reports the progress of all splits, of which `before` rows are done."""
    return lambda name, done, _: progress(name, before + done, total)


def _check_room(tokenizer: Any, spec: TaskSpec) -> None:
    """Raises DataError if `max_length` tokens leave no room for text."""
    max_length, texts = spec.options["max_length"], len(spec.inputs)
    needed = tokenizer.num_special_tokens_to_add(pair=texts > 1) + min(texts, 2)
    if max_length < needed:
        msg = (
            f"max_length = {max_length} leaves no room for text. Set max_length = {needed} or more for this tokenizer."
        )
        raise DataError(msg)


def encode_rows(examples: Examples, tokenizer: Any, spec: TaskSpec) -> Dataset:
    """The model inputs for `examples`, with `labels` if they have any."""
    task = tasks.get(spec.task)
    if task.on_demand:
        task.check_on_demand({"the new data": examples.rows}, spec, silent)
        return _on_demand(examples, tokenizer, spec)
    tokens = _tokens_of(examples, tokenizer, spec, silent)
    return _table(tokens, None if task.aligns_labels else examples.labels)


def _cached_tokens(
    examples: Examples, tokenizer: Any, tokenizer_hash: str | None, spec: TaskSpec, progress: Progress
) -> Tokens:
    """As `_tokens_of`, from the cache if possible."""
    if tokenizer_hash is None:
        return _tokens_of(examples, tokenizer, spec, progress)
    key = key_of(examples, spec, tokenizer_hash)
    tokens = CACHE.get(key)
    if tokens is None:
        tokens = _tokens_of(examples, tokenizer, spec, progress)
        CACHE.put(key, tokens)
    else:
        progress("tokenize", len(examples), len(examples))
    return tokens


def _tokens_of(examples: Examples, tokenizer: Any, spec: TaskSpec, progress: Progress) -> Tokens:
    import pyarrow as pa

    task = tasks.get(spec.task)
    columns: dict[str, list[Any]] = {}
    num_truncated = 0
    inputs = examples.rows.select_columns(list(task.read_columns(spec))).with_format(None)
    for start in range(0, len(examples), BATCH_ROWS):
        progress("tokenize", start, len(examples))
        chunk = slice(start, start + BATCH_ROWS)
        labels = None if examples.labels is None else examples.labels[chunk]
        tokens, too_long = task.tokenize(inputs[chunk], labels, tokenizer, spec)
        num_truncated += too_long
        for name, values in tokens.items():
            columns.setdefault(name, []).append(_column(values, small=name in SMALL))
    progress("tokenize", len(examples), len(examples))
    return Tokens({name: pa.chunked_array(chunks) for name, chunks in columns.items()}, num_truncated)


def _table(tokens: Tokens, labels: NDArray[Any] | None) -> Dataset:
    import pyarrow as pa
    from datasets import Dataset

    table: dict[str, Any] = dict(tokens.columns)
    if labels is not None:
        table["labels"] = _arrow(labels)
    return Dataset(pa.table(table), fingerprint=secrets.token_hex(8))  # without a fingerprint, all rows would be hashed


def _column(values: list[Any], *, small: bool) -> Any:
    """A column of numbers, of lists of numbers, or of lists of pairs of numbers."""
    import pyarrow as pa

    kind = pa.int8() if small else pa.int32()
    first = next((value for value in values if value is not None), None)
    while isinstance(first, (list, tuple)):
        kind, first = pa.list_(kind), next(iter(first), None)
    return pa.array(values, kind)


def _arrow(labels: Any) -> Any:
    """Labels as an Arrow array of numbers, or of lists of numbers."""
    import numpy as np
    import pyarrow as pa

    if labels.ndim == 1:
        return pa.array(labels)
    offsets = np.arange(len(labels) + 1, dtype=np.int32) * labels.shape[1]
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(labels.reshape(-1)))
