"""A page that exchanges real messages with a kernel."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import comm
import pytest
from comm.base_comm import BaseComm
from IPython.core.interactiveshell import InteractiveShell

from nbtrain.events import Created, Started, Stepped
from nbtrain.events.commands import Control
from nbtrain.events.recorder import Recorder
from nbtrain.notebook.kernel import channel as channels
from nbtrain.notebook.kernel.channel import Channel
from nbtrain.notebook.kernel.run_feed import RunFeed
from tests.notebook.protocol import assert_is_message


class Kernel:
    """The part of a kernel that the channel uses: the current request."""

    def __init__(self) -> None:
        self.request: dict[str, Any] = {"metadata": {"cellId": "cell-1"}}

    def get_parent(self, channel: str) -> dict[str, Any]:
        assert channel == "shell"
        return self.request


class Page:
    """The page: receives the kernel's messages as JSON, in order, and sends messages."""

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
        """Send a message like the front end; returns the answers."""
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
    """A page of the kernel of `shell`. Checks that all messages follow the protocol, and that nothing is logged."""
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
    """Start a run that is sent to the channel: `begin("a")`."""

    def run(name: str, *, blocks: bool = True, control: Control | None = None) -> Recorder:
        feed = RunFeed(channel, blocks=blocks)
        feed._throttle.clock = lambda: page.now
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
