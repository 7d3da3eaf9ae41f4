"""The cell that trains: what takes the panel's place where it is not drawn, and what the user's own code puts out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from jupyter_client.blocking import BlockingKernelClient

from nbtrain.notebook.displays import DRAWING_SECONDS, FOLDED_TITLE, NOT_DRAWN
from tests.kernel.cells import SLOW
from tests.kernel.conftest import Kernel
from tests.kernel.wire import RunningCell, kernel_with

MakeCell = Callable[..., str]
LONG = ("num_train_epochs = 4000", 'eval_strategy = "no"', 'save_strategy = "no"', 'callbacks = "$slow"')
FIGURE = """
%matplotlib inline
import transformers
from matplotlib import pyplot
class Draw(transformers.TrainerCallback):
    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step == 1:
            self.figure = pyplot.figure()
        pyplot.plot([state.global_step, 2])
        open_figures.append(pyplot.get_fignums())
open_figures = []
draw = Draw()
"""


@pytest.fixture(scope="module", params=[None, pytest.param("6.31.0", marks=pytest.mark.full)])
def kernel(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    kernel = kernel_with(request.param, tmp_path_factory.mktemp("cell"))
    try:
        assert kernel.execute(SLOW.format(seconds=0.2) + FIGURE) == "ok", kernel.error()
        yield kernel
    finally:
        kernel.close()


def records(cell: RunningCell) -> list[str]:
    """The HTML of the record, each time that it was shown."""
    shown = [m["content"] for m in cell.seen if m["msg_type"] in ("display_data", "update_display_data")]
    return [one["data"]["text/html"] for one in shown if one["metadata"].get("nbtrain", {}).get("part") == "record"]


def draw(cell: RunningCell) -> None:
    """Do what the page does when it has drawn the panel."""
    cell.send("comm_msg", {"comm_id": cell.comm, "data": {"method": "custom", "content": {"drawn": True}}})


def stop(cell: RunningCell) -> None:
    cell.click("stop")
    assert cell.end() == "ok"


def test_a_panel_that_is_not_drawn_gives_way_to_a_table_until_it_is(kernel: Kernel, make_cell: MakeCell) -> None:
    cell = RunningCell(kernel, make_cell("--out run", *LONG))
    cell.wait_for(lambda: NOT_DRAWN in records(cell)[-1:][0] if records(cell) else False)
    assert FOLDED_TITLE not in records(cell)[-1]
    count = len(records(cell))
    cell.wait_for(lambda: len(records(cell)) >= count + 2)
    assert records(cell)[-1] != records(cell)[-2], "it grows"
    draw(cell)
    cell.wait_for(lambda: NOT_DRAWN not in records(cell)[-1])
    assert FOLDED_TITLE in records(cell)[-1]
    stop(cell)
    assert NOT_DRAWN not in records(cell)[-1]


def test_a_panel_that_is_drawn_is_not_mistaken(kernel: Kernel, make_cell: MakeCell) -> None:
    cell = RunningCell(kernel, make_cell("--out run", *LONG))
    cell.wait_for(lambda: records(cell))
    draw(cell)
    cell.wait_for(lambda: cell.head.get("time", 0) > DRAWING_SECONDS + 2)
    stop(cell)
    assert not any(NOT_DRAWN in record for record in records(cell))


def test_a_background_run_that_is_drawn_is_not_mistaken(kernel: Kernel, make_cell: MakeCell) -> None:
    cell = RunningCell(kernel, make_cell("--out run --background", *LONG))
    cell.wait_for(lambda: records(cell))
    draw(cell)
    cell.wait_for(lambda: cell.head.get("time", 0) > DRAWING_SECONDS + 2)
    assert kernel.execute("run.stop(); run.wait()") == "ok", kernel.error()
    assert not any(NOT_DRAWN in record for record in records(cell))


@pytest.mark.parametrize("options", ["", "--background"])
def test_a_figure_of_a_callback_survives_clicks(kernel: Kernel, make_cell: MakeCell, options: str) -> None:
    assert kernel.execute("open_figures.clear(); pyplot.close('all')") == "ok"
    lines = (*LONG[:3], 'callbacks = ["$slow", "$draw"]')
    cell = RunningCell(kernel, make_cell(f"--out run {options}", *lines))
    cell.wait_for_step(2)
    for number in range(50):
        cell.click("set", learning_rate=1e-4 * (1 + number % 2))
    cell.wait_for_step(cell.head["step"] + 1)
    cell.click("stop")
    if not options:
        assert cell.end() == "ok"
    cell.wait_for(lambda: cell.head.get("status") == "stopped")
    displayed = [m["content"]["data"] for m in cell.seen if m["header"]["msg_type"] == "display_data"]
    shown = [data for data in displayed if "image/png" in data and "<img" not in str(data)]
    assert kernel.value("len(open_figures) > 2, open_figures == [[1]] * len(open_figures)") == (True, True)
    assert len(shown) == (0 if options else 1), "shown once, at the end of the cell"


@pytest.mark.parametrize("options", ["", "--background"])
def test_prints_of_callbacks_belong_to_the_training_cell(kernel: Kernel, make_cell: MakeCell, options: str) -> None:
    cell = RunningCell(kernel, make_cell(f"--out run {options}", *LONG))
    cell.wait_for_step(2)
    for kind in ("kernel_info_request", "comm_info_request"):  # as a page does after a reload
        cell.reply(cell.send(kind, {}))
    cell.send("comm_msg", {"comm_id": cell.comm, "data": {"method": "request_state"}})
    if options:
        other = RunningCell(kernel, "print('another cell')")
        other.end()
        cell.seen += other.seen
    step = cell.head["step"]
    cell.wait_for_step(step + 3)
    cell.click("stop")
    cell.wait_for(lambda: cell.head.get("status") == "stopped")
    cell.read(0.5)
    printed = [line for line in cell.texts(cell.id).splitlines() if line.startswith("step ")]
    assert printed == [f"step {number}" for number in range(1, len(printed) + 1)]
    assert len(printed) >= step + 3


def test_another_notebook_on_the_kernel_sees_and_stops_the_run(kernel: Kernel, make_cell: MakeCell) -> None:
    """Also a page that connects when the tab of the notebook has been closed."""
    cell = RunningCell(kernel, make_cell("--out run", *LONG))
    cell.wait_for_step(1)
    client = BlockingKernelClient(connection_file=kernel.manager.connection_file)  # with a session of its own
    client.load_connection_file()
    client.start_channels()
    try:
        other = _Client(client)
        [comm] = other.ask("comm_info_request", {"target_name": "nbtrain.v1"})["comms"]
        other.send("comm_msg", {"comm_id": comm, "data": {"type": "hello", "rate": 1}})
        hello = other.told(comm, "hello")
        [run] = [one for one in hello["runs"] if one["run"] == cell.run]
        assert (run["name"], run["blocking"], run["controls"]) == ("run", True, True)
        stop = {"type": "command", "id": 1, "run": cell.run, "command": "stop", "values": {}}
        other.send("comm_msg", {"comm_id": comm, "data": stop})
        assert other.told(comm, "heard")["error"] is False
        assert cell.end() == "ok"
        assert kernel.value("run.status") == "stopped"
    finally:
        client.stop_channels()


class _Client:
    """A second front end of the kernel."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.ask("kernel_info_request", {})  # `wait_for_ready` waits until the cell publishes nothing

    def send(self, kind: str, content: dict[str, Any]) -> str:
        message = self._client.session.msg(kind, content)
        self._client.shell_channel.send(message)
        return str(message["header"]["msg_id"])

    def ask(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        request = self.send(kind, content)
        while True:
            message = self._client.get_shell_msg(timeout=30)
            if message["parent_header"].get("msg_id") == request:
                return dict(message["content"])

    def told(self, comm: str, kind: str) -> dict[str, Any]:
        while True:
            content = self._client.get_iopub_msg(timeout=30)["content"]
            if content.get("comm_id") == comm and content.get("data", {}).get("type") == kind:
                return dict(content["data"])
