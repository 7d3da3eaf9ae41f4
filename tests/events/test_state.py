"""The state is a fold over the events, the same live and from a file, and bounded."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from nbtrain.events import (
    Diagnosed,
    Ended,
    EpochEnded,
    Evaluated,
    Event,
    Paused,
    Phase,
    Prepared,
    Resumed,
    Saved,
    Started,
    Stepped,
    TaskSpec,
    journal,
)
from nbtrain.events.recorder import Recorder
from nbtrain.events.state import MAX_EVALUATIONS, RunState
from nbtrain.views import browser_json


def step(number: int, **changes: float) -> Stepped:
    values = {"loss": 1 / number, "seconds": 0.5, "time": float(number)}
    return Stepped(
        step=number, epoch=number / 10, learning_rate=1e-4, grad_norm=1.0, examples=8, **{**values, **changes}
    )  # type: ignore[arg-type]


def run(steps: int = 20) -> list[Event]:
    events: list[Event] = [
        Phase(name="read data"),
        Prepared(spec=TaskSpec("t", ("a",), ("b",)), sizes={}),
    ]
    events.append(Started(max_steps=steps, epochs=2.0, batch_size=8, time=0.5))
    for number in range(1, steps + 1):
        events.append(step(number))
        if number % 10 == 0:
            events += [
                EpochEnded(step=number, epoch=number // 10),
                Evaluated(step=number, epoch=number / 10, metrics={"eval_loss": 2 / number}),
            ]
    return events


def test_state_of_a_run() -> None:
    state = RunState.fold(run())
    assert (state.status, state.step, state.max_steps, state.epoch) == ("running", 20, 20, 2.0)
    assert state.examples_per_second == pytest.approx(16)
    assert [bin.mean for bin in state.curves["eval_loss"].bins] == [0.2, 0.1]
    assert not state.ended
    state.apply(Ended(status="finished", time=21))
    assert state.ended
    assert state.seconds_left is None


def test_the_time_left_is_estimated_from_the_speed() -> None:
    state = RunState.fold(run(20)[:3])
    assert state.seconds_left is None
    for number in range(1, 6):
        state.apply(step(number))
    assert state.seconds_left == pytest.approx(15 * 4.5 / 5)


def test_a_pause_does_not_change_the_time_left() -> None:
    state = RunState.fold(run(20)[:3])
    for number in range(1, 6):
        state.apply(step(number))
    before = state.seconds_left
    state.apply(Paused(step=5, time=5.0))
    state.apply(Diagnosed(message="while paused", time=300.0))
    assert state.seconds_left == before
    state.apply(Resumed(step=5, time=600.0))
    assert state.seconds_left == before


def test_a_slow_first_step_is_forgotten_and_an_evaluation_counts() -> None:
    state = RunState.fold([Started(max_steps=12, epochs=1.0, batch_size=8, time=0.0)])
    state.apply(step(1, seconds=30.0, time=30.0))
    state.apply(step(2, seconds=1.0, time=31.0))
    assert state.seconds_left == pytest.approx(10 * 1.0)
    state.apply(Evaluated(step=2, epoch=0.2, metrics={}, seconds=4.0, time=35.0))
    assert state.seconds_left == pytest.approx(10 * (1.0 + 4 / 2))


def test_there_is_a_curve_for_each_value_of_a_step_and_each_metric() -> None:
    state = RunState.fold(run(3))
    state.apply(replace(step(4, memory=2_000_000_000, device_memory=3_000_000_000, time=9.0), grad_norm=7.0))
    state.apply(Evaluated(step=4, epoch=1, metrics={"eval_loss": 1.0, **{f"eval_m{n}": n / 2 for n in range(20)}}))
    newest = {name: (curve.bins[-1].last, curve.bins[-1].mean) for name, curve in state.curves.items()}
    assert newest.pop("loss")[0] == newest.pop("learning_rate")[0] == 4
    assert newest == {
        "eval_loss": (4, 1.0),
        "grad_norm": (4, 7.0),
        "examples_per_second": (4, 16.0),
        "memory": (4, 2.0),
        "device_memory": (4, 3.0),
        "time": (4, 9.0),
        **{f"metric:m{n}": (4, n / 2) for n in range(6)},
    }
    assert all(len(curve.bins) <= curve.max_bins for curve in state.curves.values())


def test_a_phase_shows_until_something_else_happens() -> None:
    state = RunState.fold(run()[:1])
    assert state.phase is not None
    assert state.status == "running"
    state.apply(run()[1])
    assert state.phase is None


def test_a_run_that_waits_for_another_has_not_started() -> None:
    state = RunState.fold([Phase(name="wait for the other run", waits_for="20260101-115900-abcd")])
    assert state.status == "created"
    assert browser_json.head(state)["phase"]["waits_for"] == "20260101-115900-abcd"
    state.apply(Phase(name="wait for nothing"))
    assert state.status == "running", "only `waits_for` counts, not the name"


def test_starting_from_an_earlier_step_drops_later_events() -> None:
    state = RunState.fold([*run(), Started(step=10, max_steps=20, epochs=2.0, batch_size=8)])
    assert state.step == 10
    assert state.curves["loss"].bins[-1].last == 10
    assert [evaluation.step for evaluation in state.evaluations] == [10]


def test_its_size_is_bounded() -> None:
    state = RunState()
    for number in range(1, 20_001):
        state.apply(step(number))
        state.apply(Evaluated(step=number, epoch=0.0, metrics={"eval_loss": 1.0}))
        state.apply(Diagnosed(message="x"))
        state.apply(Saved(path="p"))
    assert len(state.evaluations) == MAX_EVALUATIONS
    assert state.evaluation_count == 20_000
    assert len(state.messages) <= 50
    assert len(state.checkpoints) <= 100
    assert len(state.curves["loss"].bins) <= 1000


def test_live_state_equals_that_of_the_journal(tmp_path: Path) -> None:
    recorder = Recorder("r1", tmp_path)
    for event in [*run(), Ended(status="finished")]:
        recorder.emit(event)
    recorder.close()
    read = RunState.fold(journal.read(tmp_path))
    live = recorder.state
    for name in ("status", "step", "epoch", "max_steps", "loss", "learning_rate", "evaluations", "prepared"):
        mine, theirs = getattr(live, name), getattr(read, name)
        assert str(mine)[:40] == str(theirs)[:40], name
    assert [bin.first for bin in live.curves["loss"].bins] == [bin.first for bin in read.curves["loss"].bins]


def test_each_evaluation_set_has_a_curve_and_their_number_is_bounded() -> None:
    state = RunState()
    for step in range(1, 11):
        metrics = {
            "eval_easy_loss": 1 / step,
            "eval_hard_loss": 2 / step,
            "eval_hard_f1": 0.5,
            f"eval_{step}_loss": 9.0,
        }
        state.apply(Evaluated(step=step, epoch=step, metrics=metrics))
    assert list(state.validation) == ["eval_easy_loss", "eval_hard_loss", "eval_1_loss", "eval_2_loss"]
    assert [bin.mean for bin in state.validation["eval_hard_loss"].bins] == [2 / step for step in range(1, 11)]


def test_a_metric_called_loss_is_no_evaluation_set() -> None:
    state = RunState.fold([Evaluated(step=1, epoch=1, metrics={"eval_loss": 1.0, "eval_token_loss": 2.0})])
    assert list(state.validation) == ["eval_loss"]
    assert RunState().validation["eval_loss"].bins == []
