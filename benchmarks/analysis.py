"""The time of `run.analysis` for 100,000 predictions: all of its tables, with their intervals.

    python -m benchmarks.analysis
    python -m benchmarks.analysis --rows 1000000

The run is made of random predictions; nothing is trained. Reading the stored predictions is part of the time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.results import Result, machine, shown

if TYPE_CHECKING:
    from nbtrain import Run

LIMIT = 2.0
"""Seconds for all tables of an evaluation."""

TABLES: dict[str, Callable[[Any], Any]] = {
    "scores": lambda analysis: analysis.scores,
    "confusion": lambda analysis: analysis.confusion,
    "report": lambda analysis: analysis.report,
    "most_confused": lambda analysis: analysis.most_confused,
    "calibration": lambda analysis: analysis.calibration,
    "threshold()": lambda analysis: analysis.threshold(),
    "top_losses()": lambda analysis: analysis.top_losses(),
    'slices(by="length")': lambda analysis: analysis.slices(),
    'slices(by="source")': lambda analysis: analysis.slices(by="source"),
    "samples()": lambda analysis: analysis.samples(),
}


def make_run(folder: Path, rows: int, classes: int) -> Run:
    """A run with one evaluation of random predictions."""
    import numpy as np
    import pandas as pd

    from nbtrain import Run, tasks
    from nbtrain.events import Created, Ended, Evaluated, Prepared, Started, TaskSpec, run_dir
    from nbtrain.events.recorder import Recorder

    random = np.random.default_rng(0)
    names = tuple(f"class {at:03}" for at in range(classes))
    logits = random.normal(0, 2, (rows, classes))
    labels = random.integers(0, classes, rows)
    logits[np.arange(rows), labels] += 2
    spec = TaskSpec("text_classification", ("text",), ("label",), names, {"max_length": 8})
    outputs = tasks.get(spec.task).to_frame(logits, labels, spec)
    inputs = pd.DataFrame(
        {"text": ["word " * (at % 40) for at in range(rows)], "source": random.choice(["a", "b"], rows)}
    )
    file = run_dir.evaluation_file(1)
    (folder / file).parent.mkdir(parents=True)
    outputs.to_parquet(folder / file)
    pd.concat([inputs, outputs], axis="columns").to_parquet(folder / run_dir.PREDICTIONS)
    recorder = Recorder("20260101-000000-abcd", folder)
    for event in (
        Created(config='model = "m"\n', directory=str(folder)),
        Prepared(spec=spec, sizes={"train": rows, "validation": rows}),
        Started(max_steps=1, epochs=1.0, batch_size=8),
        Evaluated(step=1, epoch=1.0, metrics={}, file=file),
        Ended(step=1, status="finished", weights=1),
    ):
        recorder.emit(event)
    recorder.close()
    return Run.load(folder)


def measure(rows: int = 100_000, repeats: int = 3) -> Result:
    """Make all tables, for 2, 10 and 100 classes."""
    cells, missed = [], []
    for classes in (2, 10, 100):
        with tempfile.TemporaryDirectory() as folder:
            times = times_of(make_run(Path(folder) / "run", rows, classes), repeats)
        total = [sum(parts) for parts in zip(*times.values(), strict=True)]
        longest = max(times, key=lambda name: min(times[name]))
        cells.append([str(classes), shown(total, digits=2), f"{longest}: {shown(times[longest], digits=2)}"])
        if min(total) > LIMIT:
            missed.append(f"{classes} classes need {min(total):.2f} seconds, more than {LIMIT:.0f}")
    how = f"{rows:,} rows; {', '.join(TABLES)} (threshold() for two classes), and reading the predictions."
    return Result(
        f"All tables of run.analysis, {rows:,} predictions", how, ["classes", "seconds", "longest"], cells, missed
    )


def times_of(run: Run, repeats: int) -> dict[str, list[float]]:
    """The seconds for each table, and for reading the predictions."""
    tables = {name: make for name, make in TABLES.items() if len(run.stored.spec.labels) == 2 or name != "threshold()"}
    for make in tables.values():
        make(run.analysis)  # imports
    times: dict[str, list[float]] = {"read": [], **{name: [] for name in tables}}
    for _ in range(repeats):
        began = time.perf_counter()
        analysis = run.analysis
        times["read"].append(time.perf_counter() - began)
        for name, make in tables.items():
            began = time.perf_counter()
            make(analysis)
            times[name].append(time.perf_counter() - began)
    return times


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    print(machine(), measure(parser.parse_args().rows).text(), sep="\n\n")
