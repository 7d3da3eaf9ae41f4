"""On what a run trains: versions and device, for the record."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.events import Environment

if TYPE_CHECKING:
    import torch

PACKAGES = ("nbtrain", "torch", "transformers", "accelerate", "datasets")

NOTEBOOK_VARIABLES = ("__vsc_ipynb_file__",)
"""Names of variables in which a front end keeps the path of the notebook."""


def environment(device: torch.device) -> Environment:
    """The event that says on what a run trains."""
    versions = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return Environment(
        began=round(time.time(), 3),
        versions={**versions, "python": platform.python_version()},
        device=device_name(device),
    )


def device_name(device: torch.device) -> str:
    """A device for people: "cpu (AMD EPYC 9R14, 2 cores)", "cuda (NVIDIA H200)"."""
    import torch

    if device.type == "cpu":
        cores = os.cpu_count() or 1
        facts = [name for name in [_processor()] if name] + [f"{cores} core{'' if cores == 1 else 's'}"]
        return f"cpu ({', '.join(facts)})"
    with contextlib.suppress(Exception):  # only some kinds of devices have names
        return f"{device.type} ({getattr(torch, device.type).get_device_name(device)})"
    return str(device.type)


def notebook_path(variables: Mapping[str, Any] | None = None) -> str:
    """Path of the notebook in which this process runs, as its front end names it; "" if that is not known."""
    for name in NOTEBOOK_VARIABLES:
        if isinstance(path := (variables or {}).get(name), str):
            return path
    return os.environ.get("JPY_SESSION_NAME", "")


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                return " ".join(value.split())
    return platform.processor()
