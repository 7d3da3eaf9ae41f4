"""The total memory, also in a container with a memory limit."""

from __future__ import annotations

import os
from pathlib import Path

_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
"""Files with the memory limit of a Linux container (cgroup v2 and v1)."""


def total_memory() -> int:
    """Bytes of memory that this process can use at most; 0 if unknown."""
    return min((size for size in (_pages("SC_PHYS_PAGES"), *_limits()) if size), default=0)


def _limits() -> list[int]:
    return [limit for limit in map(_number, _LIMITS) if limit is not None]


def _number(file: str) -> int | None:
    try:
        return int(Path(file).read_text())
    except (OSError, ValueError):  # no such limit, or "max"
        return None


def _pages(name: str) -> int:
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 0
