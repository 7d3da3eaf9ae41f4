"""Pieces: a batch cut into smaller ones, and what each of them counts for."""

from __future__ import annotations

from typing import Any

import torch
from accelerate.utils import find_batch_size


def batch_size(inputs: Any) -> int:
    """Examples in a batch; 0 where that cannot be told."""
    try:
        return find_batch_size(inputs) or 0
    except (TypeError, ValueError, IndexError):  # what comes first in it is no tensor with rows
        return 0


def longest(inputs: Any) -> int:
    """Tokens in the longest input of a batch; 0 where it has no tokens."""
    ids = inputs.get("input_ids") if hasattr(inputs, "get") else None
    return int(ids.shape[-1]) if ids is not None and getattr(ids, "ndim", 0) > 1 else 0


def labels_that_count(inputs: Any, *, shifted: bool) -> int | None:
    """How many labels a mean loss is a mean over, where they are class numbers; None where they are not.

    Args:
        inputs: A batch.
        shifted: Whether the model predicts each token from those before it, so that the first has no loss.
    """
    labels = inputs.get("labels") if hasattr(inputs, "get") else None
    if not torch.is_tensor(labels) or labels.is_floating_point() or labels.ndim == 0:
        return None
    return int((labels[..., 1:] if shifted and labels.ndim > 1 else labels).ne(-100).sum())


def cut(inputs: Any, parts: int) -> list[Any]:
    """`inputs` cut along the batch into at most `parts` pieces of one size (the last may be smaller).

    Tensors without a row per example, and what is no tensor, go into each piece.
    """
    from accelerate.utils.operations import recursively_apply

    size = batch_size(inputs)
    length = -(-size // parts)

    def piece(start: int) -> Any:
        def rows(tensor: Any) -> Any:
            return tensor[start : start + length] if tensor.ndim > 0 and tensor.shape[0] == size else tensor

        return recursively_apply(rows, inputs)

    return [piece(start) for start in range(0, size, length)]


def shares(pieces: list[Any], *, shifted: bool) -> list[float]:
    """The part that the mean loss of each piece has in the mean loss of all; they add up to 1."""
    counts = [labels_that_count(piece, shifted=shifted) for piece in pieces]
    if None in counts or not sum(counts):  # type: ignore[arg-type]
        counts = [batch_size(piece) for piece in pieces]
    whole = sum(counts)  # type: ignore[arg-type]
    return [count / whole for count in counts]  # type: ignore[operator]


def same_batch(size: int, parts: int) -> tuple[int, int]:
    """How to write a batch of `size` as smaller ones that are accumulated: a size of at most a `parts`th, rounded up,
    and how many of them.
    """
    largest = max(one for one in range(1, -(-size // parts) + 1) if size % one == 0)
    return largest, size // largest
