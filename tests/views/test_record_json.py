from __future__ import annotations

import itertools
import json
import math
from typing import Any

import nbformat
import pytest

from nbtrain import events
from nbtrain.events.state import RunState
from nbtrain.views.record_json import MAX_BYTES, MIME_TYPE, record_json
from tests.views.chart_cases import several_sets
from tests.views.conftest import finished, training

CONFIG = 'model = "bert-base-cased"\nlearning_rate = 5e-5\n'


def stored(record: dict[str, Any]) -> int:
    """Bytes that the record adds to a notebook file."""
    sizes = []
    for data in ({"text/plain": ""}, {"text/plain": "", MIME_TYPE: record}):
        output = nbformat.v4.new_output("display_data", data=data, metadata={"nbtrain": {"run": "a", "part": "record"}})
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(outputs=[output])])
        nbformat.validate(notebook)
        sizes.append(len(nbformat.writes(notebook).encode()))
    return sizes[1] - sizes[0]


def numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return numbers(list(value.values()))
    if isinstance(value, list):
        return [number for item in value for number in numbers(item)]
    return [value] if isinstance(value, float) else []


def test_every_kind_of_run_is_small_plain_json(states: dict[str, RunState]) -> None:
    for name, state in states.items():
        record = record_json(state, CONFIG, "runs/a", states["finished"])
        assert json.loads(json.dumps(record, allow_nan=False)) == record, name
        assert stored(record) <= MAX_BYTES
        assert all(float(f"{number:.7g}") == number for number in numbers(record))
        assert record["version"] == 1 and record["config"] == CONFIG.strip() and record["directory"] == "runs/a"


def test_what_is_in_it(states: dict[str, RunState]) -> None:
    record = record_json(states["stopped"], CONFIG)
    assert record["head"]["status"] == "stopped"
    assert record["status"] == "Stopped at step 200 of 459"
    assert record["scores"] == ["accuracy 0.7507", "f1 0.8400", "validation loss 0.5356"]
    assert record["effort"] == ["200 steps", "1.31 epochs", "1:04", "82.8 examples/s"]
    assert record["setup"][:2] == ["text classification", "sentence1 + sentence2 -> label"]
    assert record["rows"] == [
        {
            "number": 1,
            "step": 153,
            "epoch": 1.0,
            "metrics": {"loss": 0.5355556, "accuracy": 0.7506667, "f1": 0.84},
            "training_loss": pytest.approx(0.5458, abs=1e-4),
            "seconds": 46.47,
        }
    ]
    assert record["marks"] == [{"step": 97, "label": "lr 1e-5"}, {"step": 200, "label": "stop"}]
    assert {"level": "command", "text": "step 97: learning rate set to 1e-5"} in record["messages"]
    assert record["best_row"] is None and record["evaluations"] == 1
    extra = ["examples_per_second", "grad_norm", "learning_rate", "metric:accuracy", "metric:f1", "time"]
    assert sorted(record["curves"]) == sorted(["eval_loss", "loss", *extra])
    assert bins(record, "time")[-1][3] == pytest.approx(2 + 200 * 0.29)
    first, last, low, high, mean = bins(record)[0]
    assert first == 1 and last >= first and low <= mean <= high
    assert bins(record)[-1][1] == 200
    assert record_json(states["failed"])["reason"] == "OutOfMemoryError: CUDA out of memory."


def test_each_evaluation_set_has_a_curve() -> None:
    state = RunState.fold(several_sets())
    curves = record_json(state)["curves"]
    assert {name for name in curves if "loss" in name} == {"eval_easy_loss", "eval_hard_loss", "loss"}
    assert "metric:hard_f1" in curves
    step, loss = curves["eval_hard_loss"].split(";")[0].split()
    first = state.evaluations[0]
    assert (int(step), float(loss)) == (first.step, pytest.approx(first.metrics["eval_hard_loss"]))


def bins(record: dict[str, Any], curve: str = "loss") -> list[list[float]]:
    """First step, last step, low, high and mean of each bin, as a reader of the text finds them."""
    found = [[float(value) for value in one.split()] for one in record["curves"][curve].split(";")]
    return [[one[0], one[0], one[1], one[1], one[1]] if len(one) == 2 else one for one in found]


def test_a_run_without_evaluations(states: dict[str, RunState]) -> None:
    for name in ("no evaluation", "no step", "created", "failed before"):
        record = record_json(states[name])
        assert record["rows"] == [] and record["best_row"] is None
    assert record_json(states["no evaluation"])["scores"][0].startswith("mean training loss 0.2")


def test_the_curve_keeps_its_extremes() -> None:
    made = training(20_000, 1, every=0, loss=lambda step, steps, noise: 9.0 if step == 777 else 0.5)
    curve = bins(record_json(RunState.fold(finished(made))))
    assert 100 <= len(curve) <= 500
    assert (curve[0][0], curve[-1][1]) == (1, 20_000)
    assert [high for first, last, _, high, _ in curve if first <= 777 <= last] == [9.0]
    assert all(after[0] == before[1] + 1 for before, after in itertools.pairwise(curve))


def test_the_run_before_a_branch(states: dict[str, RunState]) -> None:
    record = record_json(states["stopped"], parent=states["finished"])
    assert bins(record, "parent")[-1][1] == 459


def test_what_is_not_finite(states: dict[str, RunState]) -> None:
    record = record_json(states["nan"])
    assert record["rows"][-1]["metrics"]["loss"] == "nan"
    assert record["head"]["loss"] == "nan"
    assert bins(record)[-1][1] == 60
    huge = record_json(RunState.fold(training(400, 1, every=0, loss=lambda *_: 1.7e308)))
    assert {mean for *_, mean in bins(huge)} <= {math.inf, 1.7e308}
    assert math.inf not in numbers(huge)


def test_ten_thousand_evaluations() -> None:
    made = training(10_000, 1, every=1, metrics=lambda step: {"loss": 0.5, "accuracy": 0.9 if step == 9_950 else 0.1})
    record = record_json(RunState.fold(finished(made)))
    assert stored(record) <= MAX_BYTES
    assert record["evaluations"] == 10_000
    assert record["best_row"] == 9_950
    assert [row["step"] for row in record["rows"] if row["number"] == 9_950] == [9_950]
    assert record["rows"][-1]["number"] == record["rows"][-1]["step"] == 10_000
    assert len(record["rows"]) >= 10


@pytest.mark.parametrize("filling", ["a", "&", "精", "\U0001f600", "\x00", '"', ",", "["])
def test_never_larger_than_allowed(filling: str) -> None:
    made = training(9_000, 90, metrics=lambda step: {f"{filling * 50}{index}": 0.5 for index in range(60)}, pace=0.01)
    made[0] = events.Prepared(
        spec=events.TaskSpec(
            "multi_label",
            inputs=(filling * 500,) * 50,
            target=(filling * 500,) * 500,
            labels=(filling * 500,) * 500,
            options={"max_length": 128},
        ),
        sizes={filling * 500 + str(index): index for index in range(500)},
        notes=[filling * 9_000 + str(index) for index in range(60)],
    )
    made += [events.Diagnosed(step=9_000, time=99, message=f"{index}" + filling * 9_000) for index in range(60)]
    made += [events.Saved(step=step, path=f"checkpoint-{step}") for step in range(9_000)]
    made += [
        events.Commanded(step=step, command="set", values={filling * 50: 1e-5, "learning_rate": step})
        for step in range(200)
    ]
    made += [events.Phase(step=9_000, name=filling * 900), events.Paused(step=9_000, reason=filling * 9_000)]
    state = RunState.fold(made)
    state.error = filling * 9_000 + "\n" + filling * 9_000
    record = record_json(state, filling * 90_000, filling * 9_000, state)
    assert stored(record) <= MAX_BYTES
    assert record["rows"] and len(bins(record)) >= 15
