"""The user's commands as sentences, labels and marks."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from nbtrain.events import Commanded
from nbtrain.events.commands import COMMANDS
from nbtrain.views.annotations import LABEL_GAP, MAX_LABEL_LENGTH, label, marks, merged, place_labels, sentence

WIDTH, LETTER = 460.0, 4.5


@pytest.mark.parametrize(
    ("command", "values", "short", "long"),
    [
        ("set", {"learning_rate": 1e-5}, "lr 1e-5", "learning rate set to 1e-5"),
        (
            "set",
            {"learning_rate": 2e-5, "weight_decay": 0.1},
            "lr 2e-5, decay 0.1",
            "learning rate set to 2e-5, weight decay set to 0.1",
        ),
        ("step", {"steps": 1}, "step 1", "ran 1 step"),
        ("step", {"steps": 10}, "step 10", "ran 10 steps"),
        ("checkpoint", {}, "save", "saved a checkpoint"),
        ("stop", {}, "stop", "stopped"),
        ("stop", {"by": "interrupt"}, "stop", "interrupted"),
    ],
)
def test_words(command: str, values: dict[str, Any], short: str, long: str) -> None:
    event = Commanded(step=1200, command=command, values=values)
    assert label(event) == short
    assert sentence(event) == f"step 1,200: {long}"


def test_every_command_has_words() -> None:
    for command in COMMANDS:
        values: dict[str, Any] = {"set": {"weight_decay": 0.0}, "step": {"steps": 2}}.get(command, {})
        said = sentence(Commanded(step=1, command=command, values=values))
        assert said != f"step 1: {command}"


def test_a_slider_that_was_dragged_is_one_change() -> None:
    dragged = [Commanded(step=4, command="set", values={"learning_rate": rate}) for rate in (3e-5, 2e-5, 1e-5)]
    decay = Commanded(step=4, command="set", values={"weight_decay": 0.1})
    later = Commanded(step=5, command="set", values={"learning_rate": 2e-5})
    assert [event.values for event in merged([*dragged, decay, later])] == [
        {"learning_rate": 1e-5, "weight_decay": 0.1},
        {"learning_rate": 2e-5},
    ]


def test_one_mark_a_step_with_what_matters_first() -> None:
    paused = [Commanded(step=4, command=name) for name in ("pause", "evaluate")]
    changed = Commanded(step=4, command="set", values={"learning_rate": 1e-5})
    resumed = Commanded(step=4, command="resume")
    assert marks([*paused, changed, resumed]) == [(4, "lr 1e-5, evaluate")]
    assert marks([resumed]) == [(4, "resume")]
    assert marks([paused[0], resumed, Commanded(step=4, command="stop"), changed]) == [(4, "lr 1e-5, stop")]


def test_a_record_has_no_marks_of_pauses() -> None:
    commands = [Commanded(step=step, command=name) for step, name in enumerate(("pause", "step", "resume", "epoch"))]
    stop = Commanded(step=9, command="stop")
    assert marks([*commands, stop], moves=False) == [(9, "stop")]
    assert len(marks([*commands, stop])) == 5


@pytest.mark.parametrize("count", [1, 3, 10, 100])
def test_labels_cross_neither_each_other_nor_a_line(count: int) -> None:
    noise = random.Random(count)
    steps = sorted(noise.sample(range(1000), count))
    marks = [(step, "lr 1e-5, pause"[: noise.randint(4, 14)]) for step in steps]
    scale = WIDTH / 1000
    placed = place_labels(marks, scale, WIDTH, LETTER)
    spans = []
    for one in placed:
        at, size = one.step * scale, len(one.text) * LETTER
        spans.append(
            (at + LABEL_GAP, at + LABEL_GAP + size) if one.on_right else (at - LABEL_GAP - size, at - LABEL_GAP)
        )
    assert all(start >= 0 and end <= WIDTH for start, end in spans)
    assert all(first[1] < second[0] for first, second in itertools.pairwise(spans))
    assert not any(start < step * scale < end for start, end in spans for step in steps)


def test_a_cluster_is_labelled_on_both_sides() -> None:
    placed = place_labels([(500, "lr 1e-5"), (502, "lr 2e-5"), (504, "lr 3e-5")], 0.4, WIDTH, LETTER)
    assert [(one.text, one.on_right) for one in placed] == [("lr 1e-5", False), ("lr 3e-5", True)]


def test_the_last_step_is_labelled_on_its_left() -> None:
    [one] = place_labels([(1000, "stop")], WIDTH / 1000, WIDTH, LETTER)
    assert not one.on_right


def test_a_long_label_is_truncated() -> None:
    [one] = place_labels([(10, "lr 1e-5, decay 0.1, evaluate, save")], 0.4, WIDTH, LETTER)
    assert len(one.text) == MAX_LABEL_LENGTH
