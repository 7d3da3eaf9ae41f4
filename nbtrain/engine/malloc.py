"""Settings of glibc's malloc for training on a CPU.

When a block of more than 32 MB is freed, such as the gradient of an embedding, glibc returns it to the operating
system. The next step then waits while the system maps the same memory again, page by page. Retained memory is reused.
"""

from __future__ import annotations

import contextlib
import ctypes
import platform
from collections.abc import Iterator

# parameters of mallopt(3)
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _MMAP_MAX = -1, -3, -4
_MAX_INT = 2**31 - 1
_RETAINING = ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, _MAX_INT))
_DEFAULTS = ((_MMAP_MAX, 65_536), (_TRIM_THRESHOLD, 64 * 2**20), (_MMAP_THRESHOLD, 32 * 2**20))
"""The values that glibc's dynamic thresholds reach in a process that computes with large arrays."""

_active = 0


def can_retain() -> bool:
    """Whether the C library is glibc, whose malloc has these settings."""
    return platform.libc_ver()[0] == "glibc" and hasattr(ctypes.CDLL(None), "mallopt")


@contextlib.contextmanager
def retain_freed_memory(enabled: bool = True) -> Iterator[None]:
    """Context manager: disable mmap allocation and trimming in glibc, so that the process retains freed memory.

    Afterwards unused memory is returned to the operating system. Contexts may be nested.

    Args:
        enabled: If False, do nothing.
    """
    global _active
    if not (enabled and can_retain()):
        yield
        return
    _active += 1
    _mallopt(_RETAINING)
    try:
        yield
    finally:
        _active -= 1
        if _active == 0:
            _mallopt(_DEFAULTS)
            ctypes.CDLL(None).malloc_trim(0)


def _mallopt(options: tuple[tuple[int, int], ...]) -> None:
    libc = ctypes.CDLL(None)
    for option, value in options:
        libc.mallopt(option, value)
