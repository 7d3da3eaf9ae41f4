"""The channel to the page, by the messages that come and go."""

from __future__ import annotations

import gc
import itertools
import json
import logging
import math
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm
from IPython.core.interactiveshell import InteractiveShell

from nbtrain.engine.controls import Control
from nbtrain.events import Created, Ended, Evaluated, Paused, Phase, Started, Stepped, Waiting
from nbtrain.notebook import channel as channels
from nbtrain.notebook.channel import SENT, Channel
from nbtrain.notebook.run_feed import KEPT, RunFeed
from nbtrain.recorder import Recorder
from nbtrain.run import Run
from tests.notebook.protocol import assert_is_message, messages

CHECK = """%%finetune --out run
model = "demo"
learning_rat = 1e-5
"""


class Kernel:
    """What the channel knows of a kernel: the request at hand."""

    def __init__(self) -> None:
        self.request: dict[str, Any] = {"metadata": {"cellId": "cell-1"}}

    def get_parent(self, channel: str) -> dict[str, Any]:
        assert channel == "shell"
        return self.request


class Page:
    """The other end: what the kernel sent, in order, each as it is in JSON; and a way to send."""

    def __init__(self) -> None:
        self.published: list[tuple[str, dict[str, Any], str]] = []
        self.now = 0.0

    def comm(self, *args: Any, **kwargs: Any) -> BaseComm:
        page = self

        class Wire(BaseComm):
            def publish_msg(self, msg_type: str, data: Any = None, *_: Any, **__: Any) -> None:
                page.published.append((msg_type, json.loads(json.dumps(data, allow_nan=False)), self.comm_id))

        return Wire(*args, **kwargs)

    @property
    def seen(self) -> list[dict[str, Any]]:
        return [data for kind, data, _ in self.published if kind == "comm_msg"]

    def send(self, data: Any, kind: str = "comm_msg", session: str = "page") -> list[dict[str, Any]]:
        """Send, as the front end does; returns what came back."""
        before = len(self.seen)
        [comm_id] = comm_ids()
        message = {"header": {"session": session}, "content": {"comm_id": comm_id, "data": data}}
        getattr(comm.get_comm_manager(), kind)(None, None, message)
        return self.seen[before:]

    def hello(self, rate: float = 10, session: str = "page") -> dict[str, Any]:
        [answer] = self.send({"type": "hello", "rate": rate}, session=session)
        return answer

    def runs(self) -> list[dict[str, Any]]:
        """The updates of runs so far."""
        return [data["run"] for data in self.seen if data["type"] == "run"]


def comm_ids() -> list[str]:
    return [key for key, one in comm.get_comm_manager().comms.items() if one.target_name == "nbtrain.v1"]


@pytest.fixture
def page(shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """A page that shows the kernel of `shell`. Whatever was sent, it was in the protocol, and nothing was logged."""
    page = Page()
    monkeypatch.setattr(comm, "create_comm", page.comm)
    shell.kernel = Kernel()
    yield page
    channels.disconnect()
    for message in page.seen:
        assert_is_message(message)


@pytest.fixture
def channel(page: Page, shell: InteractiveShell) -> Channel:
    opened = channels.connect(shell)
    assert opened is not None
    return opened


@pytest.fixture(autouse=True)
def nothing_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


Begin = Callable[..., Recorder]


@pytest.fixture
def begin(channel: Channel, page: Page, tmp_path: Path) -> Begin:
    """Begin a run that the channel is told of: `begin("a")`."""

    def run(name: str, *, blocks: bool = True, control: Control | None = None) -> Recorder:
        feed = RunFeed(channel, blocks=blocks, clock=lambda: page.now)
        directory = tmp_path / name
        directory.mkdir()
        recorder = Recorder(name, directory, [feed])
        recorder.emit(Created(config='model = "demo"', directory=str(directory)))
        if control is not None:
            feed.steer(control)
        recorder.emit(Started(max_steps=100_000, epochs=3.0, batch_size=16))
        return recorder

    return run


def stepped(step: int, loss: float = 0.5) -> Stepped:
    return Stepped(step=step, epoch=step / 100, loss=loss, learning_rate=5e-5, grad_norm=1.0, seconds=0.1, examples=16)


def test_both_ends_know_the_same_messages(channel: Channel) -> None:
    assert channel.heard == set(messages("ToKernel"))
    assert set(messages("FromKernel")) == SENT


def test_loading_opens_it_and_unloading_closes_it(shell: InteractiveShell, page: Page) -> None:
    shell.run_cell("%reload_ext nbtrain")
    [first] = comm_ids()
    shell.run_cell("%load_ext nbtrain")
    assert comm_ids() == [first]
    assert channels.connect(shell) is channels.channel()
    page.hello()
    shell.run_cell("%reload_ext nbtrain")
    [second] = comm_ids()
    assert second != first
    assert [kind for kind, _, id in page.published if id == first] == ["comm_open", "comm_msg", "comm_close"]
    assert page.hello()["session"] == channels.SESSION
    shell.run_cell("%unload_ext nbtrain")
    assert comm_ids() == []
    assert channels.channel() is None


def test_a_kernel_without_comms_and_a_terminal_have_none(
    shell: InteractiveShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert channels.connect(shell) is None

    def refuse(**_: Any) -> None:
        raise RuntimeError("Comms cannot be opened without a comm_manager.")

    monkeypatch.setattr(comm, "create_comm", refuse)
    shell.kernel = Kernel()
    assert channels.connect(shell) is None


def test_hello(channel: Channel, page: Page) -> None:
    import nbtrain

    assert not channel.attended
    assert page.hello() == {
        "type": "hello", "version": 1, "nbtrain": nbtrain.__version__, "session": channels.SESSION, "runs": [],
    }  # fmt: skip
    assert channel.attended
    for asked, rate in [(0.1, 1), (3, 3), (50, 10), (-1, 1)]:
        page.hello(asked)
        assert channel.rate == rate


@pytest.mark.parametrize(
    "data",
    [
        *(None, 7, [], {}, {"type": None}, {"type": ["hello"]}, {"type": "run"}, {"type": "hello"}),
        *({"type": "hello", "rate": "fast"}, {"type": "hello", "rate": True}, {"type": "check", "id": 5}),
        *({"type": "check", "id": "five", "text": ""}, {"type": "command", "id": 5, "run": "a", "command": "stop"}),
        *({"type": "record", "id": 5, "run": {}}, {"type": "form_text", "form": "f", "text": ""}),
    ],
    ids=str,
)
def test_what_cannot_be_understood_is_told_to_the_page(channel: Channel, page: Page, data: Any) -> None:
    [answer] = page.send(data)
    assert answer["type"] == "failed"
    assert answer["id"] == (5 if isinstance(data, dict) and data.get("id") == 5 else -1)
    assert answer["text"].endswith((".", "now.")) and len(answer["text"]) < 700


def test_steps_are_told_as_often_as_the_page_asked(page: Page, begin: Begin) -> None:
    recorder = begin("a")
    for step in range(1, 50):
        recorder.emit(stepped(step))
    assert page.seen == [], "nobody is there"
    assert page.hello(rate=4)["runs"][0]["head"]["step"] == 49
    for step in range(50, 1_050):
        page.now += 0.01
        recorder.emit(stepped(step))
    steps = [run["head"]["step"] for run in page.runs()]
    assert steps[0] <= 150
    assert {after - before for before, after in itertools.pairwise(steps)} <= {25, 26}


def test_news_is_told_at_once_but_not_more_than_ten_times_a_second(page: Page, begin: Begin) -> None:
    recorder = begin("a")
    page.hello(rate=1)
    page.now += 0.5
    recorder.emit(stepped(1))
    page.now += 0.01
    recorder.emit(Evaluated(step=1, epoch=0.1, metrics={"eval_accuracy": 0.75, "eval_loss": math.nan}))
    assert page.runs()[-1]["metrics"] == {"accuracy": 0.75, "loss": "nan"}
    recorder.emit(Phase(step=1, name="save"))
    assert page.runs()[-1]["head"]["phase"]["name"] == "save"
    recorder.emit(Paused(step=1, reason="The loss is NaN."))
    assert (page.runs()[-1]["head"]["status"], page.runs()[-1]["head"]["reason"]) == ("paused", "The loss is NaN.")
    before, began = len(page.runs()), page.now
    for step in range(2, 1_000):
        page.now += 0.01
        recorder.emit(stepped(step))
        recorder.emit(Evaluated(step=step, epoch=0.1, metrics={"eval_accuracy": 0.5}))
    assert len(page.runs()) - before <= 10 * (page.now - began) + 10
    recorder.emit(Evaluated(step=1_000, epoch=0.1, metrics={"eval_accuracy": 1.0}))
    for _ in range(60):
        page.now += 0.02
        recorder.show(Waiting(step=1_000))
    assert page.runs()[-1]["metrics"] == {"accuracy": 1.0}
    before = len(page.runs())
    page.now += 60
    recorder.show(Waiting(step=1_000))
    assert len(page.runs()) == before, "nothing happens while it waits"
    recorder.emit(Ended(step=1_000, status="stopped"))
    assert page.runs()[-1]["head"]["status"] == "stopped"


def test_a_run_says_where_it_is_and_who_holds_it(
    shell: InteractiveShell, channel: Channel, page: Page, begin: Begin
) -> None:
    page.hello()
    shell.kernel.request = {"metadata": {"cellId": "cell-2"}}
    control = Control()
    first = begin("first", control=control)
    assert page.runs()[-1] | {"head": {}, "spark": []} == {
        "run": "first", "name": "", "cell": "cell-2", "blocking": True, "controls": False, "head": {}, "spark": [],
        "metrics": {},
    }  # fmt: skip
    control.attended = True
    assert page.hello()["runs"][0]["controls"] is True
    shell.user_ns["run"] = handle = object.__new__(Run)
    handle.state = first.state
    shell.run_cell("1")
    assert page.runs()[-1]["name"] == "run"
    first.emit(Ended(step=1, status="finished"))
    assert (page.runs()[-1]["blocking"], page.runs()[-1]["controls"]) == (False, False)
    second = begin("second", blocks=False)
    handle.state = second.state
    shell.kernel.request = {}
    shell.run_cell("2")
    assert [(run["run"], run["name"], run["blocking"]) for run in page.hello()["runs"]] == [
        ("first", "", False),
        ("second", "run", False),
    ]
    assert channel.cell_id() == ""


def test_while_a_cell_waits_for_it_a_run_blocks(page: Page, begin: Begin, channel: Channel) -> None:
    recorder = begin("a", blocks=False)
    [feed] = recorder.views
    assert page.hello()["runs"][0]["blocking"] is False
    with feed.served():
        recorder.emit(stepped(1))
        assert page.runs()[-1]["blocking"] is True
    recorder.emit(stepped(2))
    assert page.runs()[-1]["blocking"] is False


def test_commands(page: Page, begin: Begin) -> None:
    control = Control()
    control.attended = True
    recorder = begin("a", control=control)

    def command(name: str, run: str = "a", **values: Any) -> tuple[str, bool]:
        asked = {"type": "command", "id": 3, "run": run, "command": name, "values": values}
        [answer] = page.send(asked)
        assert (answer["type"], answer["id"]) == ("heard", 3)
        return answer["text"], answer["error"]

    assert command("set", learning_rate=1e-4) == ("Learning rate 0.0001 from the next step on.", False)
    assert command("stop") == ("Stopping after this step.", False)
    assert [request.name for request in control.take()] == ["set", "stop"]
    assert command("set", learning_rate=-1)[1]
    assert command("fly") == (
        "`fly` is no command. There are: pause, resume, step, epoch, stop, evaluate, checkpoint, set, skip, branch.",
        True,
    )
    assert command("stop", run="z") == ("This kernel has no run z.", True)
    recorder.emit(Ended(step=1, status="stopped"))
    assert command("stop") == ("This run is not going on any more: it is stopped.", True)
    assert control.take() == []
    waiting = begin("b")
    assert "getting ready" in command("stop", run="b")[0]
    waiting.emit(Ended(step=1, status="failed"))


def test_check_counts_lines_in_the_cell(channel: Channel, page: Page) -> None:
    [answer] = page.send({"type": "check", "id": 1, "text": CHECK})
    problems = {problem["key"]: problem for problem in answer["problems"]}
    assert problems["learning_rat"] == {
        "line": 3,
        "key": "learning_rat",
        "message": "`learning_rat` is no key.",
        "fix": "Did you mean `learning_rate`?",
    }


def test_schema(channel: Channel, page: Page) -> None:
    [answer] = page.send({"type": "schema", "id": 1})
    assert "learning_rate" in answer["schema"]["properties"]


def test_the_record_of_a_run_that_goes_on_that_ended_and_of_a_kernel_before(
    channel: Channel, page: Page, begin: Begin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def record(run: str) -> Any:
        [answer] = page.send({"type": "record", "id": 2, "run": run})
        return answer["bundle"]

    recorder = begin("a")
    for step in range(1, 9):
        recorder.emit(stepped(step))
    going = record("a")
    assert going["text/plain"].startswith("Running: step 8 of 100,000")
    assert "<img" not in going["text/html"], "nothing was drawn yet"
    recorder.emit(Ended(step=8, status="stopped"))
    recorder.close()
    ended = record("a")
    assert ended["application/vnd.nbtrain.run.v1+json"]["head"]["status"] == "stopped"
    assert "<img" in ended["text/html"]
    state = weakref.ref(recorder.state)
    del recorder
    gc.collect()
    assert state() is None, "the channel holds nothing that is large"
    from_disk = record("a")
    assert from_disk["text/html"] == ended["text/html"]
    assert record("unknown") is None
    monkeypatch.chdir(tmp_path)
    Path("nbtrain_runs").mkdir()
    Path("nbtrain_runs", "b").symlink_to(tmp_path / "a")
    assert record("b") == from_disk
    assert record("../a") is None


def test_ended_runs_stay_known_the_newest_ones(page: Page, begin: Begin) -> None:
    going = begin("going")
    for number in range(KEPT + 5):
        begin(f"run-{number}").emit(Ended(step=1, status="finished"))
    failed = begin("failed")
    failed.state.started = None
    failed.emit(Ended(status="failed", error="ConfigError: no such column"))
    runs = [run["run"] for run in page.hello()["runs"]]
    assert runs[:2] == ["going", "run-5"]
    assert runs[-1] == f"run-{KEPT + 4}", "one that never began is not kept"
    assert len(runs) == KEPT + 1
    going.emit(stepped(1))


def test_one_page_that_goes_leaves_the_comm_to_the_others(channel: Channel, page: Page, begin: Begin) -> None:
    before = comm_ids()
    page.hello(session="one")
    page.hello(session="two")
    page.send({}, "comm_close", session="one")
    assert comm_ids() == before
    assert channel.attended
    page.send({}, "comm_close", session="without the extension")
    assert channel.attended
    page.send({}, "comm_close", session="two")
    assert not channel.attended
    assert page.hello(session="three")["type"] == "hello"
    assert [kind for kind, _, _ in page.published].count("comm_open") == 1


def test_forms_hear_what_is_for_them(channel: Channel, page: Page) -> None:
    heard: list[dict[str, Any]] = []
    end = channel.on("form_text", heard.append)
    text = {"type": "form_text", "form": "f", "text": "%%finetune"}
    assert page.send(text) == []
    assert heard == [text]
    end()
    end()
    assert page.send(text)[0]["type"] == "failed"
    assert heard == [text]
    channel.on("form_close", lambda message: heard[0]["no such key"])
    [answer] = page.send({"type": "form_close", "form": "f"})
    assert answer["text"].startswith("KeyError: ")
    with pytest.raises(ValueError, match="not passed on"):
        channel.on("hello", heard.append)
    with pytest.raises(ValueError, match="no message of the kernel"):
        channel.send({"type": "form_close", "form": "f"})
    channel.send({"type": "write", "text": "%%finetune", "below": "cell-1"})
    assert page.seen[-1]["below"] == "cell-1"
