"""The diagnosis of a run: each rule on its own run, and no rule on a healthy one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nbtrain.events import (
    Baselines,
    Created,
    Ended,
    Evaluated,
    Event,
    Examined,
    Nonfinite,
    Prepared,
    Saved,
    Started,
    Status,
    Stepped,
    TaskSpec,
)
from nbtrain.events.codec import from_json
from nbtrain.events.state import RunState
from nbtrain.views import diagnosis, summary
from nbtrain.views.browser_json import problems as problems_shown
from nbtrain.views.diagnosis.finding import Finding

RUNS = Path(__file__).parents[1] / "fixtures" / "runs"
STEPS = 10
"""Steps between two evaluations of a run that is made here."""


def state_of(
    validation: Sequence[float],
    training: Sequence[float],
    values: Sequence[float] | None = None,
    *,
    metric: str = "accuracy",
    status: Status = "finished",
    weights: int = 0,
    config: str = 'model = "demo"',
    kept: Sequence[int] = (),
    steps: int = STEPS,
    rates: Sequence[float] = (5e-5,),
    norms: Sequence[float] = (1.0,),
    prepared: dict[str, Any] | None = None,
    others: Sequence[Event] = (),
) -> RunState:
    """A run that is evaluated every `steps` steps; `max_steps` is 100 more than it has done unless it finished. The
    learning rates and gradient norms are repeated.
    """
    last = steps * len(validation)
    made: list[Event] = [Created(run="a", config=config, directory="a")]
    if prepared is not None:
        spec = TaskSpec("text_classification", ("text",), ("label",), ("ham", "spam"), prepared.pop("options", {}))
        made.append(Prepared(spec=spec, **{"sizes": {"train": 900, "validation": 400}, **prepared}))
    made.append(Started(max_steps=last if status == "finished" else last + 100, epochs=3, batch_size=8))
    made += others
    for number, loss in enumerate(validation):
        for step in range(steps * number + 1, steps * number + steps + 1):
            rate, norm = rates[(step - 1) % len(rates)], norms[(step - 1) % len(norms)]
            facts: dict[str, Any] = {"learning_rate": rate, "grad_norm": norm, "seconds": 1, "examples": 8}
            made.append(Stepped(step=step, epoch=step / steps, loss=training[number], **facts))
        metrics = {"eval_loss": loss} | ({f"eval_{metric}": values[number]} if values else {})
        made.append(Evaluated(step=steps * (number + 1), epoch=number + 1, metrics=metrics))
    made += [Saved(step=step, path=f"checkpoint-{step}") for step in kept]
    return RunState.fold([*made, Ended(step=last, status=status, weights=weights or last)])


def found(state: RunState, rule: str) -> Finding | None:
    return next((finding for finding in diagnosis.diagnose(state) if finding.id == rule), None)


def said(state: RunState, rule: str) -> str:
    finding = found(state, rule)
    return "" if finding is None else finding.sentence


def problems(state: RunState) -> list[str]:
    """The rules that hold, without those about how to go on."""
    return [one.id for one in diagnosis.diagnose(state) if one.id not in ("weights", "resume", "not_evaluated")]


def recorded(name: str) -> RunState:
    lines = (RUNS / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
    return RunState.fold(event for event in map(from_json, lines) if event is not None)


@pytest.mark.parametrize("file", sorted(RUNS.glob("healthy-*.jsonl")), ids=lambda file: file.stem)
def test_no_rule_holds_for_a_healthy_run(file: Path) -> None:
    assert problems(recorded(file.stem)) == []
    assert file.stat().st_size < 30_000


@pytest.mark.parametrize(
    ("name", "rule", "evidence"),
    [
        ("overfitting", "overfitting", "since step 20 the validation loss has risen from 0.5225 to 1.4721"),
        ("rate-too-high", "nothing_learned", "after 100 steps the training loss is 0.73"),
    ],
)
def test_a_rule_holds_for_a_recorded_mistake(name: str, rule: str, evidence: str) -> None:
    state = recorded(name)
    assert problems(state) == [rule]
    finding = found(state, rule)
    assert finding is not None and evidence in finding.evidence


def test_the_weights_are_the_last_ones_and_the_best_have_a_checkpoint() -> None:
    text = said(state_of([0.6, 0.4, 0.5], [0.6, 0.5, 0.4], kept=[20, 30]), "weights")
    assert "step 30, the last" in text
    assert "best by validation loss was step 20" in text
    assert "`run.branch(step=20)`" in text and "`load_best_model_at_end = true`" in text


def test_no_branch_is_offered_without_a_checkpoint_or_a_configuration() -> None:
    assert "branch" not in said(state_of([0.6, 0.4, 0.5], [0.6, 0.5, 0.4], kept=[30]), "weights")
    assert "branch" not in said(state_of([0.6, 0.4, 0.5], [0.6, 0.5, 0.4], kept=[20], config=""), "weights")


def test_the_weights_are_the_best_ones() -> None:
    text = said(state_of([0.6, 0.4, 0.5], [0.6, 0.5, 0.4], weights=20), "weights")
    assert text == "Weights: those of step 20, the best by validation loss."
    tied = state_of([0.6, 0.4, 0.5], [0.6, 0.5, 0.4], [0.9, 0.9, 0.9], weights=30, kept=[20])
    assert "best by accuracy was step 20" in said(tied, "weights"), "the validation loss breaks the tie"


def test_one_evaluation_leaves_no_question() -> None:
    assert said(state_of([0.6], [0.6]), "weights") == ""


OVERFITTED = ([0.7, 0.6, 0.66, 0.9, 1.47], [0.7, 0.5, 0.3, 0.1, 0.01])


def test_plain_overfitting_is_said_with_its_numbers() -> None:
    text = said(state_of(*OVERFITTED), "overfitting")
    assert "since step 20" in text
    assert "from 0.6000 to 1.4700" in text and "from 0.5000 to 0.0100" in text
    assert "`early_stopping_patience = 2`" in text


def test_a_checkpoint_before_the_overfitting_is_offered_with_half_the_rate() -> None:
    finding = found(state_of(*OVERFITTED, kept=[20, 50]), "overfitting")
    assert finding is not None and "`run.branch(step=20, learning_rate=2.5e-5)`" in finding.action


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
    assert found(state_of(validation, training), "overfitting") is None


def test_losses_that_still_fall_without_a_gap_are_underfitting() -> None:
    finding = found(state_of([0.68, 0.6, 0.5], [0.69, 0.62, 0.52], kept=[30]), "underfitting")
    assert finding is not None and "from 0.6000 to 0.5000" in finding.evidence
    assert finding.action == "Train longer: `run.branch(step=30, num_train_epochs=6)`."
    assert found(state_of([0.68, 0.6, 0.5], [0.69, 0.5, 0.3]), "underfitting") is None, "there is a gap"
    assert found(state_of([0.68, 0.6, 0.59], [0.69, 0.62, 0.6]), "underfitting") is None, "it hardly falls"


BALANCED = {"counts": [450, 450]}


@pytest.mark.parametrize(("rate", "action"), [(1e-3, "`learning_rate = 3e-5`"), (5e-5, "labels and texts")])
def test_a_loss_of_ln_2_means_that_nothing_was_learned(rate: float, action: str) -> None:
    loss = math.log(2)
    state = state_of([loss] * 3, [loss] * 3, [0.5] * 3, steps=20, rates=[rate], prepared=dict(BALANCED))
    finding = found(state, "nothing_learned")
    assert finding is not None and "after 60 steps the training loss is 0.6931, and 0.6931" in finding.evidence
    assert action in finding.action


def test_nothing_learned_is_measured_by_the_shares_of_the_classes() -> None:
    entropy = -0.9 * math.log(0.9) - 0.1 * math.log(0.1)
    rare: dict[str, Any] = {"counts": [810, 90]}
    assert found(state_of([0.4] * 3, [entropy] * 3, steps=20, prepared=dict(rare)), "nothing_learned") is not None
    assert found(state_of([0.4] * 3, [0.2] * 3, steps=20, prepared=dict(rare)), "nothing_learned") is None
    weighted = {**rare, "options": {"class_weights": [0.5, 5]}}
    assert found(state_of([0.7] * 3, [0.69] * 3, steps=20, prepared=weighted), "nothing_learned") is None


def test_a_class_that_is_never_predicted_is_named() -> None:
    examined = Examined(step=60, labels=[370, 30], predicted=[400, 0])
    state = state_of([0.5, 0.3, 0.3], [0.5, 0.3, 0.2], steps=20, prepared={"counts": [800, 100]}, others=[examined])
    finding = found(state, "class_never_predicted")
    assert finding is not None and "`spam` (30 of 400)" in finding.evidence and "step 60" in finding.evidence
    assert '`class_weights = "auto"`' in finding.action


def test_a_class_of_a_few_rows_may_be_missed() -> None:
    examined = Examined(step=60, labels=[396, 4], predicted=[400, 0])
    state = state_of([0.5, 0.3, 0.3], [0.5, 0.3, 0.2], steps=20, prepared=dict(BALANCED), others=[examined])
    assert found(state, "class_never_predicted") is None


@pytest.mark.parametrize(
    ("reached", "level", "numbers"),
    [
        (0.68, "warning", "always answering `spam` gives 0.6800"),
        (0.70, "note", "word counts reaches 0.7200"),
        (0.73, None, ""),
    ],
)
def test_a_metric_below_a_baseline(reached: float, level: str | None, numbers: str) -> None:
    simple = Baselines(answer="`spam`", constant={"accuracy": 0.68}, words={"accuracy": 0.72})
    state = state_of([0.6, 0.5, 0.5], [0.6, 0.5, 0.4], [0.6, reached, 0.66], steps=20, others=[simple])
    finding = found(state, "below_baseline")
    assert (None if finding is None else finding.level) == level
    assert finding is None or numbers in finding.evidence


def test_a_lower_error_than_the_baseline_is_better() -> None:
    simple = Baselines(answer="the mean 2.5", constant={"mae": 0.9})
    losses, keys = ([0.8] * 3, [0.8] * 3), {"metric": "mae", "steps": 20, "others": [simple]}
    assert found(state_of(*losses, [0.9, 0.8, 0.8], **keys), "below_baseline") is None
    assert found(state_of(*losses, [0.9, 0.95, 0.95], **keys), "below_baseline") is not None


def test_runs_that_are_compared_by_their_loss_have_another_metric_for_the_baselines() -> None:
    simple = Baselines(answer="`spam`", constant={"accuracy": 0.68})
    started = Started(max_steps=60, epochs=3, batch_size=8, metric_for_best_model="loss", greater_is_better=False)
    state = state_of([0.6, 0.5, 0.5], [0.6, 0.5, 0.4], [0.6] * 3, steps=20, others=[simple, started])
    assert found(state, "below_baseline") is not None
    assert summary.compared(state, summary.rows(state)) == "always answering `spam` gives accuracy 0.6800"
    lines = [bin.last for bin in state.curves["metric:accuracy, always spam"].bins]
    assert lines == [20, 40, 60]


def test_a_plateau_needs_a_learning_rate_that_is_still_high() -> None:
    flat = ([0.6, 0.4, 0.4, 0.401, 0.4], [0.6, 0.3, 0.3, 0.301, 0.3])
    finding = found(state_of(*flat, status="stopped", kept=[50]), "plateau")
    assert finding is not None and "since step 20" in finding.evidence
    assert "`run.branch(step=50, learning_rate=2.5e-5)`" in finding.action
    falling = [5e-5 * (1 - step / 50) for step in range(50)]
    assert found(state_of(*flat, rates=falling), "plateau") is None, "the schedule ends the learning"


def test_a_loss_that_ends_higher_than_it_began() -> None:
    finding = found(state_of([0.8, 1.5, 2.0], [0.7, 1.5, 2.1], steps=20, rates=[1e-3]), "rate_too_high")
    assert finding is not None and "0.7000" in finding.evidence and "2.1000" in finding.evidence
    assert "`learning_rate = 3e-5`" in finding.action
    assert found(state_of([0.8, 0.7, 0.6], [0.7, 0.6, 0.5], steps=20, rates=[1e-3]), "rate_too_high") is None


def test_a_low_rate_with_a_loss_that_hardly_falls() -> None:
    losses = ([0.69, 0.68, 0.67], [0.69, 0.68, 0.67])
    finding = found(state_of(*losses, steps=20, rates=[1e-6], prepared=dict(BALANCED)), "rate_too_low")
    assert finding is not None and "`learning_rate = 3e-5`" in finding.action and "1e-6" in finding.evidence
    assert problems(state_of(*losses, steps=20, rates=[1e-6], prepared=dict(BALANCED))) == ["rate_too_low"]
    assert found(state_of(*losses, steps=20, rates=[2e-5]), "rate_too_low") is None
    assert found(state_of(*losses, steps=20, rates=[1e-6], config="lora_r = 8"), "rate_too_low") is None


def test_gradients_that_jump_again_and_again() -> None:
    losses = ([0.6, 0.5, 0.4], [0.6, 0.5, 0.4])
    finding = found(state_of(*losses, steps=20, norms=[2.0] * 9 + [60.0]), "unstable_gradients")
    assert finding is not None and "usually 2.0000" in finding.evidence and "60.0" in finding.evidence
    assert "`warmup_ratio = 0.1`" in finding.action
    warm = found(
        state_of(*losses, steps=20, norms=[2.0] * 9 + [60.0], config="warmup_ratio = 0.1"), "unstable_gradients"
    )
    assert warm is not None and "`learning_rate = 2.5e-5`" in warm.action
    assert found(state_of(*losses, steps=20, norms=[0.1] * 9 + [5.0]), "unstable_gradients") is None, "all are small"
    memorized = state_of([0.6, 0.5, 0.4], [0.6, 0.01, 0.01], steps=20, norms=[0.1] * 9 + [60.0])
    assert found(memorized, "unstable_gradients") is None


def test_a_loss_that_is_not_finite() -> None:
    event = Nonfinite(step=24, loss=math.nan, checkpoint="checkpoint-20")
    finding = found(state_of([0.6, 0.5], [0.6, 0.5], status="failed", kept=[20], others=[event]), "nonfinite_loss")
    assert finding is not None and finding.level == "error" and "nan at step 25" in finding.evidence
    assert "`run.branch(step=20, learning_rate=5e-6)`" in finding.action


def test_rows_in_both_splits() -> None:
    losses = ([0.6, 0.5], [0.6, 0.5])
    finding = found(state_of(*losses, prepared={"shared": 40}), "shared_rows")
    assert finding is not None and "40 of 400 validation rows (10.0%)" in finding.evidence
    assert '`df = df.drop_duplicates("text")`' in finding.action
    given = found(state_of(*losses, prepared={"shared": 40}, config='validation = "v.csv"'), "shared_rows")
    assert given is not None and given.action == "Remove these rows from the training data."
    assert found(state_of(*losses, prepared={"shared": 3}), "shared_rows") is None, "less than 1%"


def test_a_rare_class() -> None:
    losses = ([0.6, 0.5], [0.6, 0.5])
    finding = found(state_of(*losses, prepared={"counts": [850, 50]}), "class_imbalance")
    assert finding is not None and "`spam` has 50 of 900 training rows (5.6%)" in finding.evidence
    assert found(state_of(*losses, prepared={"counts": [800, 100]}), "class_imbalance") is None
    weighted = {"counts": [850, 50], "options": {"class_weights": [1, 9]}}
    assert found(state_of(*losses, prepared=weighted), "class_imbalance") is None


@pytest.mark.parametrize(("right", "holds"), [(60, True), (85, False)])
def test_truncated_rows_that_are_right_less_often(right: int, *, holds: bool) -> None:
    examined = Examined(step=20, truncated=(100, right), whole=(300, 270))
    prepared = {"truncated": {"validation": 100}, "options": {"max_length": 64}}
    state = state_of([0.6], [0.6], config="max_length = 64", prepared=prepared, others=[examined])
    finding = found(state, "costly_truncation")
    assert (finding is not None) == holds
    if finding is not None:
        assert "60.0% of 100 truncated" in finding.evidence and "90.0% of the other 300" in finding.evidence
        assert "`max_length = 128`" in finding.action


def test_too_few_validation_rows() -> None:
    def state(rows: int, config: str = 'model = "demo"') -> RunState:
        sizes = {"train": 1000 - rows, "validation": rows}
        return state_of([0.6], [0.6], [0.8], config=config, prepared={"counts": [500, 400], "sizes": sizes})

    finding = found(state(100), "small_validation")
    assert finding is not None and "+/- 0.08" in finding.evidence  # 1.96 * sqrt(0.8 * 0.2 / 100) = 0.0784
    assert "`validation_split = 0.25`" in finding.action  # 246 rows of 1,000
    limited = found(state(100, "max_eval_samples = 100"), "small_validation")
    assert limited is not None and "`max_eval_samples = 246`" in limited.action
    assert found(state(300), "small_validation") is None


@pytest.mark.parametrize("status", ["interrupted", "stopped", "failed"])
def test_a_run_that_did_not_reach_its_end_can_be_resumed(status: Status) -> None:
    state = state_of([0.6], [0.6], status=status)
    assert diagnosis.resume(state) == f"Resume: `%%finetune --resume {state.alias}`"
    assert diagnosis.resume(state) in said(state, "resume")


def test_nothing_to_resume() -> None:
    assert diagnosis.resume(state_of([0.6], [0.6])) == ""
    assert diagnosis.resume(state_of([0.6], [0.6], status="interrupted", config="")) == "", "the Trainer is the user's"


@pytest.mark.parametrize(
    ("config", "holds"),
    [
        ('model = "demo"', True),
        ('model = "demo"\neval_strategy = "steps"', True),
        ('model = "demo"\neval_strategy = "no"', False),
        ("eval_strategy='no'", False),
        ('# not eval_strategy = "no"\nmodel = "demo"', True),
        ("run_name = 'eval_strategy = \"no\"'", True),
    ],
)
def test_a_run_that_was_never_evaluated(config: str, *, holds: bool) -> None:
    assert (found(state_of([], [], status="stopped", config=config), "not_evaluated") is not None) is holds


def test_the_table_has_problems_before_notes() -> None:
    table = diagnosis.frame(state_of(*OVERFITTED, kept=[20]))
    assert list(table.columns) == ["id", "level", "what", "evidence", "action"]
    assert list(table["id"]) == ["overfitting", "weights"]
    assert list(table["level"]) == ["warning", "note"]


def test_nothing_is_said_of_a_run_that_has_not_begun() -> None:
    assert diagnosis.diagnose(RunState()) == []


@pytest.mark.parametrize("rule", [rule.__name__ for rule in diagnosis.RULES])
def test_the_id_of_a_finding_is_the_name_of_its_rule(rule: str) -> None:
    source = next(one for one in diagnosis.RULES if one.__name__ == rule)
    assert f'Finding("{rule}"' in Path(source.__code__.co_filename).read_text(encoding="utf-8")


def test_the_panel_gets_problems_with_a_button_where_there_is_a_checkpoint() -> None:
    [shown] = problems_shown(state_of(*OVERFITTED, kept=[20], status="stopped"))
    assert (shown["level"], shown["step"], shown["branch"]) == ("warning", 0, 20)
    assert "Branch from there with half the learning rate" in shown["text"]
    [shown] = problems_shown(state_of(*OVERFITTED))
    assert shown["branch"] == 0
