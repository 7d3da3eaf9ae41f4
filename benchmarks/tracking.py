"""What `track_train_examples` costs: the time of steps with it and without it, in turns.

    python -m benchmarks.tracking

Each training is the embedded model on the embedded data, in one process. The first steps of each are left out.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import tempfile

from benchmarks.results import Result, machine, shown

WARM_UP = 5


def seconds(steps: int, *, tracked: bool) -> tuple[float, float]:
    """The median duration of a step, and the bytes on the disk for each example that a step had."""
    import nbtrain

    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        run = nbtrain.finetune(
            model="demo", dataset="demo", max_steps=steps, eval_strategy="no", save_strategy="no", views=[],
            output_dir=f"{folder}/run", track_train_examples=tracked, use_cpu=True,
        )  # fmt: skip
        size = sum(file.stat().st_size for file in run.directory.glob("train_examples/*"))
        examples = int(run.history["examples"].sum())
        return float(run.history["seconds"][WARM_UP:].median()), size / examples


def measure(steps: int = 60, repeats: int = 5) -> Result:
    """Train in turns."""
    seconds(WARM_UP + 1, tracked=False)
    pairs = [(seconds(steps, tracked=False)[0], *seconds(steps, tracked=True)) for _ in range(repeats)]
    without, tracked, sizes = zip(*pairs, strict=True)
    ratios = [two / one for one, two, _ in pairs]
    cells = [
        ["step without it, ms", shown(without, 1e-3, 2)],
        ["step with it, ms", shown(tracked, 1e-3, 2)],
        ["ratio", shown(ratios, digits=3)],
        ["bytes on the disk for an example in a step", f"{statistics.median(sizes):.1f}"],
    ]
    how = f"{steps} steps of 8 pairs, the embedded model on the embedded data, {repeats} times each, in turns; medians."
    return Result("track_train_examples", how, ["", "measured"], cells)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=60)
    print(machine(), measure(parser.parse_args().steps).text(), sep="\n\n")
