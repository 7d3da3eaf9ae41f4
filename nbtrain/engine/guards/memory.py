"""Recognize out-of-memory errors, and free the memory that they hold."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import torch

from nbtrain.errors import NotEnoughMemoryError

if TYPE_CHECKING:
    from transformers import Trainer

Result = TypeVar("Result")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` means that a device or the machine has run out of memory."""
    from accelerate.utils.memory import should_reduce_batch_size

    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, Exception) and bool(should_reduce_batch_size(error))
    )


def attempt(work: Callable[[], Result]) -> tuple[Result | None, str]:
    """Call `work`. If it runs out of memory, free what it has allocated.

    Returns:
        Its result and ""; or None and the message of the error.
    """
    try:
        return work(), ""
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        message = release(error)
    clear_cache()
    return None, message


def release(error: BaseException) -> str:
    """Drop the tensors that the tracebacks of `error` and its causes hold; returns the first line of its message."""
    message = first_line(error)
    seen: BaseException | None = error
    while seen is not None:
        traceback.clear_frames(seen.__traceback__)
        seen.__traceback__ = None
        seen = seen.__cause__ or seen.__context__
    return message


def clear_cache() -> None:
    """Return unused cached memory to the device."""
    from accelerate.utils.memory import clear_device_cache

    gc.collect()
    clear_device_cache()


def facts(trainer: Trainer, *known: str, parameters: bool = False) -> str:
    """What needs memory and how much is free, for a message: `known`, size of the model, memory of the device."""
    size = sum(parameter.numel() for parameter in trainer.model.parameters())
    parts = [*known, f"{size / 1e6:.1f} million parameters" if parameters else ""]
    device = trainer.args.device
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        parts.append(f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB free on {device}")
    return ", ".join(part for part in parts if part)


def explain(error: BaseException, trainer: Trainer) -> NotEnoughMemoryError:
    """The error to raise instead of `error` if smaller micro-batches do not help; frees its memory and gradients."""
    message = release(error)
    trainer.model.zero_grad()
    clear_cache()
    return NotEnoughMemoryError(
        f"Out of memory outside of the batches, where smaller batches do not help ({facts(trainer, parameters=True)}): "
        f'{message}\n    Use an optimizer that needs less memory, such as optim = "adafactor", or a smaller model.'
    )


def first_line(error: BaseException) -> str:
    """The first line of the message of `error`, or its type if it has no message."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
