"""Changes of other code to random numbers, settings and accelerate are undone; predictions do not affect a training."""

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


def test_changes_inside_are_undone() -> None:
    before, threads = ProcessState.current(), torch.get_num_threads()
    expected = draw()
    before.restore()
    with isolated():
        draw()
        torch.set_num_threads(threads + 1)
        torch.set_default_dtype(torch.float64)
    assert (draw(), torch.get_num_threads(), torch.get_default_dtype()) == (expected, threads, torch.float32)


def test_changes_are_undone_after_an_error() -> None:
    before = ProcessState.current()
    expected = draw()
    before.restore()
    try:
        with isolated():
            draw()
            raise ValueError
    except ValueError:
        assert draw() == expected


def test_a_state_can_be_restored_several_times() -> None:
    state = ProcessState.current()
    values = []
    for _ in range(2):
        with isolated(state):
            values.append(draw())
    assert values[0] == values[1]


def test_accelerate_is_restored_for_existing_objects(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("a")
    with isolated():
        assert TrainingArguments(use_cpu=True).device.type == "cpu"
        AcceleratorState._reset_state(True)
        assert AcceleratorState._shared_state == {}
    assert trainer.accelerator.state.__dict__ is AcceleratorState._shared_state
    assert trainer.accelerator.distributed_type.value == "NO"


def test_predictions_at_every_step_do_not_affect_the_training(make_trainer: MakeTrainer) -> None:
    given = {"max_steps": 6, "eval_strategy": "steps", "eval_steps": 2}
    plain = make_trainer("plain", **given)
    plain.train()
    observed = make_trainer("observed", **given)
    predictions: list[Any] = []
    for _ in nbtrain.stream(observed):
        flags, modes = dict(vars(observed.control)), [module.training for module in observed.model.modules()]
        with preserve_training_state(observed):
            observed.model.train()
            predictions.append(observed.predict(observed.eval_dataset))
            observed.evaluate()
        assert vars(observed.control) == flags
        assert [module.training for module in observed.model.modules()] == modes
    one, two = plain.model.state_dict(), observed.model.state_dict()
    assert all(torch.equal(value, two[name]) for name, value in one.items())
    assert not np.array_equal(predictions[0].predictions, predictions[-1].predictions)
