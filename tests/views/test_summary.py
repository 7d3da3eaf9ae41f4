from __future__ import annotations

import math

import pytest

from nbtrain import events
from nbtrain.events.state import RunState
from nbtrain.views import summary
from tests.views.conftest import training


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("created", "Not started"),
        ("preparing", "Preparing: tokenizing 1,200 of 3,668"),
        ("no step", "Running: step 0 of 459"),
        ("running", "Running: step 200 of 459"),
        ("finished", "Finished"),
        ("stopped", "Stopped at step 200 of 459"),
        ("interrupted", "Interrupted at step 306 of 459"),
        ("failed", "Failed at step 37 of 459"),
        ("failed before", "Failed before training"),
    ],
)
def test_status(states: dict[str, RunState], name: str, words: str) -> None:
    assert summary.status(states[name]) == words


def test_early_stopping_is_told() -> None:
    state = RunState.fold([*training(until=306), events.Ended(step=306, time=99, status="finished")])
    assert summary.status(state) == "Finished at step 306 of 459"


def test_training_loss_is_the_mean_since_the_evaluation_before() -> None:
    made = training(12, 3, every=4, loss=lambda step, steps, noise: float(step))
    assert [row.training_loss for row in summary.rows(RunState.fold(made))] == [2.5, 6.5, 10.5]


def test_training_loss_of_merged_bins(states: dict[str, RunState]) -> None:
    losses = [row.training_loss or 0 for row in summary.rows(states["long"])]
    assert states["long"].curves["loss"].width > 1
    assert losses[0] == pytest.approx(0.72, abs=0.02)
    assert losses[-1] == pytest.approx(0.22, abs=0.02)


def test_an_evaluation_before_the_first_step_has_no_training_loss() -> None:
    made = [events.Started(max_steps=4, epochs=1, batch_size=8), events.Evaluated(epoch=0, metrics={"eval_loss": 0.7})]
    assert summary.rows(RunState.fold(made))[0].training_loss is None


def test_training_loss_that_is_no_number(states: dict[str, RunState]) -> None:
    assert math.isnan(summary.rows(states["nan"])[-1].training_loss or 0)


def test_best_score_is_told_when_it_is_not_the_newest(states: dict[str, RunState]) -> None:
    made = training(30, 3, metrics=lambda step: {"accuracy": 0.9 - step / 100})
    state = RunState.fold(made)
    assert summary.best_score(state, summary.rows(state)) == "best accuracy 0.8000 at step 10"
    assert summary.best_score(states["finished"], summary.rows(states["finished"])) == ""


def test_notes_in_order(states: dict[str, RunState]) -> None:
    shown = [(note.level, note.text) for note in summary.notes(states["stopped"])]
    assert [level for level, _ in shown] == ["note", "note", "command", "warning", "command"]
    assert shown[2][1] == "step 97: learning rate set to 1e-5"
    assert shown[-1][1] == "step 200: stopped"
