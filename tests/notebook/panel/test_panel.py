"""The live panel, by the messages that it sends."""

from __future__ import annotations

import dataclasses
import itertools
import math
from array import array
from pathlib import Path

import comm
import pytest
from msgspec.structs import replace

from nbtrain.events import (
    Branched,
    Commanded,
    Created,
    Diagnosed,
    Ended,
    Evaluated,
    Event,
    Phase,
    Prepared,
    Started,
    Stepped,
    TaskSpec,
)
from nbtrain.events.journal import Journal
from nbtrain.events.state import RunState
from nbtrain.notebook.panel.curve_feed import BIN_BYTES
from nbtrain.views.browser_json import newest, number
from tests.notebook.wire import Live, Wire


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> Live:
    monkeypatch.setattr(comm, "create_comm", Wire)
    return Live()


def stepped(step: int, loss: float = 0.5) -> Stepped:
    return Stepped(step=step, epoch=step / 100, loss=loss, learning_rate=5e-5, grad_norm=1.0, seconds=0.1, examples=16)


def evaluated(step: int, metrics: dict[str, float]) -> Evaluated:
    return Evaluated(step=step, epoch=step / 100, metrics=metrics)


def started(steps: int) -> Started:
    return Started(max_steps=steps, epochs=3.0, batch_size=16)


def received(wire: Wire, name: str) -> list[tuple[float, ...]]:
    """The bins of a curve in a browser that received each delta and each snapshot."""
    bins: list[tuple[float, ...]] = []
    version = 0
    for content, parts in wire.told():
        if isinstance(content["curves"], dict):
            position, version = list(content["curves"]).index(name), content["curves"][name]["version"]
            bins = unpack(parts[position])
            continue
        for change, part in zip(content["curves"], parts, strict=True):
            if change["name"] != name:
                continue
            assert change["from"] == 0 or (change["version"] == version and change["from"] <= len(bins))
            version = change["version"]
            bins[change["from"] :] = unpack(part)
            assert len(bins) == change["from"] + change["count"]
    return bins


def unpack(part: bytes) -> list[tuple[float, ...]]:
    values = array("f", part).tolist()
    return [tuple(values[index : index + 5]) for index in range(0, len(values), 5)]


def expected(state: RunState, name: str) -> list[tuple[float, ...]]:
    bins = state.curves[name].bins
    return unpack(array("f", [v for b in bins for v in (b.first, b.last, b.low, b.high, b.mean)]).tobytes())


def earlier(name: str, steps: int = 3, loss: float = 0.5) -> RunState:
    return RunState.fold([started(steps), *(replace(stepped(step, loss), run=name) for step in range(1, steps + 1))])


def names_behind(live: Live) -> list[str]:
    return [curve["name"] for curve in live.panel.snapshot["behind"]]


@pytest.mark.slow
@pytest.mark.usefixtures("live")
def test_a_long_run_stays_as_light_as_a_short_one() -> None:
    live = Live([earlier("é" * 90, 30_000) for _ in range(7)])
    steps = 100_000
    metrics = {f"eval_metric_with_a_long_name_{index}": 1 / 3 for index in range(60)}
    live.tell(Prepared(spec=TaskSpec("t"), sizes={}, notes=["ä" * 5000] * 20))
    live.tell(started(steps))
    for step in range(1, steps + 1):
        live.wait(0.01)
        live.tell(stepped(step, loss=1 / step))
        if step % 500 == 0:
            live.tell(evaluated(step, {"eval_loss": 1.0, **metrics}))
            live.tell(Diagnosed(message="x" * 10_000, level="warning"))
        if step % 90 == 0:
            live.tell(Commanded(step=step, command="set", values={"learning_rate": 1.23e-5, "weight_decay": 4.56e-4}))
            live.tell(Commanded(step=step, command="checkpoint"))
    live.tell(Ended(status="failed", error="y" * 100_000))

    assert len(live.wire.told()) <= 10 * live.now + 1
    assert len(live.wire.snapshot_sizes()) <= live.now + 1
    assert max(live.wire.snapshot_sizes()) <= 80_000
    sizes = sorted(size for _, _, size in live.wire.deltas())
    assert sizes[-1] <= 48_000  # both curves whole, when their bins were merged
    assert sizes[len(sizes) // 2] < 4_000  # half a second of steps of 1 ms
    assert len(live.state.curves["loss"].bins) > 500
    assert received(live.wire, "loss") == expected(live.state, "loss")
    assert received(live.wire, "eval_loss") == expected(live.state, "eval_loss")
    assert unpack(live.panel.snapshot["curves"]["loss"]["bins"]) == expected(live.state, "loss")


@pytest.mark.usefixtures("live")
def test_earlier_runs_are_behind_named_by_what_was_different() -> None:
    live = Live([dataclasses.replace(earlier("a"), config="learning_rate = 1e-4"), earlier("b")])
    live.tell(Created(config="learning_rate = 5e-5", directory=""))
    assert names_behind(live) == ["lr 1e-4", "b"]


@pytest.mark.usefixtures("live")
def test_the_run_that_a_branch_goes_on_with_is_there_once(tmp_path: Path) -> None:
    with Journal(tmp_path, "parent") as journal:
        for step in range(1, 4):
            journal.append(stepped(step))
    live = Live([earlier("other"), earlier("parent")])
    live.tell(Branched(step=3, parent="parent", directory=str(tmp_path)))
    live.tell(started(10))
    live.wait(1.0)
    live.tell(stepped(4))
    assert names_behind(live) == ["other", "the earlier run"]


def test_never_more_than_ten_messages_in_any_second(live: Live) -> None:
    live.tell(started(1000))
    times: list[float] = []
    for step in range(1, 1000):
        live.wait(0.003)
        before = len(live.wire.told())
        live.tell(stepped(step))
        if step % 7 == 0:
            live.tell(evaluated(step, {"eval_loss": 1.0}))
        times += [live.now] * (len(live.wire.told()) - before)
    assert all(later - earlier >= 1.0 for earlier, later in zip(times, times[10:], strict=False))
    assert len(times) >= 9 * live.now


@pytest.mark.parametrize(("seconds", "rate"), [(0.003, 1.0), (0.05, 1.0), (0.3, 1 / 1.2), (1.7, 1 / 1.7)])
def test_steps_are_shown_once_a_second(live: Live, seconds: float, rate: float) -> None:
    live.tell(started(1000))
    times: list[float] = []
    for step in range(1, int(60 / seconds)):
        live.wait(seconds)
        before = len(live.wire.told())
        live.tell(replace(stepped(step), seconds=seconds))
        times += [live.now] * (len(live.wire.told()) - before)
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(pauses) >= 1.0 - 1e-9
    assert len(times) == pytest.approx(60 * rate, rel=0.15)  # a step may come just before it is time
    assert len(live.wire.snapshot_sizes()) == pytest.approx(60 / 4, abs=4)


@pytest.mark.parametrize(
    "event",
    [
        evaluated(1, {"eval_loss": 1.0}),
        Phase(name="evaluate", done=0, total=9),
        Diagnosed(message="look"),
        Commanded(command="set", values={"learning_rate": 1e-5}),
    ],
    ids=lambda event: event.type,
)
def test_what_is_important_goes_out_at_once(live: Live, event: Event) -> None:
    live.tell(started(10))
    live.wait(0.01)
    live.tell(stepped(1))
    assert live.heads()[-1]["step"] == 0
    live.tell(event)
    assert live.heads()[-1]["step"] == 1


def test_the_same_phase_going_on_is_not_important(live: Live) -> None:
    for done in range(5):
        live.tell(Phase(name="tokenise", done=done, total=100))
    assert [head["phase"]["done"] for head in live.heads()] == [0]
    live.wait(1.1)
    live.tell(Phase(name="tokenise", done=50, total=100))
    assert live.heads()[-1]["phase"] == {"name": "tokenise", "done": 50, "total": 100, "waits_for": ""}


def test_what_found_no_slot_goes_out_with_the_next_event(live: Live) -> None:
    live.tell(started(10))
    for step in range(1, 21):
        live.tell(evaluated(step, {"eval_loss": float(step)}))
    assert len(live.wire.told()) == 10
    live.wait(4.0)
    live.tell(stepped(21))
    assert [row["number"] for row in live.panel.snapshot["rows"]] == list(range(1, 21))
    live.tell(evaluated(22, {"eval_loss": 22.0}))
    assert [row["number"] for row in live.wire.deltas()[-1][0]["rows"]] == [21], "a delta has what no snapshot had"


def test_the_end_is_always_shown_whole(live: Live) -> None:
    live.tell(started(50))
    for step in range(1, 21):
        live.tell(evaluated(step, {"eval_loss": 1.0}))
        live.tell(stepped(step))
    live.tell(Ended(step=20, status="stopped"))
    assert live.heads()[-1]["status"] == "stopped"
    assert live.panel.snapshot["head"] == live.heads()[-1]
    assert len(live.panel.snapshot["rows"]) == 20
    assert unpack(live.panel.snapshot["curves"]["loss"]["bins"]) == expected(live.state, "loss")


def test_a_page_that_asks_gets_what_is_new_though_no_event_comes(live: Live) -> None:
    live.tell(started(10))
    live.wait(0.01)
    live.tell(stepped(7))
    assert live.panel.get_state()["snapshot"]["head"]["step"] == 7
    assert live.heads()[-1]["step"] == 7


def test_a_curve_that_goes_back_is_sent_whole(live: Live) -> None:
    live.tell(started(10))
    for step in range(1, 8):
        live.wait(1.1)
        live.tell(stepped(step, loss=float(step)))
    live.tell(Started(step=3, max_steps=10, epochs=3.0, batch_size=16))
    live.wait(1.1)
    live.tell(stepped(4, loss=40.0))
    assert [each[4] for each in received(live.wire, "loss")] == [1, 2, 3, 40]


def test_a_delta_holds_only_the_bins_that_changed(live: Live) -> None:
    live.tell(started(500))
    for step in range(1, 400):
        live.wait(1.1)
        live.tell(stepped(step))
    delta, parts, _ = live.wire.deltas()[-1]
    sent = {curve["name"]: curve for curve in delta["curves"]}
    assert sent["loss"] == {"name": "loss", "version": 0, "from": 397, "count": 2}
    assert set(sent) == {"loss", "learning_rate", "grad_norm", "examples_per_second", "time"}
    assert all(0 < curve["count"] <= 2 for curve in sent.values())
    assert [len(part) for part in parts] == [curve["count"] * BIN_BYTES for curve in sent.values()]
    live.wait(0.3)  # before the next snapshot
    live.tell(Diagnosed(message="nothing new in the curves"))
    assert live.wire.deltas()[-1][0]["curves"] == []


def test_numbers_that_are_not_finite_cross_as_names(live: Live) -> None:
    live.tell(started(10))
    live.wait(0.3)
    live.tell(stepped(1, loss=math.nan))
    live.tell(evaluated(1, {"eval_loss": math.inf, "eval_f1": math.nan}))
    live.tell(Ended(status="failed"))
    assert live.heads()[-1]["loss"] == "nan"
    assert live.panel.snapshot["rows"][0]["metrics"] == {"loss": "inf", "f1": "nan"}
    assert number(None) is None
    assert number(0.123456789) == 0.1234568


def test_rows_have_metrics_without_prefix_and_timings(live: Live) -> None:
    live.tell(started(10))
    live.tell(evaluated(5, {"eval_loss": 0.5, "eval_f1": 0.8}))
    (row,) = live.wire.deltas()[-1][0]["rows"]
    assert row == {"number": 1, "step": 5, "epoch": 0.05, "metrics": {"loss": 0.5, "f1": 0.8}}


def test_warnings_outlast_notes() -> None:
    warning = Diagnosed(message="careful", level="warning", step=1)
    notes = [Diagnosed(message=f"note {index}") for index in range(8)]
    shown = newest([warning, *notes])
    assert [message["text"] for message in shown] == ["careful", "note 4", "note 5", "note 6", "note 7"]
    assert shown[0]["level"] == "warning"


def test_messages_cross_only_when_there_are_new_ones(live: Live) -> None:
    live.tell(started(10))
    live.tell(Diagnosed(message="look"))
    live.wait(1.1)
    live.tell(stepped(1))
    first, second = (delta for delta, _, _ in live.wire.deltas())
    assert first["messages"] == [{"level": "note", "text": "look", "step": 0}]
    assert "messages" not in second


def test_the_hint_is_synced_and_closing_frees_the_comm(live: Live) -> None:
    assert live.panel.get_state("hint") == {"hint": "interrupt to stop"}
    live.panel.close_view()
    assert live.panel.comm is None
