"""The messages to the page about runs, and its requests."""

from __future__ import annotations

import gc
import itertools
import math
import weakref
from pathlib import Path
from typing import Any

import pytest
from IPython.core.interactiveshell import InteractiveShell

from nbtrain.config import Config
from nbtrain.events import Ended, Evaluated, Paused, Phase, Waiting
from nbtrain.events.commands import COMMANDS, Control
from nbtrain.notebook.kernel.channel import Channel
from nbtrain.notebook.kernel.run_feed import MAX_ENDED_RUNS
from nbtrain.runs.run import Run
from nbtrain.training.live_run import StoredRun
from nbtrain.training.saved_model import SavedModel
from tests.notebook.kernel.conftest import Begin, Page, stepped


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
    assert page.runs()[-1]["head"]["phase"]["name"] == "saving"
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
    shell.kernel.request = {"metadata": {"cellId": "cell-2"}, "header": {"msg_id": "request-2", "session": "page"}}
    control = Control()
    first = begin("first", control=control)
    assert page.runs()[-1] | {"head": {}, "spark": []} == {
        "run": "first", "name": "", "cell": "cell-2", "blocking": True, "controls": False, "head": {}, "spark": [],
        "metrics": {}, "request": "request-2", "page": "page", "printed": 0,
    }  # fmt: skip
    control.attended = True
    assert page.hello()["runs"][0]["controls"] is True
    shell.user_ns["run"] = handle = Run(StoredRun(Path(), first.state, Config(), SavedModel(Path(), Config())))
    shell.run_cell("1")
    assert page.runs()[-1]["name"] == "run"
    first.emit(Ended(step=1, status="finished"))
    assert (page.runs()[-1]["blocking"], page.runs()[-1]["controls"]) == (False, False)
    second = begin("second", blocks=False)
    handle.stored.state = second.state
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

    assert command("set", learning_rate=1e-4) == ("Learning rate 1e-4 from the next step on.", False)
    assert command("stop") == ("Stopping after this step.", False)
    assert [request.name for request in control.take()] == ["set", "stop"]
    assert command("set", learning_rate=-1)[1]
    text, is_error = command("fly")
    assert is_error
    assert "`fly`" in text and all(name in text for name in COMMANDS)
    assert command("stop", run="z") == ("This kernel has no run z.", True)
    recorder.emit(Ended(step=1, status="stopped"))
    text, is_error = command("stop")
    assert is_error and "stopped" in text
    assert control.take() == []
    waiting = begin("b")
    text, is_error = command("stop", run="b")
    assert is_error and "interrupt the kernel" in text
    waiting.emit(Ended(step=1, status="failed"))


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
    assert "Running: step 8 of 100,000" in going["text/plain"].splitlines()[0]
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
    for number in range(MAX_ENDED_RUNS + 5):
        begin(f"run-{number}").emit(Ended(step=1, status="finished"))
    failed = begin("failed")
    failed.state.started = None
    failed.emit(Ended(status="failed", error="ConfigError: no such column"))
    runs = [run["run"] for run in page.hello()["runs"]]
    assert runs[:2] == ["going", "run-5"]
    assert runs[-1] == f"run-{MAX_ENDED_RUNS + 4}", "one that never began is not kept"
    assert len(runs) == MAX_ENDED_RUNS + 1
    going.emit(stepped(1))
