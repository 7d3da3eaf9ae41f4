"""The JSON form of events."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from nbtrain.events import (
    EVENT_TYPES,
    Branched,
    Commanded,
    Created,
    Diagnosed,
    Ended,
    EpochEnded,
    Evaluated,
    Event,
    Logged,
    Nonfinite,
    Paused,
    Phase,
    Predicted,
    Prepared,
    Pruned,
    Resumed,
    Saved,
    Split,
    Started,
    Stepped,
    TaskSpec,
)
from nbtrain.events.codec import from_json, to_json

STEP = Stepped(
    step=1_000_000, seq=1_000_000, time=123456.789, epoch=1.2345679012345679, loss=0.6931471824645996,
    learning_rate=4.9999994123456789e-05, grad_norm=1.2345678806304932, seconds=0.345123, examples=64,
)  # fmt: skip
"""Numbers as long as a training makes them."""


def test_round_trip() -> None:
    events = [
        STEP,
        Phase(name="tokenize", done=3, total=9),
        Phase(name="wait", waits_for="20260101-115900-abcd"),
        Evaluated(
            step=5, epoch=0.5, metrics={"eval_loss": 0.25, "eval_accuracy": 1.0}, file="evaluations/step-5.parquet"
        ),
        Commanded(step=7, command="set", values={"learning_rate": 1e-4}),
        Prepared(
            spec=TaskSpec("regression", ("é",), ("y",), options={"max_length": 8, "sizes": [224, 224]}),
            sizes={"train": 3},
            notes=["a\nb"],
        ),
    ]
    for event in events:
        line = to_json(event)
        assert "\n" not in line
        back = from_json(line)
        assert back is not None
        assert to_json(back) == line
        assert type(back) is type(event)


def test_numbers_are_read_back_exactly() -> None:
    assert from_json(to_json(STEP)) == STEP


def test_numbers_of_numpy_are_numbers() -> None:
    metrics: dict[str, Any] = {"eval_loss": np.float64(0.1), "eval_f1": np.float32(0.5), "eval_count": np.int64(3)}
    made = Evaluated(epoch=1.0, metrics=metrics, details={"table": np.array([1.0, np.nan])})
    back = from_json(to_json(made))
    assert isinstance(back, Evaluated)
    assert back.metrics == {"eval_loss": 0.1, "eval_f1": 0.5, "eval_count": 3.0}
    assert repr(back.details) == "{'table': [1.0, nan]}"


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({"grad_norm": None}, lambda event: event.grad_norm is None),
        ({"learning_rate": 0.0, "seconds": 1e-9}, lambda event: (event.learning_rate, event.seconds) == (0.0, 1e-9)),
        ({"loss": math.nan}, lambda event: math.isnan(event.loss)),
        (
            {"loss": -math.inf, "grad_norm": math.inf},
            lambda event: (event.loss, event.grad_norm) == (-math.inf, math.inf),
        ),
        ({"loss": 5.0, "time": 0.0004}, lambda event: (event.loss, event.time) == (5.0, 0.0004)),
        ({"step": 0, "seq": 0, "examples": 0}, lambda event: (event.step, event.seq, event.examples) == (0, 0, 0)),
    ],
)
def test_round_trip_of_a_step(changes: dict[str, Any], same: Callable[[Stepped], bool]) -> None:
    line = to_json(replace(STEP, **changes))
    json.loads(line, parse_constant=pytest.fail)  # NaN and Infinity are not valid JSON
    back = from_json(line)
    assert isinstance(back, Stepped)
    assert same(back)
    assert to_json(back) == line


def test_a_step_takes_less_than_250_bytes() -> None:
    assert len(to_json(STEP)) < 250


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_values_that_are_not_finite_are_null_and_listed(value: float) -> None:
    line = to_json(Evaluated(epoch=1.0, metrics={"eval_loss": value, "a/b": 0.5}))
    assert json.loads(line)["metrics"] == {"eval_loss": None, "a/b": 0.5}
    assert "NaN" not in line
    assert "Infinity" not in line
    back = from_json(line)
    assert isinstance(back, Evaluated)
    assert repr(back.metrics["eval_loss"]) == repr(value)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "{",
        "[]",
        "3",
        '{"type":"unheard"}',
        '{"type":"stepped"}',
        '{"step":3}',
        "\x00",
        '{"type":"phase","step":1,"name"',
        '{"type":"phase","name":"a"}{"type":"phase","name":"b"}',
        '{"type":["phase"]}',
        '{"type":"phase","name":3}',
    ],
)
def test_an_invalid_line_gives_none(line: str) -> None:
    assert from_json(line) is None


def test_unknown_fields_are_ignored() -> None:
    assert from_json('{"type":"phase","step":1,"seq":2,"name":"save","colour":"red"}') == Phase(
        step=1, seq=2, name="save"
    )


def test_a_phase_of_an_early_version_waits_only_by_name() -> None:
    old = from_json('{"type":"phase","step":0,"seq":2,"name":"wait for 20260101-115900-abcd","time":0.1}')
    assert isinstance(old, Phase)
    assert (old.name, old.waits_for) == ("wait for 20260101-115900-abcd", "")


def test_an_event_that_was_read_equals_the_original() -> None:
    made = Prepared(spec=TaskSpec("t", ("a", "b"), ("c",), ("d", "e"), {"max_length": 8}), sizes={}, run="r")
    back = from_json(to_json(made), "r")
    assert back == made
    assert isinstance(back, Prepared)
    other = from_json(to_json(made))
    assert isinstance(other, Prepared) and back.notes is not other.notes
    with pytest.raises(AttributeError):
        back.step = 3  # type: ignore[misc]


FIRST_FORMAT: list[Event] = [
    Created(config='model = "demo"\n', directory="/runs/é"),
    Branched(step=4, parent="a", directory="/runs/a", changes=["lr 5e-05 -> 1e-05"]),
    Phase(name="tokenize"),
    Started(max_steps=20, epochs=3.0, batch_size=8, weight_decay=0.0),
    Stepped(
        step=1, epoch=0.3333333, loss=0.6931472, learning_rate=4.999999e-05, grad_norm=None, seconds=1e-09, examples=8
    ),
    Stepped(step=2, epoch=1.0, loss=math.nan, learning_rate=None, grad_norm=math.inf, seconds=0.5, examples=8),
    Logged(step=2, values={"loss": -math.inf, "epoch": 1.0, "total_flos": 12345678.0}),
    Evaluated(step=2, epoch=1.0, metrics={"eval_loss": math.nan, "a/b": 0.5}, seconds=0.25, file="step-2.parquet"),
    EpochEnded(step=2, epoch=1),
    Saved(step=2, path="checkpoint-2", size=123456789),
    Pruned(step=2, path="checkpoint-1"),
    Commanded(step=2, command="set", values={"learning_rate": 0.0001, "weight_decay": None}),
    Commanded(step=2, command="stop"),
    Paused(step=2, reason="The loss is nan."),
    Paused(step=2),
    Resumed(step=2),
    Split(step=2, parts=4),
    Nonfinite(step=2, loss=math.nan, texts=["a\nb"]),
    Diagnosed(step=2, message="look", level="warning"),
    Predicted(step=2, file="predictions.parquet", rows=6),
    Ended(step=2, status="failed", error="ValueError: no"),
]
"""The events in `fixtures/events_first_format.jsonl`, which the first version wrote."""


def test_a_journal_of_the_first_version_is_read() -> None:
    lines = (Path(__file__).parents[1] / "fixtures" / "events_first_format.jsonl").read_bytes().splitlines()
    expected = [replace(event, run="r", seq=3, time=1.234) for event in FIRST_FORMAT]
    assert [repr(from_json(line, "r")) for line in lines] == [
        repr(event) for event in expected
    ]  # NaN is not equal to itself


def test_every_event_has_a_name_in_json() -> None:
    assert EVENT_TYPES["epochended"].__name__ == "EpochEnded"
    assert all(issubclass(kind, Event) for kind in EVENT_TYPES.values())
