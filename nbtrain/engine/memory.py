"""Out of memory: what it is, and how to let go of what an error of it holds."""

from __future__ import annotations

import gc
import traceback
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that the memory of a device, or of the machine, is used up."""
    import torch
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
        said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        release(error)
    clear_cache()
    return None, said


def release(error: BaseException) -> None:
    """Drop the tensors that the frames of `error` hold, and those of the errors behind it."""
    seen: BaseException | None = error
    while seen is not None:
        traceback.clear_frames(seen.__traceback__)
        seen.__traceback__ = None
        seen = seen.__cause__ or seen.__context__


def clear_cache() -> None:
    """Give unused memory back to the device."""
    from accelerate.utils.memory import clear_device_cache

    gc.collect()
    clear_device_cache()


def device_memory(device: Any) -> str:
    """How much memory `device` has, in words; "" where that is not known."""
    import torch

    if getattr(device, "type", "") != "cuda":
        return ""
    free, total = torch.cuda.mem_get_info(device)
    return f"{free / 2**30:.1f} of {total / 2**30:.1f} GiB free on {device}"
