"""What memory there is, also in a container that may use only a part of it."""

from __future__ import annotations

import os
from pathlib import Path

_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)
"""Where Linux says what a container may use, and what it uses."""


def total_memory() -> int:
    """Bytes of memory that this process could ever use; 0 where that cannot be told."""
    return min((size for size in (_pages("SC_PHYS_PAGES"), *(most for most, _ in _containers())) if size), default=0)


def free_memory() -> int:
    """Bytes of memory that are free, or would be if they were needed; 0 where that cannot be told."""
    free = _meminfo("MemAvailable") or _pages("SC_AVPHYS_PAGES")
    return min((size for size in (free, *(most - used for most, used in _containers())) if size), default=0)


def _containers() -> list[tuple[int, int]]:
    numbers = ((_number(most), _number(used)) for most, used in _LIMITS)
    return [(most, used) for most, used in numbers if most is not None and used is not None]


def _number(file: str) -> int | None:
    try:
        return int(Path(file).read_text())
    except (OSError, ValueError):  # no such limit, or "max"
        return None


def _meminfo(name: str) -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), 0)


def _pages(name: str) -> int:
    try:
        return os.sysconf(name) * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return 0
