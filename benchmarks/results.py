"""Shared by the benchmarks: description of the machine, medians with quartiles, and the table of results."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nbtrain.data.memory import total_memory

ROOT = Path(__file__).parents[1]
DATA = os.environ.get("NBTRAIN_DATA", str(ROOT.parent / "shared" / "data"))
"""Default folder of the data sets."""

PACKAGES = ("torch", "transformers", "accelerate", "datasets", "ipykernel", "anywidget")


@dataclass(frozen=True)
class Result:
    """The outcome of one benchmark.

    Args:
        title: What was measured.
        how: How it was measured.
        columns: Names of the columns.
        rows: The formatted cells.
        missed: Limits that are not met, one sentence each.
        picture: File name of its chart, in the folder of the benchmarks.
    """

    title: str
    how: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    missed: Sequence[str] = field(default_factory=tuple)
    picture: str = ""

    def text(self) -> str:
        """The result as text for a terminal."""
        cells = [list(self.columns), *map(list, self.rows)]
        widths = [max(len(row[at]) for row in cells) for at in range(len(self.columns))]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
        ]
        return "\n".join([self.title, "", *lines, "", *(f"MISSED: {one}" for one in self.missed), self.how, ""])

    def markdown(self) -> str:
        """The result as Markdown."""
        rows = [list(self.columns), ["---"] * len(self.columns), *map(list, self.rows)]
        table = ["| " + " | ".join(row) + " |" for row in rows]
        missed = [line for one in self.missed for line in (f"**Missed:** {one}.", "")]
        picture = [f"![{self.title}]({self.picture})", ""] if self.picture else []
        return "\n".join([f"## {self.title}", "", *picture, *table, "", *missed, self.how, ""])


def machine() -> str:
    """The machine and the versions of the main packages, one per line."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in PACKAGES)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = f"{total_memory() / 2**30:.0f} GiB of memory"
    return (
        f"{_processor()}, {cores} cores, {memory}, {platform.system()}\nPython {platform.python_version()}, {versions}"
    )


def shown(values: Sequence[float], unit: float = 1.0, digits: int = 1) -> str:
    """Median of `values` and, in brackets, their quartiles, divided by `unit`."""
    low, middle, high = quartiles(values)
    if len(values) == 1:
        return f"{middle / unit:,.{digits}f}"
    return f"{middle / unit:,.{digits}f} ({low / unit:,.{digits}f} to {high / unit:,.{digits}f})"


def quartiles(values: Sequence[float]) -> tuple[float, float, float]:
    """Quartiles of `values`; the middle one is the median."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    name = next((line.partition(":")[2] for line in lines if line.startswith("model name")), "")
    return " ".join(name.split()) or platform.machine()
