"""Split a batch into micro-batches, and weight their losses."""

from __future__ import annotations

from typing import Any

import torch
from accelerate.utils import find_batch_size


def batch_size(inputs: Any) -> int:
    """Examples in a batch; 0 if unknown."""
    try:
        return find_batch_size(inputs) or 0
    except (TypeError, ValueError, IndexError):  # its first entry is not a tensor with rows
        return 0


def max_input_length(inputs: Any) -> int:
    """Tokens in the longest input of a batch; 0 if it has no tokens."""
    ids = inputs.get("input_ids") if hasattr(inputs, "get") else None
    return int(ids.shape[-1]) if ids is not None and getattr(ids, "ndim", 0) > 1 else 0


def num_loss_tokens(inputs: Any, *, shifted: bool) -> int | None:
    """Number of labels that contribute to the loss of a batch (not -100); None if the labels are not class numbers.

    Args:
        inputs: A batch.
        shifted: Whether the model predicts each token from the previous ones, so that the first has no loss.
    """
    labels = inputs.get("labels") if hasattr(inputs, "get") else None
    if not torch.is_tensor(labels) or labels.is_floating_point() or labels.ndim == 0:
        return None
    return int((labels[..., 1:] if shifted and labels.ndim > 1 else labels).ne(-100).sum())


def split_batch(inputs: Any, parts: int) -> list[Any]:
    """Split `inputs` by rows into at most `parts` micro-batches of equal size; the last may be smaller.

    Tensors that have no row per example, and objects that are not tensors, are in each micro-batch.
    """
    from accelerate.utils.operations import recursively_apply

    size = batch_size(inputs)
    length = -(-size // parts)

    def micro_batch(start: int) -> Any:
        def rows(tensor: Any) -> Any:
            return tensor[start : start + length] if tensor.ndim > 0 and tensor.shape[0] == size else tensor

        return recursively_apply(rows, inputs)

    return [micro_batch(start) for start in range(0, size, length)]


def loss_weights(micro_batches: list[Any], *, shifted: bool) -> list[float]:
    """Weight of each micro-batch, such that the weighted mean losses sum to the mean loss of the full batch."""
    counts = [num_loss_tokens(each, shifted=shifted) for each in micro_batches]
    if None in counts or not sum(counts):  # type: ignore[arg-type]
        counts = [batch_size(each) for each in micro_batches]
    total = sum(counts)  # type: ignore[arg-type]
    return [count / total for count in counts]  # type: ignore[operator]


def equivalent_batch(size: int, parts: int) -> tuple[int, int]:
    """Batch size and gradient accumulation steps that together give batches of `size` examples.

    The batch size is the largest divisor of `size` that is at most `size / parts`, rounded up.
    """
    largest = max(each for each in range(1, -(-size // parts) + 1) if size % each == 0)
    return largest, size // largest
