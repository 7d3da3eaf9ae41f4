"""Latency of a click in the panel while a `%%finetune` cell blocks the kernel.

    python -m benchmarks.click_latency                     # the installed ipykernel, 7.3.0 and 6.31.0
    python -m benchmarks.click_latency 7.0.1 --clicks 20

A headless front end runs a cell that trains the demo model, sets the learning rate at random times, and measures two
latencies of each click:

- acknowledged: until the acknowledgement arrives at the front end. On ipykernel 7 it is independent of the step time.
- applied: until the new value is in effect, according to the journal. That is at the next step boundary, after half a
  step on average.

The step time is varied by the batch size and measured as well, since it depends on the machine and its load.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.results import Result, machine
from nbtrain.events import Commanded, Stepped
from nbtrain.events.journal import read, read_header
from tests.kernel.conftest import Kernel
from tests.kernel.wire import RunningCell, kernel_with

INSTALLED = "installed"
VERSIONS = [INSTALLED, "7.3.0", "6.31.0"]
BATCH_SIZES = [1, 16, 64]
CELL = """%%finetune --out run
model = "demo"
dataset = "demo"
per_device_train_batch_size = {batch_size}
num_train_epochs = 1000
eval_strategy = "no"
save_strategy = "no"
"""


@dataclass
class Times:
    """Seconds of each step, and of each click until it was acknowledged and applied."""

    step: list[float] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    in_force: list[float] = field(default_factory=list)


def click(kernel: Kernel, batch_size: int, clicks: int) -> Times:
    """Train with `batch_size`, click `clicks` times, stop, and read from the journal when each click was applied."""
    times, clicked = Times(), {}
    running = RunningCell(kernel, CELL.format(batch_size=batch_size))
    running.wait_for_step(3)
    for number in range(1, clicks + 1):
        step = batch_size / running.head["examples_per_second"]
        running.read((1 + random.random()) * step + 0.05)
        rate = float(f"{1e-5 + number * 1e-8:.7g}")
        clicked[rate] = time.time()
        times.heard.append(running.click("set", learning_rate=rate))
    running.read(2 * step)
    running.click("stop")
    assert running.end() == "ok"
    directory = Path(kernel.value("str(run.directory)"))
    began = read_header(directory).began
    for event in read(directory):
        if isinstance(event, Stepped):
            times.step.append(event.seconds)
        elif isinstance(event, Commanded) and event.command == "set":
            times.in_force.append(began + event.time - clicked[event.values["learning_rate"]])
    return times


def measure(versions: Sequence[str] = VERSIONS, clicks: int = 12) -> Result:
    """Measure with each of `versions` of ipykernel and each step time."""
    rows = []
    for version in versions:
        with tempfile.TemporaryDirectory() as folder:
            kernel = kernel_with(None if version == INSTALLED else version, Path(folder))
            name = str(kernel.value("__import__('ipykernel').__version__"))
            try:
                for batch_size in BATCH_SIZES:
                    times = click(kernel, batch_size, clicks)
                    step = f"{statistics.median(times.step) * 1000:.0f}"
                    rows.append([name, step, _shown(times.heard), _shown(times.in_force)])
            finally:
                kernel.close()
    how = (
        f"{clicks} clicks in the panel of a cell that trains: median (worst), milliseconds; the step: median. Heard: "
        "acknowledged in the page. In force: at the next step."
    )
    return Result("How soon a click is heard", how, ["ipykernel", "step", "heard", "in force"], rows)


def _shown(seconds: list[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.1f} ({max(seconds) * 1000:.0f})"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("versions", nargs="*", default=VERSIONS, help="of ipykernel, from PyPI")
    parser.add_argument("--clicks", type=int, default=12, help="for each step length")
    given = parser.parse_args()
    print(machine(), measure(given.versions, given.clicks).text(), sep="\n\n")
