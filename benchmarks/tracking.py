"""What `track_train_examples` costs: the share of a step that its code takes.

    python -m benchmarks.tracking

The embedded model trains on the embedded data. Everything that is done only because of the key is timed in the same
steps that it is compared with, so that other work of the machine concerns both.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import tempfile
import time
from typing import Any

from benchmarks.results import Result, machine, shown

WARM_UP = 5


def measure(steps: int = 60) -> Result:
    """Train once, and time what is done in addition."""
    import nbtrain
    from nbtrain.training import train_examples

    own: list[float] = [0.0]
    record, collate = train_examples.TrainExamples._record, train_examples.NumberedCollator.__call__

    def timed_record(self: Any, *args: Any) -> None:
        began = time.perf_counter()
        record(self, *args)
        own[-1] += time.perf_counter() - began
        own.append(0.0)

    def timed_collate(self: Any, examples: list[Any]) -> Any:
        inner, collator = [0.0], self.collator

        def timed(rows: list[Any]) -> Any:
            began = time.perf_counter()
            batch = collator(rows)
            inner[0] += time.perf_counter() - began
            return batch

        self.collator, began = timed, time.perf_counter()
        try:
            return collate(self, examples)
        finally:
            own[-1] += time.perf_counter() - began - inner[0]
            self.collator = collator

    recorder: Any = train_examples.TrainExamples
    collation: Any = train_examples.NumberedCollator
    recorder._record, collation.__call__ = timed_record, timed_collate
    try:
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
            run = nbtrain.finetune(
                model="demo", dataset="demo", max_steps=steps, eval_strategy="no", save_strategy="no", views=[],
                max_eval_samples=8, output_dir=f"{folder}/run", track_train_examples=True, use_cpu=True,
            )  # fmt: skip
            size = sum(file.stat().st_size for file in run.directory.glob("train_examples/*"))
            history = run.history
    finally:
        recorder._record, collation.__call__ = record, collate
    whole, part = list(history["seconds"][WARM_UP:]), own[WARM_UP:steps]
    share = statistics.median(one / other for one, other in zip(part, whole, strict=True))
    cells = [
        ["step, ms", shown(whole, 1e-3, 1)],
        ["of it for track_train_examples, ms", shown(part, 1e-3, 3)],
        ["share of the step", f"{share:.2%}"],
        ["bytes on the disk for an example in a step", f"{size / int(history['examples'].sum()):.1f}"],
    ]
    how = f"{steps} steps of 8 pairs of sentences, the embedded model on the embedded data; medians."
    return Result("track_train_examples", how, ["", "measured"], cells)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=60)
    print(machine(), measure(parser.parse_args().steps).text(), sep="\n\n")
