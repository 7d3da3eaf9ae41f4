"""Model inputs from texts, for the tasks that read one text or a pair of texts."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from nbtrain.data.feature_types import plural, quoted
from nbtrain.errors import DataError


def tokenize_texts(
    batch: Mapping[str, list[str]], inputs: Sequence[str], tokenizer: Any, max_length: int
) -> tuple[dict[str, list[list[int]]], int]:
    """Token IDs of a batch, and how many rows are too long. Only those are tokenized again, with truncation."""
    texts = [batch[name] for name in inputs]
    first, second = texts[0], _joined(texts[1:], tokenizer)
    tokens = dict(_call(tokenizer, first, second, truncation=False))
    long = [at for at, ids in enumerate(tokens["input_ids"]) if len(ids) > max_length]
    if long:
        pair = [second[at] for at in long] if second else None
        truncated = _call(tokenizer, [first[at] for at in long], pair, truncation=True, max_length=max_length)
        for name, values in truncated.items():
            for at, value in zip(long, values, strict=True):
                tokens[name][at] = value
    return tokens, len(long)


def cells_of_text(item: Any, number: int, inputs: Sequence[str]) -> Sequence[str | None]:
    """The texts of an item of a list, one for each input column.

    Raises:
        DataError: It is no string, or no tuple of as many strings as the model reads.
    """
    row = (item,) if isinstance(item, str) or item is None else item
    if not isinstance(row, (tuple, list)) or not all(isinstance(part, str) or part is None for part in row):
        raise DataError(f"Item {number} is not a string: {row!r:.80}. Expected {example_of_texts(inputs)}.")
    if len(row) != len(inputs):
        msg = (
            f"Item {number} has {plural(len(row), 'string')}, but the model reads {len(inputs)} ({quoted(inputs)}). "
            f"Expected {example_of_texts(inputs)}."
        )
        raise DataError(msg)
    return row


def example_of_texts(inputs: Sequence[str]) -> str:
    """What a list of new rows looks like, for messages."""
    if len(inputs) == 1:
        return 'a list of strings such as ["first text", "second text"]'
    return f"a list of tuples such as [({', '.join(f'{name!r:.20}' for name in inputs)}), ...]"


PREPARE = "tokenizer = padded_on_the_right(tokenizer)"
"""For a script that contains this function, and imports `copy`."""


def padded_on_the_right(tokenizer: Any) -> Any:
    """`tokenizer` if it pads on the right, else a copy that does; without a token for padding, with the one that ends
    texts.
    """
    if tokenizer.pad_token is not None and tokenizer.padding_side == "right":
        return tokenizer
    changed = copy.deepcopy(tokenizer)
    changed.pad_token, changed.padding_side = changed.pad_token or changed.eos_token, "right"
    return changed


def _call(tokenizer: Any, first: list[str], second: list[str] | None, **options: Any) -> Any:
    # `verbose` would warn about inputs that are too long; they are counted and reported in a note.
    return tokenizer(first, second, padding=False, verbose=False, **options)


def _joined(texts: list[list[str]], tokenizer: Any) -> list[str] | None:
    """The second text of each row. Tokenizers take at most two, so further texts are joined to it."""
    if not texts:
        return None
    separator = f" {tokenizer.sep_token or tokenizer.eos_token or '|'} "
    return texts[0] if len(texts) == 1 else [separator.join(row) for row in zip(*texts, strict=True)]
