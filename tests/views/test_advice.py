"""What a record says unasked: which weights, overfitting, how to resume."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from nbtrain.events import Created, Ended, Evaluated, Event, Saved, Started, Status, Stepped
from nbtrain.events.state import RunState
from nbtrain.views import advice, summary


def state_of(
    validation: Sequence[float],
    training: Sequence[float],
    accuracy: Sequence[float] | None = None,
    *,
    status: Status = "finished",
    weights: int = 0,
    config: str = 'model = "demo"',
    kept: Sequence[int] = (),
) -> RunState:
    """A run that is evaluated every ten steps; `max_steps` is 100 more than it has done unless it finished."""
    steps = 10 * len(validation)
    made: list[Event] = [
        Created(run="a", config=config, directory="a"),
        Started(max_steps=steps if status == "finished" else steps + 100, epochs=3, batch_size=8),
    ]
    for number, loss in enumerate(validation):
        for step in range(10 * number + 1, 10 * number + 11):
            made.append(
                Stepped(step=step, epoch=0, loss=training[number], learning_rate=1, grad_norm=1, seconds=1, examples=8)
            )
        metrics = {"eval_loss": loss} | ({"eval_accuracy": accuracy[number]} if accuracy else {})
        made.append(Evaluated(step=10 * number + 10, epoch=number + 1, metrics=metrics))
    made += [Saved(step=step, path=f"checkpoint-{step}") for step in kept]
    return RunState.fold([*made, Ended(step=steps, status=status, weights=weights or steps)])


def weights(state: RunState) -> str:
    return advice.weights(state, summary.rows(state))


def overfitting(state: RunState) -> str:
    return advice.overfitting(state, summary.rows(state))


def test_the_weights_are_the_last_ones_and_the_best_have_a_checkpoint() -> None:
    said = weights(state_of([0.6, 0.4, 0.5], [0.6, 0.5, 0.4], kept=[20, 30]))
    assert "step 30, the last" in said
    assert "best by validation loss was step 20" in said
    assert "`run.branch(step=20)`" in said and "`load_best_model_at_end = true`" in said


def test_no_branch_is_offered_without_a_checkpoint_or_a_configuration() -> None:
    assert "branch" not in weights(state_of([0.6, 0.4, 0.5], [0.6, 0.5, 0.4], kept=[30]))
    assert "branch" not in weights(state_of([0.6, 0.4, 0.5], [0.6, 0.5, 0.4], kept=[20], config=""))


def test_the_weights_are_the_best_ones() -> None:
    assert weights(state_of([0.6, 0.4, 0.5], [0.6, 0.5, 0.4], weights=20)) == (
        "Weights: those of step 20, the best by validation loss."
    )
    tied = state_of([0.6, 0.4, 0.5], [0.6, 0.5, 0.4], [0.9, 0.9, 0.9], weights=30, kept=[20])
    assert "best by accuracy was step 20" in weights(tied), "the validation loss breaks the tie"


def test_one_evaluation_leaves_no_question() -> None:
    assert weights(state_of([0.6], [0.6])) == ""


def test_plain_overfitting_is_said_with_its_numbers() -> None:
    said = overfitting(state_of([0.7, 0.6, 0.66, 0.9, 1.47], [0.7, 0.5, 0.3, 0.1, 0.01]))
    assert "since step 20" in said
    assert "from 0.6000 to 1.4700" in said and "from 0.5000 to 0.0100" in said


@pytest.mark.parametrize(
    ("validation", "training"),
    [
        ([0.7, 0.6, 0.5, 0.5, 0.51], [0.7, 0.5, 0.3, 0.2, 0.1]),  # hardly higher
        ([0.7, 0.6, 0.5, 0.4, 0.9], [0.7, 0.5, 0.3, 0.2, 0.1]),  # one evaluation only
        ([0.7, 0.6, 0.66, 0.9, 1.47], [0.7, 0.5, 0.6, 0.9, 1.5]),  # the training loss rises as well: diverging
        ([0.7, 0.9], [0.7, 0.1]),
        ([0.7, float("nan"), float("nan"), float("nan")], [0.7, 0.5, 0.3, 0.1]),
    ],
)
def test_what_is_no_overfitting(validation: list[float], training: list[float]) -> None:
    assert overfitting(state_of(validation, training)) == ""


@pytest.mark.parametrize("status", ["interrupted", "stopped", "failed"])
def test_a_run_that_did_not_reach_its_end_can_be_resumed(status: Status) -> None:
    state = state_of([0.6], [0.6], status=status)
    assert advice.resume(state) == f"Resume: `%%finetune --resume {state.alias}`"
    assert advice.resume(state) in advice.sentences(state)


def test_nothing_to_resume() -> None:
    assert advice.resume(state_of([0.6], [0.6])) == ""
    assert advice.resume(state_of([0.6], [0.6], status="interrupted", config="")) == "", "the Trainer is the user's"


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ('model = "demo"', True),
        ('model = "demo"\neval_strategy = "steps"', True),
        ('model = "demo"\neval_strategy = "no"', False),
        ("eval_strategy='no'", False),
        ('# not eval_strategy = "no"\nmodel = "demo"', True),
        ("run_name = 'eval_strategy = \"no\"'", True),
    ],
)
def test_a_run_that_was_never_evaluated(config: str, *, said: bool) -> None:
    assert bool(advice.unevaluated(state_of([], [], status="stopped", config=config))) is said
