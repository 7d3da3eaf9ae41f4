"""The state is a fold over the events, the same live and from a file, and bounded."""

from __future__ import annotations

from pathlib import Path

import pytest

from nbtrain.events import (
    Diagnosed,
    Ended,
    EpochEnded,
    Evaluated,
    Event,
    Phase,
    Prepared,
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
