"""How much memory a training has, measured at most once a second."""

from __future__ import annotations

import time
from typing import Any

import torch

MIN_SECONDS = 1.0


class MemoryMeter:
    """Measures the memory of this process, and what it has reserved on a device."""

    def __init__(self) -> None:
        self._next = 0.0
        self._process: Any = None

    def measure(self, device: torch.device) -> tuple[int | None, int | None]:
        """Bytes of the process, and of the device; both None if the last measurement is less than a second old.

        Args:
            device: The device of the model.
        """
        now = time.monotonic()
        if now < self._next:
            return None, None
        self._next = now + MIN_SECONDS
        if self._process is None:
            import psutil  # comes with accelerate

            self._process = psutil.Process()
        return int(self._process.memory_info().rss), device_memory(device)


def device_memory(device: torch.device) -> int | None:
    """Bytes that PyTorch has reserved on `device`; None for a CPU, or if the device does not say."""
    if device.type == "cuda":
        return int(torch.cuda.memory_reserved(device))
    if device.type == "mps":
        return int(torch.mps.driver_allocated_memory())
    return None
