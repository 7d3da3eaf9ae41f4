"""Isolation: what other code does to random numbers, settings and accelerate is undone; a look leaves no trace."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from accelerate.state import AcceleratorState
from transformers import TrainingArguments

import nbtrain
from nbtrain.engine.isolation import ProcessState, isolated
from nbtrain.engine.untouched import preserve_training_state

if TYPE_CHECKING:
    from transformers import Trainer

MakeTrainer = Callable[..., "Trainer"]


def draw() -> tuple[float, float, float]:
    return random.random(), float(np.random.rand()), float(torch.rand(1))


def test_what_happens_inside_is_undone() -> None:
    before, threads = ProcessState.current(), torch.get_num_threads()
    expected = draw()
    before.enter()
    with isolated():
        draw()
        torch.set_num_threads(threads + 1)
        torch.set_default_dtype(torch.float64)
    assert (draw(), torch.get_num_threads(), torch.get_default_dtype()) == (expected, threads, torch.float32)


def test_it_is_undone_after_an_error() -> None:
    before = ProcessState.current()
    expected = draw()
    before.enter()
    try:
        with isolated():
            draw()
            raise ValueError
    except ValueError:
        assert draw() == expected


def test_a_world_is_entered_again_and_again() -> None:
    world = ProcessState.current()
    values = []
    for _ in range(2):
        with isolated(world):
            values.append(draw())
    assert values[0] == values[1]


def test_accelerate_is_as_before_for_the_objects_that_there_are(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("a")
    with isolated():
        assert TrainingArguments(use_cpu=True).device.type == "cpu"
        AcceleratorState._reset_state(True)
        assert AcceleratorState._shared_state == {}
    assert trainer.accelerator.state.__dict__ is AcceleratorState._shared_state
    assert trainer.accelerator.distributed_type.value == "NO"


def test_a_look_at_every_step_changes_nothing(make_trainer: MakeTrainer) -> None:
    given = {"max_steps": 6, "eval_strategy": "steps", "eval_steps": 2}
    plain = make_trainer("plain", **given)
    plain.train()
    looked = make_trainer("looked", **given)
    looks: list[Any] = []
    for _ in nbtrain.stream(looked):
        flags, modes = dict(vars(looked.control)), [module.training for module in looked.model.modules()]
        with preserve_training_state(looked):
            looked.model.train()
            looks.append(looked.predict(looked.eval_dataset))
            looked.evaluate()
        assert vars(looked.control) == flags
        assert [module.training for module in looked.model.modules()] == modes
    one, two = plain.model.state_dict(), looked.model.state_dict()
    assert all(torch.equal(value, two[name]) for name, value in one.items())
    assert not np.array_equal(looks[0].predictions, looks[-1].predictions)
