"""The heap of the C library, while a CPU trains.

glibc gives every block of more than 32 MB back to the system when it is freed, such as the gradient of an embedding,
and the next step waits until the system has made the same memory anew, a page at a time. Kept, it is simply used again.
"""

from __future__ import annotations

import contextlib
import ctypes
import platform
from collections.abc import Iterator

# mallopt(3)
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
_LARGEST = 2**31 - 1
_KEEPING = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _LARGEST))
_USUAL = ((_MMAP_MAX, 65_536), (_TRIM_THRESHOLD, 64 * 2**20), (_MMAP_THRESHOLD, 32 * 2**20))
"""Where glibc's own thresholds, which grow with use, come to in a process that computes."""

_keeping = 0


def can_keep() -> bool:
    """Whether there is a glibc that can be told."""
    return platform.libc_ver()[0] == "glibc" and hasattr(ctypes.CDLL(None), "mallopt")


@contextlib.contextmanager
def kept(wanted: bool = True) -> Iterator[None]:
    """Inside, the process keeps the memory that is freed; afterwards it gives back what it does not use.

    Args:
        wanted: False does nothing.
    """
    global _keeping
    if not (wanted and can_keep()):
        yield
        return
    _keeping += 1
    _tell(_KEEPING)
    try:
        yield
    finally:
        _keeping -= 1
        if _keeping == 0:
            _tell(_USUAL)
            ctypes.CDLL(None).malloc_trim(0)


def _tell(options: tuple[tuple[int, int], ...]) -> None:
    libc = ctypes.CDLL(None)
    for option, value in options:
        libc.mallopt(option, value)
