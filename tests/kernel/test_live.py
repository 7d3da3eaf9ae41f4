"""Live control of a blocking cell, without a browser, in every supported ipykernel."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.kernel.cells import DISTURB, DRAW, GATED, SLOW, WATCH
from tests.kernel.conftest import Kernel
from tests.kernel.wire import RunningCell, assert_is_unhooked, is_polled, kernel_with

MakeCell = Callable[..., str]
LONG = ("num_train_epochs = 4000", 'eval_strategy = "no"', 'save_strategy = "no"')
VERSIONS = [None, *(pytest.param(version, marks=pytest.mark.full) for version in ("7.3.0", "7.0.1", "6.31.0"))]


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda version: version or "installed")
def kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = kernel_with(request.param, tmp_path_factory.mktemp("live"))
    try:
        yield kernel
    finally:
        kernel.close()


@pytest.fixture
def cell(kernel: Kernel, make_cell: MakeCell) -> Iterator[Callable[..., RunningCell]]:
    """Start a long training; it is stopped at the end of the test."""
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


def click_often(kernel: Kernel, cell: Callable[..., RunningCell]) -> tuple[RunningCell, list[float]]:
    """A cell with steps of 0.3 s, and the seconds until each of nine clicks was acknowledged."""
    assert kernel.execute(SLOW.format(seconds=0.3)) == "ok"
    running = cell('callbacks = ["$slow"]')
    waits = []
    for number in range(9):
        time.sleep(0.07 * number % 0.3)
        waits.append(running.click("set", learning_rate=1e-4 * (number + 1)))
    return running, waits


@pytest.mark.timing
def test_a_click_is_heard_soon(kernel: Kernel, cell: Callable[..., RunningCell]) -> None:
    _, waits = click_often(kernel, cell)
    median = statistics.median(waits)
    print(f"heard after {median * 1000:.0f} ms (median)", file=sys.stderr)
    assert median < (0.6 if is_polled(kernel) else 0.15), waits


def test_a_click_is_heard_before_the_step_ends(kernel: Kernel, make_cell: MakeCell) -> None:
    if is_polled(kernel):  # messages are handled at step boundaries
        return
    gate = Path(kernel.value("__import__('os').getcwd()"), "gate")
    gate.unlink(missing_ok=True)
    assert kernel.execute(GATED) == "ok"
    running = RunningCell(kernel, make_cell("--out run", *LONG, 'callbacks = ["$gated"]'))
    running.wait_for(lambda: "step 2" in running.texts(running.id))
    running.click("set", learning_rate=1e-3)
    assert running.heard[-1]["text"] == "Learning rate 0.001 from the next step on."
    running.click("stop")
    assert running.texts(running.id) == "step 1\nstep 2\n", "the second step has not ended"
    gate.touch()
    assert running.end() == "ok"
    assert kernel.value("run.status, run.state.step") == ("stopped", 2)


def test_clicks_are_heard_in_order_and_take_effect(kernel: Kernel, cell: Callable[..., RunningCell]) -> None:
    running, _ = click_often(kernel, cell)
    assert running.heard[-1]["text"] == "Learning rate 9e-4 from the next step on."
    assert running.heard[-1] | {"text": ""} == {
        "run": running.run, "id": 9, "command": "set", "text": "", "error": False,
    }  # fmt: skip
    running.click("stop")
    assert running.end() == "ok"
    status, steps, rate = kernel.value("run.status, len(run.history), float(run.history.learning_rate.iloc[-1])")
    assert status == "stopped" and rate > 5e-4
    printed = running.texts(running.id).split("\n")
    assert printed[:-1] == [f"step {step}" for step in range(1, steps + 1)], "a click does not take prints away"


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
    assert "greater than 0" in running.heard[-1]["text"]
    running.click("launch")
    assert "Unknown command" in running.heard[-1]["text"]
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
    assert running.statuses()[-1] == "busy", "otherwise the front end marks the cell as finished"
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
    assert_is_unhooked(kernel)


def test_a_branch_from_the_panel_goes_on_in_the_cell(kernel: Kernel, make_cell: MakeCell) -> None:
    running = RunningCell(kernel, make_cell("--out run", "num_train_epochs = 400"))
    running.wait_for(lambda: len(running.head.get("checkpoints", [])) > 1)
    running.click("pause")
    running.wait_for(lambda: running.head["status"] == "paused")
    assert running.head["can_branch"] is True
    parent, step = running.run, max(running.head["checkpoints"])
    running.click("branch", step=7 * 399)
    assert running.heard[-1]["error"] and f"The last is step {step}" in running.heard[-1]["text"]
    running.click("branch", step=step)
    assert running.heard[-1]["text"] == f"Stopping, then branching from the checkpoint after step {step}."
    running.wait_for(lambda: running.run != parent and running.head["status"] == "paused")
    assert running.head["step"] == step, "it waits, so that something can be changed"
    running.click("set", learning_rate=1e-3)
    running.click("resume")
    running.wait_for_step(step + 10)
    running.click("stop")
    assert running.end() == "ok"
    assert kernel.value("run.state.branched.parent, run.state.branched.step, run.status") == (parent, step, "stopped")
    rates = kernel.value(f"[float(rate) for rate in run.history.learning_rate[{step - 2}:{step + 2}]]")
    assert rates[1] < 6e-5 and rates[2] == pytest.approx(1e-3)


def test_a_watched_trainer_is_steered_alike(kernel: Kernel, make_cell: MakeCell) -> None:
    assert kernel.execute(make_cell("--out first", "max_steps = 1")) == "ok", kernel.error()
    running = RunningCell(kernel, WATCH)
    running.wait_for_step(2)
    running.click("stop")
    assert running.end() == "ok"
    status, steps = kernel.value("run.status, output.global_step")
    assert status == "stopped"
    assert 2 <= steps < 4000


def test_where_nobody_can_click_nothing_is_hooked(kernel: Kernel, make_cell: MakeCell) -> None:
    assert kernel.execute(make_cell("--out run", "max_steps = 2"), allow_stdin=False) == "ok"
    assert kernel.value("run.status") == "finished"


@pytest.mark.parametrize("kind", ["own", "other"])
def test_a_message_that_is_broken_does_no_harm(kernel: Kernel, cell: Callable[..., RunningCell], kind: str) -> None:
    running = cell()
    session, channel = kernel.client.session, kernel.client.shell_channel
    own = session.msg("comm_msg", {"comm_id": running.comm, "data": {"method": "custom", "content": {}}})
    frames = session.serialize(own if kind == "own" else session.msg("kernel_info_request", {}))
    for _ in range(2):  # the second one is a duplicate, so it is rejected
        channel.socket.send_multipart(frames)
    running.read(0.5)
    running.click("set", learning_rate=1e-4)
    assert running.reply(running.send("kernel_info_request", {}), 10)["status"] == "ok"
    running.click("stop")
    assert running.end() == "ok"
    assert kernel.value("[one.message for one in run.state.messages if one.level != 'note']") == []


def test_a_cell_that_ends_otherwise_leaves_no_hook(kernel: Kernel) -> None:
    code = """
from nbtrain.notebook.displays import views_for
from nbtrain.events.recorder import Recorder
Recorder("a-run", None, views_for(get_ipython())).progress("read data")
names = [thread.name for thread in __import__("threading").enumerate()]
raise KeyboardInterrupt
"""
    assert kernel.execute(code) == "error"
    code = "import sys; sys.pat"
    assert kernel.client.complete(code, len(code), reply=True, timeout=20)["content"]["matches"]
    assert ("nbtrain-controls" in kernel.value("names")) is not is_polled(kernel)
    assert_is_unhooked(kernel)


def test_two_hooks_at_once_are_taken_away_in_any_order(kernel: Kernel) -> None:
    for order in ("first.close(); second.close()", "second.close(); first.close(); first.close()"):
        code = f"""
from nbtrain.notebook.kernel.message_hook import serve
kernel = get_ipython().kernel
first, second = (serve(kernel, set, print) for _ in range(2))
{order}
"""
        assert kernel.execute(code) == "ok", kernel.error()
        assert_is_unhooked(kernel)


def test_the_callbacks_of_other_widgets_leave_the_training_alone(kernel: Kernel, make_cell: MakeCell) -> None:
    """They run at step boundaries, and may use random numbers or create a Trainer."""
    assert kernel.execute(SLOW.format(seconds=0.05) + DISTURB) == "ok", kernel.error()
    comm = kernel.value("comm")
    lines = ("num_train_epochs = 3", 'eval_strategy = "no"', 'save_strategy = "no"', 'callbacks = ["$slow"]')
    losses = []
    for disturbed in (False, True):
        running = RunningCell(kernel, make_cell("--out run", *lines))
        for step in range(1, 9):
            running.wait_for_step(step)
            if disturbed:
                data = {"method": "custom", "content": {"event": "click"}}
                running.send("comm_msg", {"comm_id": comm, "data": data})
        assert running.end() == "ok", running.seen[-3:]
        losses.append(kernel.value("[float(loss) for loss in run.history.loss]"))
    assert kernel.value("count") == 8
    assert losses[0] == losses[1]


def test_a_click_leaves_figures_that_are_being_drawn_alone(kernel: Kernel, make_cell: MakeCell) -> None:
    """IPython shows and closes figures after each comm message; here one arrives while a cell draws."""
    if is_polled(kernel):  # there it is handled at a step boundary, when nothing is drawn
        return
    assert kernel.execute(DRAW) == "ok", kernel.error()
    running = RunningCell(kernel, make_cell("--out run", *LONG, 'callbacks = ["$draw"]'))
    running.wait_for(lambda: "drawn" in running.texts(running.id))
    running.click("set", learning_rate=1e-4)
    running.wait_for_step(3)
    running.click("stop")
    assert running.end() == "ok"
    shown = [m["parent_header"]["msg_id"] for m in running.seen if "image/png" in m["content"].get("data", {})]
    assert kernel.value("figures") == [[1]]
    assert shown == [running.id]
