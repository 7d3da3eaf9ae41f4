"""A run of 100,000 steps: memory growth, size of the journal, and time to open it again.

    python -m benchmarks.long_run
    python -m benchmarks.long_run --steps 20000

The step events are synthetic, but pass through the whole pipeline in a kernel: recorder, journal, state, panel, record,
runs panel. The throttle's clock advances 50 ms per step, so that as many messages are sent as in a real run of this
length; a client receives them.
"""

from __future__ import annotations

import argparse
import gc
import resource
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.kernels import cell_views, in_kernel
from benchmarks.results import Result, machine, shown
from nbtrain.events import Created, Ended, EpochEnded, Evaluated, Logged, Prepared, Started, Stepped, TaskSpec, journal
from nbtrain.events.recorder import Recorder
from nbtrain.runs.run import Run

STEP_SECONDS = 0.05
MEASUREMENTS = 10
"""Number of memory measurements."""
OPENINGS = 5

MAX_GROWTH = 8.0
MAX_BYTES = 250
MAX_SECONDS = 2.0


def record(steps: int, directory: str) -> dict[str, Any]:
    """Record a run of `steps` steps in `directory`.

    Returns:
        Megabytes of the process at `MEASUREMENTS` points, and CPU microseconds per step.
    """
    import psutil

    from nbtrain.notebook.kernel.throttle import Throttle

    now = 0.0
    Throttle.clock = staticmethod(lambda: now)
    recorder = Recorder("long", Path(directory), cell_views())
    process, memory = psutil.Process(), []
    recorder.emit(Created(config='model = "demo"\ndataset = "demo"\n', directory=directory))
    sizes = {"train": steps * 4, "validation": 1000}
    spec = TaskSpec("text_classification", ("text",), ("label",), ("no", "yes"), {"max_length": 128})
    recorder.emit(Prepared(spec=spec, sizes=sizes))
    recorder.emit(Started(max_steps=steps, epochs=4.0, batch_size=16))
    used = time.process_time()
    for step in range(1, steps + 1):
        now += STEP_SECONDS
        loss, rate, epoch = (
            0.7 / (1 + step / 1000) + 0.1 * (step * 7919 % 101) / 101,
            5e-5 * (1 - step / steps),
            step / steps * 4,
        )
        recorder.emit(
            Stepped(
                step=step,
                epoch=epoch,
                loss=loss,
                learning_rate=rate,
                grad_norm=loss * 3,
                seconds=0.0501234,
                examples=16,
            )
        )
        if step % 50 == 0:
            recorder.emit(
                Logged(step=step, values={"loss": loss, "grad_norm": loss * 3, "learning_rate": rate, "epoch": epoch})
            )
        if step % (steps // 100) == 0:
            recorder.emit(
                Evaluated(step=step, epoch=epoch, metrics={"eval_loss": loss, "eval_accuracy": 1 - loss}, seconds=1.0)
            )
        if step % (steps // 4) == 0:
            recorder.emit(EpochEnded(step=step, epoch=int(epoch)))
        if step % (steps // MEASUREMENTS) == 0:
            gc.collect()
            memory.append(process.memory_info().rss / 2**20)
    used = time.process_time() - used
    recorder.emit(Ended(step=steps, status="finished"))
    recorder.close()
    return {"memory": memory, "microseconds": used / steps * 1e6}


def reopen(directory: str) -> dict[str, tuple[float, float]]:
    """Open the run in `directory` and read its history: wall-clock and CPU seconds."""
    times = {}
    for name, work in (("open", lambda: Run.load(directory)), ("history", lambda: Run.load(directory).history)):
        clock, used = time.perf_counter(), _processor_seconds()
        work()
        times[name] = (time.perf_counter() - clock, _processor_seconds() - used)
    return times


def measure(steps: int = 100_000) -> Result:
    """Record a run and open it again."""
    with tempfile.TemporaryDirectory() as directory:
        recorded = in_kernel("benchmarks.long_run.record", steps=steps, directory=directory)
        size = (Path(directory) / journal.FILE_NAME).stat().st_size / steps
        opened = [reopen(directory) for _ in range(OPENINGS)]
    memory = recorded["memory"]
    after_warm_up = memory[len(memory) // 5 :]
    growth = max(after_warm_up) - after_warm_up[0]
    seconds = {name: [times[name] for times in opened] for name in ("open", "history")}
    rows = [
        ["memory of the kernel after each tenth, MB", " ".join(f"{value:.0f}" for value in memory), ""],
        ["growth after the first fifth, MB", f"{growth:.1f}", f"{MAX_GROWTH:.0f}"],
        ["journal, bytes a step", f"{size:.0f}", f"{MAX_BYTES}"],
        ["recording and showing, processor microseconds a step", f"{recorded['microseconds']:.0f}", ""],
    ]
    for name, what, limit in (("open", "Run.load", f"{MAX_SECONDS:.0f}"), ("history", "Run.load and history", "")):
        rows.append([f"{what}, seconds on the clock", shown([clock for clock, _ in seconds[name]], digits=2), limit])
        rows.append([f"{what}, seconds of the processor", shown([used for _, used in seconds[name]], digits=2), ""])
    slowest = sorted(clock for clock, _ in seconds["open"])[OPENINGS // 2]
    missed = [
        text
        for text, holds in (
            (f"memory grew by {growth:.1f} MB", growth <= MAX_GROWTH),
            (f"a step takes {size:.0f} bytes", size < MAX_BYTES),
            (f"opening takes {slowest:.1f} s", slowest < MAX_SECONDS),
        )
        if not holds
    ]
    how = f"{steps:,} steps, {steps // 50:,} logs, 100 evaluations. Times: median of {OPENINGS} (middle half)."
    return Result(f"A run of {steps:,} steps", how, ["", "measured", "limit"], rows, missed)


def _processor_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=100_000)
    print(machine(), measure(parser.parse_args().steps).text(), sep="\n\n")
