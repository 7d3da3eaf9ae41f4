"""A task trained in both ways: by a plain Trainer and by nbtrain, in turns, each time in a fresh process."""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.results import DATA, ROOT, Result, machine

WAYS = ("plain", "driven")
"""Functions of a benchmark, which train. Their arguments are an empty folder, a seed, and those of `in_turns`."""


@dataclass(frozen=True)
class Training:
    """What came of one training.

    Args:
        value: What the function returned.
        seconds: From the start of its process to its end.
    """

    value: Any
    seconds: float


def in_turns(benchmark: str, seeds: int, *arguments: Any) -> dict[str, list[Training]]:
    """Train in both ways with each seed.

    Args:
        benchmark: Name of the module.
        seeds: Number of seeds. Which way comes first changes with each.
        arguments: Further arguments of both functions: strings, numbers or None.
    """
    runs: dict[str, list[Training]] = {way: [] for way in WAYS}
    for seed in range(seeds):
        for way in WAYS if seed % 2 == 0 else reversed(WAYS):
            runs[way].append(_in_process(benchmark, way, seed, arguments))
            print(f"{way} {seed}: {runs[way][-1].seconds:.0f} s", file=sys.stderr, flush=True)
    return runs


def ratios(runs: dict[str, list[Training]]) -> list[float]:
    """Seconds of the plain training, divided by those of nbtrain, for each seed."""
    return [plain.seconds / driven.seconds for plain, driven in zip(runs["plain"], runs["driven"], strict=True)]


def is_near(plain: Sequence[float], driven: Sequence[float], margin: float = 0.0) -> bool:
    """Whether the median of `driven` is not further from the values of `plain` than these are from each other, or than
    `margin`.
    """
    low, high = min(plain), max(plain)
    width = max(high - low, margin)
    return low - width <= statistics.median(driven) <= high + width


def spread(values: Sequence[float]) -> str:
    """Median of scores, with the lowest and the highest."""
    return f"{statistics.median(values):.3f} ({min(values):.3f} to {max(values):.3f})"


def options(description: str, *, seeds: int, takes_rows: bool = False, takes_data: bool = False) -> argparse.Namespace:
    """The options of the command: `seeds`, and `rows` and `data` for a benchmark that takes them."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=seeds)
    if takes_rows:
        parser.add_argument("--rows", type=int, help="train on so many rows; all if omitted")
    if takes_data:
        parser.add_argument("--data", type=Path, default=Path(DATA), help="folder of the data sets")
    return parser.parse_args()


def report(result: Result) -> None:
    """Print the machine and the result."""
    print(machine(), result.text(), sep="\n\n")


def _in_process(benchmark: str, way: str, seed: int, arguments: Sequence[Any]) -> Training:
    with tempfile.TemporaryDirectory() as folder:
        call = f"{benchmark}.{way}({', '.join(map(repr, (folder, seed, *arguments)))})"
        code = f"import json; from benchmarks import {benchmark}; print('RESULT', json.dumps({call}))"
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=False)
        if done.returncode:
            raise RuntimeError(done.stderr)
        return Training(json.loads(done.stdout.rpartition("RESULT")[2]), time.perf_counter() - began)
