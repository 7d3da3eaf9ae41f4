"""The channel to the page, in a real kernel: idle, blocked by a cell that trains, and training in the background."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.kernel.cells import SLOW
from tests.kernel.conftest import Kernel
from tests.kernel.wire import RunningCell, is_polled, kernel_with
from tests.notebook.protocol import assert_is_message

MakeCell = Callable[..., str]
LONG = ("num_train_epochs = 4000", 'eval_strategy = "no"', 'save_strategy = "no"', 'callbacks = ["$slow"]')
MIME_TYPE = "application/vnd.nbtrain.run.v1+json"
VERSIONS = [None, *(pytest.param(version, marks=pytest.mark.full) for version in ("7.3.0", "6.31.0"))]


@pytest.fixture(scope="module", params=VERSIONS, ids=lambda version: version or "installed")
def kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = kernel_with(request.param, tmp_path_factory.mktemp("channel"))
    try:
        assert kernel.execute(SLOW.format(seconds=0.3)) == "ok"
        yield kernel
    finally:
        kernel.close()


class Page:
    """A page with the extension, while `cell` runs or after it."""

    def __init__(self, cell: RunningCell) -> None:
        self.cell = cell
        request = cell.send("comm_info_request", {"target_name": "nbtrain.v1"})
        [self.comm] = cell.reply(request)["comms"]
        self._count = 0

    def messages(self) -> list[dict[str, Any]]:
        """The kernel's messages on the channel."""
        own = [m["content"] for m in self.cell.seen if m["msg_type"] == "comm_msg"]
        return [content["data"] for content in own if content["comm_id"] == self.comm]

    def runs(self) -> list[dict[str, Any]]:
        return [message["run"] for message in self.messages() if message["type"] == "run"]

    def ask(self, answer: str, **message: Any) -> tuple[dict[str, Any], float]:
        """Send a message and wait for the answer; returns it and the seconds."""
        self._count += 1
        if message["type"] != "hello":
            message["id"] = self._count
        before = len(self.messages())
        began = time.perf_counter()
        self.cell.send("comm_msg", {"comm_id": self.comm, "data": message})
        while not (found := [one for one in self.messages()[before:] if one["type"] == answer]):
            self.cell.read(0.002)
            assert time.perf_counter() - began < 20, self.messages()
        assert_is_message(found[0])
        assert found[0].get("id") == message.get("id")
        return found[0], time.perf_counter() - began

    def hello(self) -> tuple[dict[str, Any], float]:
        return self.ask("hello", type="hello", rate=4)

    def command(self, run: str, command: str, **values: Any) -> tuple[dict[str, Any], float]:
        return self.ask("heard", type="command", run=run, command=command, values=values)


def idle(kernel: Kernel) -> RunningCell:
    cell = RunningCell(kernel, "1")
    assert cell.end() == "ok"
    return cell


def run_cell(kernel: Kernel, cell_id: str, code: str) -> RunningCell:
    """Execute a cell with its ID, like JupyterLab."""
    running = RunningCell(kernel, "")
    assert running.end() == "ok"
    content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": True}
    message = kernel.client.session.msg("execute_request", content, metadata={"cellId": cell_id})
    kernel.client.shell_channel.send(message)
    running.id = message["header"]["msg_id"]
    return running


@pytest.fixture
def blocked(kernel: Kernel, make_cell: MakeCell) -> Iterator[RunningCell]:
    """A long training; it is stopped at the end of the test."""
    running = run_cell(kernel, "cell-7", make_cell("--out run", *LONG))
    running.wait_for_step(1)
    yield running
    if running.statuses()[-1] != "idle":
        kernel.interrupt()
        running.read(2)


def test_an_idle_kernel_answers(kernel: Kernel) -> None:
    page = Page(idle(kernel))
    hello, _ = page.hello()
    assert hello["version"] == 1 and hello["session"]
    problems, _ = page.ask("problems", type="check", text='%%finetune\nmodel = "demo"\nepochs = 3')
    assert [problem["line"] for problem in problems["problems"]] == [3, None]
    failed, _ = page.ask("failed", type="fly")
    assert "`fly`" in failed["text"]
    assert page.command("nowhere", "stop")[0]["error"] is True


def test_a_cell_that_blocks_is_steered(kernel: Kernel, blocked: RunningCell) -> None:
    """After a reload the page finds the comm, sends a hello, and stops the run."""
    page = Page(blocked)
    hello, _ = page.hello()
    [run] = [run for run in hello["runs"] if run["run"] == blocked.run]
    assert (run["name"], run["cell"], run["blocking"], run["controls"]) == ("run", "cell-7", True, True)
    heard, _ = page.command(blocked.run, "set", learning_rate=1e-4)
    assert heard["error"] is False
    problems, _ = page.ask("problems", type="check", text='%%finetune\nmodel = "demo"\ntrain = "$nothing"')
    assert problems["problems"][0]["message"] == '`train = "$nothing"`: there is no variable `nothing`.'
    bundle, _ = page.ask("record", type="record", run=blocked.run)
    assert bundle["bundle"][MIME_TYPE]["head"]["status"] == "running"
    step = blocked.head["step"]
    blocked.wait_for(lambda: page.runs() and page.runs()[-1]["head"]["step"] >= step + 3)
    assert len(page.runs()[-1]["spark"]) == pytest.approx(page.runs()[-1]["head"]["step"], abs=1)
    heard, _ = page.command(blocked.run, "stop")
    assert heard["text"] == "Stopping after this step."
    assert blocked.end() == "ok"
    assert kernel.value("run.status") == "stopped"
    assert page.runs()[-1]["head"]["status"] == "stopped"
    assert (page.runs()[-1]["blocking"], page.runs()[-1]["controls"]) == (False, False)


@pytest.mark.timing
def test_a_page_is_heard_soon_while_a_step_takes_long(kernel: Kernel, blocked: RunningCell) -> None:
    page = Page(blocked)
    waits = [page.hello()[1]]
    for number in range(6):
        time.sleep(0.07 * number % 0.3)
        waits.append(page.command(blocked.run, "set", learning_rate=1e-4 * (number + 1))[1])
    _, check_seconds = page.ask("problems", type="check", text='%%finetune\nmodel = "demo"\ntrain = "$nothing"')
    waits.append(page.command(blocked.run, "stop")[1])
    assert blocked.end() == "ok"
    median = statistics.median(waits)
    print(f"heard after {median * 1000:.0f} ms (median), a check after {check_seconds * 1000:.0f} ms", file=sys.stderr)
    assert median < (0.6 if is_polled(kernel) else 0.1), waits


def test_a_quiet_run_is_seen_and_stopped_by_the_page(kernel: Kernel, make_cell: MakeCell) -> None:
    page = Page(idle(kernel))
    page.hello()
    page.cell = running = run_cell(kernel, "cell-7", make_cell("--out run --quiet", *LONG))

    def ours() -> list[dict[str, Any]]:  # the run before is told of, too: it loses its name meanwhile
        return [run for run in page.runs() if run["cell"] == "cell-7"]

    running.wait_for(lambda: ours() and ours()[-1]["head"]["step"] >= 1)
    run = ours()[-1]
    assert (run["name"], run["cell"], run["blocking"], run["controls"]) == ("run", "cell-7", True, True)
    assert page.command(run["run"], "stop")[0]["text"] == "Stopping after this step."
    assert running.end() == "ok"
    assert kernel.value("run.status") == "stopped"
    assert ours()[-1]["head"]["status"] == "stopped"
    assert {m["msg_type"] for m in running.seen} <= {"status", "execute_input", "stream", "comm_open", "comm_msg"}
    printed = running.texts(running.id).splitlines()
    assert all(line.startswith("step ") for line in printed), "the callback prints, and nothing else does"


def test_what_is_shown_says_whose_it_is(kernel: Kernel, make_cell: MakeCell) -> None:
    running = run_cell(kernel, "cell-8", make_cell("", "num_train_epochs = 2"))
    assert running.end() == "ok"
    shown = [m for m in running.seen if "metadata" in m["content"] and "data" in m["content"]]
    run = running.run
    parts = {(m["msg_type"], m["content"]["metadata"]["nbtrain"]["part"]) for m in shown}
    assert parts == {
        ("display_data", "panel"),
        ("update_display_data", "panel"),
        ("display_data", "record"),
        ("update_display_data", "record"),
        ("execute_result", "record"),
    }
    assert {m["content"]["metadata"]["nbtrain"]["run"] for m in shown} == {run}
    [result] = [m["content"]["data"] for m in shown if m["msg_type"] == "execute_result"]
    assert set(result) == {"text/plain", "text/html", MIME_TYPE}
    assert result[MIME_TYPE]["run"] == run and result[MIME_TYPE]["head"]["status"] == "finished"
    page = Page(running)
    bundle, _ = page.ask("record", type="record", run=run)
    assert "<img" in bundle["bundle"]["text/html"] or kernel.value("__import__('ipykernel').__version__") == "7.3.0"


def test_a_run_in_the_background(kernel: Kernel, make_cell: MakeCell) -> None:
    running = run_cell(kernel, "cell-9", make_cell("--out behind --background", *LONG))
    assert running.end() == "ok"
    running.wait_for_step(1)
    page = Page(running)
    hello, _ = page.hello()
    [run] = [run for run in hello["runs"] if run["run"] == running.run]
    assert (run["name"], run["cell"], run["blocking"], run["controls"]) == ("behind", "cell-9", False, True)
    assert page.command(running.run, "set", learning_rate=1e-4)[0]["error"] is False
    waiting = kernel.client.execute("behind.wait()", allow_stdin=True)
    running.wait_for(lambda: page.runs() and page.runs()[-1]["blocking"])
    heard, _ = page.command(running.run, "stop")
    assert heard["error"] is False
    assert running.reply(waiting)["status"] == "ok"
    running.wait_for(lambda: page.runs()[-1]["head"]["status"] == "stopped")
    assert page.runs()[-1]["blocking"] is False


def test_unloading_closes_it_and_the_next_run_opens_it_again(kernel: Kernel, make_cell: MakeCell) -> None:
    assert kernel.execute("%unload_ext nbtrain") == "ok"
    try:
        cell = idle(kernel)
        assert cell.reply(cell.send("comm_info_request", {"target_name": "nbtrain.v1"}))["comms"] == {}
        code = "import nbtrain\nbehind = nbtrain.finetune(model=str(run.config['model']), train=run.config['train'], " \
               "text=['left', 'right'], use_cpu=True, max_steps=2)"  # fmt: skip
        running = run_cell(kernel, "cell-10", code)
        assert running.end() == "ok", running.seen[-3:]
        hello, _ = Page(running).hello()
        assert (hello["runs"][-1]["name"], hello["runs"][-1]["cell"]) == ("behind", "cell-10")
    finally:
        assert kernel.execute("%load_ext nbtrain") == "ok"
