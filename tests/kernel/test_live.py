"""A blocking cell that answers, over the wire and without a browser, in every ipykernel that is promised."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.kernel.conftest import Kernel
from tests.kernel.wire import RunningCell, kernel_with

pytestmark = pytest.mark.kernel

MakeCell = Callable[..., str]
LONG = ("num_train_epochs = 4000", 'eval_strategy = "no"', 'save_strategy = "no"')
VERSIONS = [None, "7.3.0", "7.0.1", "6.31.0"]
SLOW = """
import time, transformers
class Slow(transformers.TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        time.sleep({seconds})
slow = Slow()
"""


@pytest.fixture(scope="module", params=VERSIONS, ids=[version or "installed" for version in VERSIONS])
def kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = kernel_with(request.param, tmp_path_factory.mktemp("live"))
    try:
        yield kernel
    finally:
        kernel.close()


@pytest.fixture
def cell(kernel: Kernel, make_cell: MakeCell) -> Iterator[Callable[..., RunningCell]]:
    """Start a cell that trains for long; it is stopped in the end."""
    started: list[RunningCell] = []

    def start(*lines: str) -> RunningCell:
        running = RunningCell(kernel, make_cell("--out run", *LONG, *lines))
        started.append(running)
        running.wait_for_step(1)
        return running

    yield start
    for running in started:
        if kernel.client.is_alive() and running.statuses()[-1] != "idle":
            kernel.interrupt()
            running.read(2)


def is_polled(kernel: Kernel) -> bool:
    return kernel.value("__import__('ipykernel').version_info[0]") < 7


def test_a_click_is_heard_while_a_step_takes_long(kernel: Kernel, cell: Callable[..., RunningCell]) -> None:
    polled = is_polled(kernel)
    assert kernel.execute(SLOW.format(seconds=0.3)) == "ok"
    running = cell('callbacks = ["$slow"]')
    waits = []
    for number in range(9):
        time.sleep(0.07 * number % 0.3)
        waits.append(running.click("set", learning_rate=1e-4 * (number + 1)))
    median = statistics.median(waits)
    print(f"heard after {median * 1000:.0f} ms (median)", file=sys.stderr)
    assert median < (0.6 if polled else 0.15), waits
    assert running.heard[-1]["text"] == "Learning rate 0.0009 from the next step on."
    assert running.heard[-1] | {"text": ""} == {
        "run": running.run, "id": 9, "command": "set", "text": "", "error": False,
    }  # fmt: skip
    running.click("stop")
    assert running.end() == "ok"
    assert kernel.value("run.status, bool(run.history.learning_rate.iloc[-1] > 5e-4)") == ("stopped", True)


def test_pause_step_resume_stop(kernel: Kernel, cell: Callable[..., RunningCell]) -> None:
    running = cell()
    assert running.head["controls"] is True
    running.click("pause")
    assert running.heard[-1]["text"] == "Pausing after this step."
    running.wait_for(lambda: running.head["status"] == "paused")
    step = running.head["step"]
    running.read(0.3)
    assert running.head["step"] == step
    running.click("step", steps=3)
    running.wait_for(lambda: running.head["step"] == step + 3 and running.head["status"] == "paused")
    running.click("evaluate")
    running.click("resume")
    running.wait_for_step(step + 10)
    running.click("stop")
    assert running.end() == "ok"
    assert kernel.value("run.status, len(run.metrics), len(run.predictions)") == ("stopped", 1, 6)
    commands = kernel.value("[(one.command, one.values) for one in run.state.commands]")
    assert [name for name, _ in commands] == ["pause", "step", "evaluate", "resume", "stop"]


def test_what_will_not_do_and_what_is_for_another_run(kernel: Kernel, cell: Callable[..., RunningCell]) -> None:
    running = cell()
    running.click("set", learning_rate=-1)
    assert running.heard[-1]["error"] is True
    assert "above 0" in running.heard[-1]["text"]
    running.click("launch")
    assert "no command" in running.heard[-1]["text"]
    running.click("stop", run="20200101-000000-abcd")
    running.read(0.5)
    assert running.head["status"] == "running"
    running.click("stop")
    assert running.end() == "ok"


def test_a_page_that_comes_back_and_a_tab_are_answered(kernel: Kernel, cell: Callable[..., RunningCell]) -> None:
    running = cell()
    assert running.reply(running.send("kernel_info_request", {}), 10)["status"] == "ok"
    assert running.comm in running.reply(running.send("comm_info_request", {}), 10)["comms"]
    code = "import os; os.pat"
    asked = running.send("complete_request", {"code": code, "cursor_pos": len(code)})
    assert any("path" in match for match in running.reply(asked, 10)["matches"])
    running.read(0.3)
    assert running.statuses()[-1] == "busy", "the front end must not take the cell for done"
    running.click("stop")
    assert running.end() == "ok"
    assert running.statuses()[-1] == "idle"


def test_cells_that_wait_keep_their_order_and_their_prints(kernel: Kernel, cell: Callable[..., RunningCell]) -> None:
    running = cell()
    waiting = [
        running.kernel.client.execute(f"print('cell', {number}, run.status)", allow_stdin=True) for number in range(3)
    ]
    running.click("set", learning_rate=1e-3)
    late = [running.click("stop"), running.end()]
    assert late[1] == "ok"
    running.wait_for(lambda: "cell 2" in running.texts(waiting[2]))
    assert [running.texts(one) for one in waiting] == [f"cell {number} stopped\n" for number in range(3)]


def test_a_late_click_does_not_reach_the_next_run(
    kernel: Kernel, cell: Callable[..., RunningCell], make_cell: MakeCell
) -> None:
    running = cell()
    old = running.run
    running.click("stop")
    assert running.end() == "ok"
    after = cell()
    after.click("stop", run=old)
    after.read(0.5)
    assert after.head["status"] == "running"
    after.click("stop")
    assert after.end() == "ok"


def test_the_kernel_has_its_messages_back(kernel: Kernel, cell: Callable[..., RunningCell]) -> None:
    running = cell()
    running.click("stop")
    assert running.end() == "ok"
    assert kernel.value("1 + 1") == 2
    code = "import sys; sys.pat"
    assert kernel.client.complete(code, len(code), reply=True, timeout=20)["content"]["matches"]
    names = "[thread.name for thread in __import__('threading').enumerate()]"
    assert "nbtrain-controls" not in kernel.value(names)


def test_a_watched_trainer_is_steered_alike(kernel: Kernel, make_cell: MakeCell) -> None:
    assert kernel.execute(make_cell("--out first", "max_steps = 1")) == "ok", kernel.error()
    code = """
import nbtrain
from transformers import Trainer, TrainingArguments
arguments = TrainingArguments("mine", num_train_epochs=4000, report_to="none", use_cpu=True)
trainer = Trainer(first.trainer.model, arguments, train_dataset=first.trainer.train_dataset)
run = nbtrain.watch(trainer)
output = trainer.train()
"""
    running = RunningCell(kernel, code)
    running.wait_for_step(2)
    running.click("stop")
    assert running.end() == "ok"
    status, steps = kernel.value("run.status, output.global_step")
    assert status == "stopped"
    assert 2 <= steps < 4000


def test_where_nobody_can_click_nothing_is_hooked(kernel: Kernel, make_cell: MakeCell) -> None:
    assert kernel.execute(make_cell("--out run", "max_steps = 2"), allow_stdin=False) == "ok"
    assert kernel.value("run.status") == "finished"


