"""What the user commanded, in words."""

from __future__ import annotations

from typing import Any

import pytest

from nbtrain.events import Commanded
from nbtrain.events.commands import COMMANDS
from nbtrain.views.commands import label, marks, merged, sentence


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
        ("step", {"steps": 1}, "step 1", "went on for 1 step"),
        ("step", {"steps": 10}, "step 10", "went on for 10 steps"),
        ("checkpoint", {}, "save", "saved a checkpoint"),
        ("stop", {}, "stop", "stopped"),
        ("stop", {"by": "interrupt"}, "stop", "stopped by an interrupt"),
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
    assert marks([*paused, changed, resumed]) == [(4, "lr 1e-5, pause, evaluate")]
    assert marks([resumed]) == [(4, "resume")]
