"""One rule says which evaluation is the best, for the panel, the record, comparisons and checkpoints."""

from __future__ import annotations

import math
import re
from pathlib import Path
from types import SimpleNamespace

import comm
import pytest
from msgspec.structs import replace

from nbtrain.events import Ended, Evaluated, Event, Saved, Started, best
from nbtrain.events.recorder import Recorder
from nbtrain.training.checkpoints import Checkpoints
from nbtrain.views.record import Record
from tests.notebook.wire import Live, Wire

LOWER = ["perplexity", "wer", "error", "mape", "brier", "root_mean_squared_error", "edit_distance"]
HIGHER = ["accuracy", "f1_macro", "pearsonr", "rouge2", "recall@10"]

METRICS = {
    **{name: ([7.0, 3.0, 5.0], 2) for name in LOWER},
    **{name: ([0.7, 0.3, 0.5], 1) for name in HIGHER},
}
"""For each metric its values in three evaluations, and the number of the best of these."""


def evaluated(*rows: dict[str, float]) -> list[Event]:
    """A run with these evaluations, ten steps apart."""
    made: list[Event] = [Started(max_steps=10 * len(rows), epochs=len(rows), batch_size=8)]
    for number, row in enumerate(rows, 1):
        metrics = {f"eval_{name}": value for name, value in row.items()}
        made.append(Evaluated(step=10 * number, epoch=number, metrics=metrics))
    return made


def marked(made: list[Event], monkeypatch: pytest.MonkeyPatch) -> dict[str, int | None]:
    """The step of the row that each view marks; None where it marks none."""
    monkeypatch.setattr(comm, "create_comm", Wire)
    live = Live()
    for event in [*made, Ended(step=made[-1].step, status="finished")]:
        live.tell(event)
    record = Record(live.state)
    in_html = [_int(step) for step in re.findall(r"<td[^>]*><b>([\d,]+)</b>", record.html())[:1]]
    in_text = [_int(line.split()[1]) for line in record.text().splitlines() if re.match(r"\* \s*\d", line)]
    numbers = {"panel": live.panel.snapshot["head"]["best_row"], "record as data": record.json()["best_row"]}
    steps = {view: None if number is None else 10 * number for view, number in numbers.items()}
    return {**steps, "record": next(iter(in_html), None), "record as text": next(iter(in_text), None)}


def _int(text: str) -> int:
    return int(text.replace(",", ""))


def kept(made: list[Event], folder: Path) -> set[int]:
    """The steps of the checkpoints that may not be deleted, since they are the best."""
    recorder = Recorder("a")
    trainer = SimpleNamespace(state=SimpleNamespace(best_model_checkpoint=None))
    for event in [*made, *(Saved(step=event.step, path=f"checkpoint-{event.step}") for event in made[1:])]:
        recorder.emit(event)
    checkpoints = Checkpoints(recorder, trainer, folder, policy="all")  # type: ignore[arg-type]
    return {int(path.name.rpartition("-")[2]) for path in checkpoints._best()}


@pytest.mark.parametrize("name", METRICS)
def test_all_views_mark_the_same_row(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    values, number = METRICS[name]
    made = evaluated(*({"loss": 0.5, name: value} for value in values))
    assert set(marked(made, monkeypatch).values()) == {10 * number}
    assert kept(made, tmp_path) == {10 * number}


@pytest.mark.parametrize(
    ("losses", "step"),
    [([0.5, 0.4, 0.6], 20), ([0.4, 0.4, 0.6], 10), ([math.nan, 0.9, 0.9], 20), ([math.nan] * 3, 10)],
)
def test_the_loss_breaks_ties_then_the_time(
    losses: list[float], step: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = evaluated(*({"loss": loss, "accuracy": 1.0} for loss in losses), {"loss": 0.1, "accuracy": 0.9})
    assert set(marked(made, monkeypatch).values()) == {step}
    assert kept(made, tmp_path) == {step}


def test_a_single_evaluation_is_not_marked(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(marked(evaluated({"loss": 0.5, "f1": 0.8}), monkeypatch).values()) == {None}


def test_without_another_metric_the_loss_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(marked(evaluated({"loss": 0.5}, {"loss": 0.3}, {"loss": 0.4}), monkeypatch).values()) == {20}


def test_a_value_that_is_not_finite_is_never_the_best() -> None:
    rows = [{"f1": value} for value in (math.nan, 0.8, 0.9, 0.9, math.inf)]
    any_metric = best.Objective()
    assert any_metric.best_of(rows, "f1") == 2
    assert any_metric.best_of(rows[:1], "f1") is None
    assert any_metric.best_of([], None) is None
    assert any_metric.best_of([{}], None) is None


UNKNOWN = [{"entropy": 3.0, "num_tokens": 10.0, "validation loss": loss} for loss in (0.5, 0.4, 0.6)]


def test_without_a_known_direction_the_loss_decides() -> None:
    assert best.Objective().main(UNKNOWN[0]) == "validation loss"
    assert best.Objective().best_of(UNKNOWN) == 1
    assert best.Objective().best_of([{"entropy": 1.0}, {"entropy": 2.0}]) is None


@pytest.mark.parametrize(("greater", "expected"), [(True, 2), (False, 1)])
def test_the_users_metric_decides(greater: bool, expected: int) -> None:
    rows = [{"entropy": value, "accuracy": 1 - value, "validation loss": 1.0} for value in (0.5, 0.1, 0.7)]
    started = Started(
        max_steps=3, epochs=1, batch_size=1, metric_for_best_model="eval_entropy", greater_is_better=greater
    )
    assert best.Objective.of(started).best_of(rows) == expected
    by_loss = replace(started, metric_for_best_model="loss", greater_is_better=False)
    assert best.Objective.of(by_loss).main(rows[0]) == "validation loss"


@pytest.mark.parametrize(
    ("name", "direction"),
    [
        ("eval_loss", -1), ("f1_macro", 1), ("precision@5", 1), ("rougeL", 1), ("r2", 1), ("mean_token_accuracy", 1),
        ("rewards/margins", 1), ("token_error_rate", -1), ("entropy", 0), ("num_tokens", 0), ("gen_len", 0),
        ("mean_length", 0), ("closeness", 0),
    ],
)  # fmt: skip
def test_directions(name: str, direction: int) -> None:
    assert best.direction(name) == direction


def test_scores_have_no_prefix_and_the_loss_comes_first() -> None:
    event = Evaluated(epoch=1, metrics={"eval_f1": 0.5, "eval_loss": 1.0, "best_epoch": 3.0})
    assert list(best.scores(event).items()) == [("validation loss", 1.0), ("f1", 0.5), ("best_epoch", 3.0)]


@pytest.mark.parametrize(
    ("name", "lower"),
    [*((name, True) for name in (*LOWER, "validation loss", "mse")), *((name, False) for name in HIGHER)],
)
def test_direction_of_a_metric(name: str, lower: bool) -> None:
    assert (best.direction(name) < 0) is lower


def test_the_newest_number_of_a_long_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """The state drops old evaluations; their numbering continues."""
    rows = [{"loss": 0.5, "wer": 0.1 if number == 290 else 0.9} for number in range(1, 301)]
    assert set(marked(evaluated(*rows), monkeypatch).values()) == {2900}
