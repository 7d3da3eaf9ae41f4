"""Out of memory: what it is, and how to let go of what an error of it holds."""

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
    """Whether `error` says that the memory of a device, or of the machine, is used up."""
    from accelerate.utils.memory import should_reduce_batch_size

    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, Exception) and bool(should_reduce_batch_size(error))
    )


def attempt(work: Callable[[], Result]) -> tuple[Result | None, str]:
    """Do `work`; where memory runs out, free what it held.

    Returns:
        Its result and ""; or None and what the error said.
    """
    try:
        return work(), ""
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        said = released(error)
    clear_cache()
    return None, said


def released(error: BaseException) -> str:
    """Drop the tensors that the frames of `error` hold, and those of the errors behind it; returns what it said."""
    said = first_line(error)
    seen: BaseException | None = error
    while seen is not None:
        traceback.clear_frames(seen.__traceback__)
        seen.__traceback__ = None
        seen = seen.__cause__ or seen.__context__
    return said


def clear_cache() -> None:
    """Give unused memory back to the device."""
    from accelerate.utils.memory import clear_device_cache

    gc.collect()
    clear_device_cache()


def facts(trainer: Trainer, *known: str, parameters: bool = False) -> str:
    """What memory is needed for and how much there is, in words: `known`, the model's size, the device's memory."""
    size = sum(parameter.numel() for parameter in trainer.model.parameters())
    said = [*known, f"{size / 1e6:.1f} million parameters" if parameters else ""]
    device = trainer.args.device
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        said.append(f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB free on {device}")
    return ", ".join(fact for fact in said if fact)


def explained(error: BaseException, trainer: Trainer) -> NotEnoughMemoryError:
    """`error`, which no smaller pieces help against, for people. What it held is let go of, the gradients too."""
    said = released(error)
    trainer.model.zero_grad()
    clear_cache()
    return NotEnoughMemoryError(
        f"Memory ran out outside of the batches, where smaller ones do not help ({facts(trainer, parameters=True)}): "
        f'{said}\n    Take an optimizer that needs less, such as optim = "adafactor", or a smaller model.'
    )


def first_line(error: BaseException) -> str:
    """The gist of what `error` says."""
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__
