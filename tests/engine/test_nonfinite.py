"""Losses that are not finite in hard cases: in micro-batches, in a custom training step, with a gradient scaler."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Trainer

from nbtrain.events import Commanded, Diagnosed, Nonfinite, Paused, Resumed, Stepped
from nbtrain.events.commands import Control
from tests.engine.test_guards import limited_to, of, spoiled, train, weights, without_dropout

MakeTrainer = Callable[..., Any]


class OwnStep(Trainer):
    """It calls the model itself, so its loss can only be checked after the backward pass."""

    bad: tuple[int, ...] = ()
    count = 0

    def training_step(self, model: Any, inputs: Any, num_items_in_batch: Any = None) -> Any:
        model.train()
        loss = model(**inputs).loss / self.current_gradient_accumulation_steps
        self.count += 1
        if self.count in self.bad:
            loss = loss * math.nan
        self.accelerator.backward(loss)
        return loss.detach()


def test_a_custom_training_step(make_trainer: MakeTrainer) -> None:
    options = {"trainer_class": OwnStep, "optim": "sgd", "max_steps": 1, "max_grad_norm": 0.0}
    plain = without_dropout(make_trainer("plain", learning_rate=5e-3, **options))
    plain.train()  # one batch, as remains of a window of two
    trainer = without_dropout(make_trainer("run", learning_rate=1e-2, gradient_accumulation_steps=2, **options))
    trainer.bad = (2,)
    events = train(trainer, Control.skip)
    assert [event.step for event in of(events, Nonfinite)] == [0]
    assert [event.examples for event in of(events, Stepped)] == [4]
    left, right = weights(plain), weights(trainer)
    assert all(torch.allclose(left[name], right[name], atol=1e-7) for name in left)


def by_items(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
    return torch.nn.functional.cross_entropy(outputs.logits, labels, reduction="sum") / num_items_in_batch


def after_one_step(make_trainer: MakeTrainer, trainer_class: type[Trainer], batches: int, rate: float) -> Any:
    """The weights after a step of plain gradient descent with a window of `batches` batches."""
    options = {"gradient_accumulation_steps": batches, "max_steps": 1, "optim": "sgd", "max_grad_norm": 0.0}
    trainer = without_dropout(make_trainer("run", trainer_class=trainer_class, learning_rate=rate, **options))
    trainer.compute_loss_func = by_items
    events = train(trainer, Control.skip)
    return weights(trainer), of(events, Stepped)[0].examples


@pytest.mark.parametrize("split", [False, True])
def test_the_step_uses_exactly_the_other_batches(make_trainer: MakeTrainer, split: bool) -> None:
    """A window of three batches with a bad third one: two thirds of the gradient of the first two. With
    micro-batches, half of the bad batch already has gradients.
    """

    class Bad(limited_to(2) if split else Trainer):  # type: ignore[misc]
        count = 0

        def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            loss = super().compute_loss(model, inputs, *args, **kwargs)
            if len(inputs["input_ids"]) == (2 if split else 4):
                Bad.count += 1
            return loss * math.nan if Bad.count == (6 if split else 3) else loss

    left, learned = after_one_step(make_trainer, Bad, batches=3, rate=1.5e-2)
    right, _ = after_one_step(make_trainer, Trainer, batches=2, rate=1e-2)
    assert learned == 8
    assert all(torch.allclose(left[name], right[name], atol=1e-6) for name in left)
    before = weights(without_dropout(make_trainer("run")))
    assert max(float((left[name] - before[name]).abs().max()) for name in left) > 1e-4, "more than the tolerance"


@pytest.mark.parametrize("command", ["resume", "step", "skip"])
def test_resuming_skips_the_batch(make_trainer: MakeTrainer, command: str) -> None:
    asked = []

    def answer(control: Control) -> None:
        asked.append(control.paused)
        if len(asked) in (1, 2):  # "step" pauses again
            control.request(command if len(asked) == 1 else "resume")

    trainer = make_trainer("run", trainer_class=spoiled(3))
    events = train(trainer, answer)
    assert "skip" in [event.command for event in of(events, Commanded)]
    assert of(events, Commanded)[0].step == 2
    assert len(of(events, Paused)) == len(of(events, Resumed))
    assert len(of(events, Stepped)) == 16


def test_a_gradient_scaler_skips_an_empty_step(make_trainer: MakeTrainer) -> None:
    """As with fp16 on a GPU; a scaler cannot step without gradients."""
    trainer = make_trainer("run", trainer_class=spoiled(3), max_steps=4, save_strategy="no")
    trainer.accelerator.scaler = torch.amp.GradScaler("cpu", init_scale=2.0)
    seen: dict[int, Any] = {}

    def answer(control: Control) -> None:
        seen[3] = weights(trainer)
        control.skip()

    events = train(trainer, answer)
    assert len(of(events, Stepped)) == 4
    assert seen
    assert all(bool(value.isfinite().all()) for value in weights(trainer).values())
    assert trainer.accelerator.scaler.get_scale() == 1.0, "it backed off once"


def test_weights_that_are_not_finite_are_reported(make_trainer: MakeTrainer) -> None:
    class Poisoned(Trainer):
        def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            if self.state.global_step == 2:
                with torch.no_grad():
                    next(iter(model.parameters())).fill_(math.nan)
            return super().compute_loss(model, inputs, *args, **kwargs)

    events = train(make_trainer("run", trainer_class=Poisoned))
    (said,) = of(events, Diagnosed)
    assert "weights are not finite" in said.message
    assert "lower learning rate" in said.message
    assert "not affected" not in said.message


def test_the_batch_is_shown_as_text(make_trainer: MakeTrainer, tiny_model: Path) -> None:
    from transformers import AutoTokenizer

    trainer = make_trainer("run", trainer_class=spoiled(1))
    trainer.processing_class = AutoTokenizer.from_pretrained(tiny_model)
    (found,) = of(train(trainer), Nonfinite)
    assert len(found.texts) == 4
    assert any(word in " ".join(found.texts) for word in ("cat", "dog", "bird"))
    assert all(len(text) <= 200 for text in found.texts)


def test_the_trainers_logs_stay_plausible(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run", trainer_class=spoiled(2), logging_steps=2, max_steps=4, learning_rate=1e-6)
    train(trainer, Control.skip)
    first, second = (entry["loss"] for entry in trainer.state.log_history if "loss" in entry)
    assert first == pytest.approx(second, abs=0.25), "the skipped batch counts as the mean of the others"


def test_it_stops_once(make_trainer: MakeTrainer) -> None:
    """Two bad batches in the window that the run stops after: there is one message."""
    trainer = make_trainer("run", trainer_class=spoiled(2, 3), gradient_accumulation_steps=4)
    events = train(trainer)
    assert len(of(events, Nonfinite)) == 2
    assert len(of(events, Diagnosed)) == 1
    assert of(events, Commanded)[-1].values == {"by": "nonfinite"}
    assert of(events, Stepped)[-1].step == 1
