"""`kill -9` at any moment: all steps but the running one are in the journal.

Resuming from the last checkpoint gives the same weights as without the kill.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import nbtrain
from nbtrain import Run
from nbtrain.events import Saved, Stepped, journal

if TYPE_CHECKING:
    import pandas as pd

pytestmark = pytest.mark.kernel

MOMENTS = [0, *(pytest.param(seed, marks=pytest.mark.full) for seed in range(1, 20))]
KEYS: dict[str, Any] = dict(
    text=["left", "right"],
    use_cpu=True,
    num_train_epochs=3,
    learning_rate=5e-3,
    per_device_train_batch_size=4,
    gradient_accumulation_steps=2,
    eval_strategy="epoch",
    save_strategy="steps",
    save_steps=3,
    warmup_steps=4,
)
FORKING = """
import os, sys
import torch, nbtrain, nbtrain.training.finetune, nbtrain.training.session
import transformers.trainer, datasets, sklearn.metrics
torch.set_num_threads(1)

class Done(transformers.TrainerCallback):  # before the event
    def on_step_end(self, args, state, control, **kwargs):
        os.write(report, f"done {state.global_step}\\n".encode())

class Said:  # after the event
    def update(self, state, event):
        if event.type == "stepped":
            os.write(report, f"said {event.step}\\n".encode())

transformers.trainer.DEFAULT_CALLBACKS.append(Done)
for line in sys.stdin:
    keys = eval(line)
    report = os.open(keys.pop("report"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    process = os.fork()
    if process == 0:
        nbtrain.finetune(views=[Said()], **keys)
        os._exit(0)
    print(process, flush=True)
    os.waitpid(process, 0)
    print("over", flush=True)
"""
"""A process that imports everything, and forks one for each training, which reports each step twice."""
TORN = b'{"type":"stepped","step":9'


@pytest.fixture(scope="module")
def start() -> Iterator[Callable[..., tuple[int, Callable[[], str]]]]:
    """Start a training in its own process; returns the process ID, and a function that waits for its end."""
    server = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", FORKING], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert server.stdin is not None and server.stdout is not None

    def begin(**keys: Any) -> tuple[int, Callable[[], str]]:
        assert server.stdin is not None and server.stdout is not None
        server.stdin.write(repr(keys) + "\n")
        server.stdin.flush()
        return int(server.stdout.readline()), server.stdout.readline

    yield begin
    server.stdin.close()
    server.wait(timeout=60)


@pytest.fixture(scope="module")
def data(pairs: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "pairs.csv"
    pairs.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def undisturbed(tiny_model: Path, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    return nbtrain.finetune(model=str(tiny_model), train=str(data), output_dir=str(folder), views=[], **KEYS)


def weights(run: Run) -> bytes:
    return (run.directory / "model" / "model.safetensors").read_bytes()


def wait_for_lines(path: Path, count: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists() and path.read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.001)
    raise AssertionError(f"the journal did not get {count} lines")


@pytest.mark.parametrize("seed", MOMENTS)
def test_nothing_is_lost(
    seed: int, start: Callable[..., Any], undisturbed: Run, tiny_model: Path, data: Path, tmp_path: Path
) -> None:
    moment = random.Random(seed)
    lines = (undisturbed.directory / journal.FILE_NAME).read_bytes().count(b"\n")
    until = moment.randrange(2, lines - 2)
    folder = tmp_path / "killed"
    report = tmp_path / "report.txt"
    process, end = start(report=str(report), model=str(tiny_model), train=str(data), output_dir=str(folder), **KEYS)
    wait_for_lines(folder / journal.FILE_NAME, until)
    time.sleep(moment.random() * 0.03)
    os.kill(process, signal.SIGKILL)
    assert end().strip() == "over"

    written = (folder / journal.FILE_NAME).read_bytes()
    assert written.endswith(b"\n")
    (folder / journal.FILE_NAME).write_bytes(written + TORN)
    killed = Run.load(folder)
    events = list(journal.read(folder))
    assert len(events) == written.count(b"\n") - 1 >= until - 1
    steps = [event.step for event in events if isinstance(event, Stepped)]
    assert list(killed.history["step"]) == steps == list(range(1, len(steps) + 1))
    reports = [line.split() for line in report.read_text().splitlines()] if report.exists() else []
    said, done = ([int(step) for what, step in reports if what == word] for word in ("said", "done"))
    assert set(said) <= set(steps), "each step that was reported is in the journal"
    assert len(done) - len(steps) in (0, 1), "at most the running step is lost"
    assert list(killed.history["loss"]) == list(undisturbed.history["loss"][: len(steps)])
    if killed.status != "finished":
        assert (killed.status, killed.state.error) == ("interrupted", "its process ended")
        resumed = nbtrain.finetune(resume=folder, views=[])
        saved = [event.step for event in events if isinstance(event, Saved) and event.step < undisturbed.state.step]
        assert resumed.state.started is not None
        assert resumed.state.started.step == max(saved, default=0)
        assert resumed.status == "finished"
        assert list(resumed.history["step"]) == list(undisturbed.history["step"])
        assert list(resumed.history["loss"]) == list(undisturbed.history["loss"])
        assert list(resumed.metrics["loss"]) == list(undisturbed.metrics["loss"])
        assert weights(resumed) == weights(undisturbed)
