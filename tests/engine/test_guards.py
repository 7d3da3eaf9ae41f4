"""Out of memory, losses that are not finite, full disks: how a run continues."""

from __future__ import annotations

import gc
import math
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import Trainer

from nbtrain.engine.stream import Stream
from nbtrain.errors import NotEnoughMemoryError
from nbtrain.events import Commanded, Diagnosed, Event, Nonfinite, Paused, Saved, Split, Stepped, Waiting
from nbtrain.events.commands import Control

MakeTrainer = Callable[..., Any]
NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}


def without_dropout(trainer: Any) -> Any:
    for module in trainer.model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    return trainer


def limited_to(size: int, *, error: str = "CUDA out of memory. Tried to allocate 20 GiB") -> type[Trainer]:
    """A Trainer whose device has memory for `size` examples. It runs out in the middle of the forward pass."""

    class Limited(Trainer):
        calls: list[int]

        def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            count = len(inputs["input_ids"])
            self.calls = [*getattr(self, "calls", []), count]
            loss = super().compute_loss(model, inputs, *args, **kwargs)
            if count > size and model.training:
                ballast = torch.ones(1000, requires_grad=True) * loss
                self.ballast = weakref.ref(ballast)
                raise torch.OutOfMemoryError(error)
            return loss

    return Limited


def train(trainer: Any, answer: Callable[[Control], None] | None = None) -> list[Event]:
    """Train as a cell does, with a user who answers each pause, or with nobody at it."""
    events = []
    with Stream(trainer, guarded=True, stops_if_nonfinite=True) as stream:
        stream.control.attended = answer is not None
        for event in stream:
            events.append(event)
            if isinstance(event, Waiting) and answer is not None:
                answer(stream.control)
    return events


def of(events: list[Event], kind: type[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def weights(trainer: Any) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in trainer.model.state_dict().items()}


def close(left: Any, right: Any) -> bool:
    return all(torch.allclose(left[name], right[name], atol=2e-5) for name in left)


def equal(left: Any, right: Any) -> bool:
    return all(torch.equal(left[name], right[name]) for name in left)


OPTIONS: list[dict[str, Any]] = [
    {"per_device_train_batch_size": 8},
    {"per_device_train_batch_size": 5},
    {"per_device_train_batch_size": 6, "gradient_accumulation_steps": 3},
    {"per_device_train_batch_size": 8, "label_smoothing_factor": 0.1},
]


def test_losses_that_are_divided_by_num_items_in_batch_add_up(make_trainer: MakeTrainer) -> None:
    def by_items(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        loss = torch.nn.functional.cross_entropy(outputs.logits, labels, reduction="sum")
        return loss / num_items_in_batch

    options = {"per_device_train_batch_size": 6, "gradient_accumulation_steps": 2, "optim": "sgd", "max_steps": 4}
    results = []
    for trainer_class in (Trainer, limited_to(2)):
        trainer = without_dropout(make_trainer("run", trainer_class=trainer_class, **options))
        trainer.compute_loss_func = by_items
        train(trainer)
        results.append(weights(trainer))
    assert close(*results)


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(str(value) for value in options.values()))
def test_the_same_gradients_in_micro_batches(make_trainer: MakeTrainer, options: dict[str, Any]) -> None:
    options = {**options, "learning_rate": 1e-3, "optim": "sgd", "max_grad_norm": 0.5}
    plain = without_dropout(make_trainer("plain", **options))
    plain.train()
    trainer = without_dropout(make_trainer("run", trainer_class=limited_to(2), **options))
    events = train(trainer)
    assert close(weights(plain), weights(trainer))
    assert [event.parts for event in of(events, Split)] in ([2, 4], [2], [2, 3])
    assert max(trainer.calls[-12:]) <= 2, "the split is remembered"
    assert len(of(events, Stepped)) == plain.state.global_step
    losses = [event.loss for event in of(events, Stepped)]
    logged = [entry["loss"] for entry in plain.state.log_history if "loss" in entry]
    assert sum(losses[:3]) / 3 == pytest.approx(logged[0], abs=1e-4), "the losses are the same, too"
    (warning, *_) = of(events, Diagnosed)
    assert "per_device_train_batch_size = " in warning.message


def test_a_window_is_repeated_completely(make_trainer: MakeTrainer) -> None:
    """Memory runs out at the third batch of the window; the first two already have gradients."""

    class Later(Trainer):
        calls = 0

        def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            if model.training:
                Later.calls += 1
                if Later.calls == 3:
                    raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 1 bytes.")
            return super().compute_loss(model, inputs, *args, **kwargs)

    options = {"gradient_accumulation_steps": 4, "learning_rate": 1e-3, "optim": "sgd", "max_steps": 2}
    plain = without_dropout(make_trainer("plain", **options))
    plain.train()
    trainer = without_dropout(make_trainer("run", trainer_class=Later, **options))
    events = train(trainer)
    assert [event.parts for event in of(events, Split)] == [2]
    assert close(weights(plain), weights(trainer))


def test_one_example_that_does_not_fit(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run", trainer_class=limited_to(0))
    with pytest.raises(NotEnoughMemoryError, match="one example at a time") as caught:
        train(trainer)
    assert "12 tokens" in str(caught.value)
    assert "million parameters" in str(caught.value)
    assert "max_length" in str(caught.value)
    gc.collect()
    assert trainer.ballast() is None, "the error holds no tensors"
    trainer.__class__ = Trainer
    assert trainer.train().global_step == 16


def test_an_evaluation_that_does_not_fit(make_trainer: MakeTrainer) -> None:
    class Large(Trainer):
        def prediction_step(self, *args: Any, **kwargs: Any) -> Any:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")

    trainer = make_trainer("run", trainer_class=Large, eval_strategy="epoch", per_device_eval_batch_size=6)
    with pytest.raises(NotEnoughMemoryError, match="eval_accumulation_steps = 1"):
        train(trainer)


def test_other_errors_are_raised(make_trainer: MakeTrainer) -> None:
    class Broken(Trainer):
        def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
            raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        train(make_trainer("run", trainer_class=Broken))


def test_without_errors_nothing_changes(make_trainer: MakeTrainer) -> None:
    options = {"gradient_accumulation_steps": 3, "eval_strategy": "epoch"}
    plain = make_trainer("plain", **options)
    plain.train()
    trainer = make_trainer("run", **options)
    train(trainer)
    assert equal(weights(plain), weights(trainer))


def spoiled(*calls: int, value: float = math.nan) -> type[Trainer]:
    """A Trainer whose loss is `value` at these calls, counted from 1."""

    class Spoiled(Trainer):
        count = 0

        def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            loss = super().compute_loss(model, inputs, *args, **kwargs)
            if model.training:
                Spoiled.count += 1
            return loss * value if model.training and Spoiled.count in calls else loss

    return Spoiled


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_without_a_user_it_stops_with_finite_weights(make_trainer: MakeTrainer, value: float) -> None:
    plain = make_trainer("plain", max_steps=5, lr_scheduler_type="constant")
    plain.train()
    trainer = make_trainer("run", trainer_class=spoiled(6, value=value), lr_scheduler_type="constant",
                           save_strategy="steps", save_steps=4)  # fmt: skip
    events = train(trainer)
    (found,) = of(events, Nonfinite)
    assert found.step == 5
    assert not math.isfinite(found.loss)
    assert found.checkpoint == "checkpoint-4"
    assert equal(weights(plain), weights(trainer))
    assert of(events, Stepped)[-1].step == 6
    (said,) = of(events, Diagnosed)
    assert said.level == "error"
    assert "checkpoint-4" in said.message


def test_skipping_the_batch(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run", trainer_class=spoiled(3, 9))
    events = train(trainer, Control.skip)
    assert [event.step for event in of(events, Paused)] == [2, 8]
    reason = of(events, Paused)[0].reason
    assert "step 3" in reason and "nan" in reason and "not affected" in reason
    assert [event.command for event in of(events, Commanded)] == ["skip", "skip"]
    losses = {event.step: event.loss for event in of(events, Stepped)}
    assert len(losses) == 16
    assert [step for step, loss in losses.items() if not math.isfinite(loss)] == [3, 9]
    assert all(bool(value.isfinite().all()) for value in weights(trainer).values())


def test_stopping_keeps_the_weights_before_the_batch(make_trainer: MakeTrainer) -> None:
    options = {"lr_scheduler_type": "constant", "save_strategy": "epoch"}
    plain = make_trainer("plain", max_steps=2, **options)
    plain.train()
    trainer = make_trainer("run", trainer_class=spoiled(3), **options)
    events = train(trainer, Control.stop)
    assert equal(weights(plain), weights(trainer))
    assert [event.step for event in of(events, Saved)] == [3]


def test_only_the_bad_batch_of_a_window_is_skipped(make_trainer: MakeTrainer) -> None:
    trainer = without_dropout(
        make_trainer("run", trainer_class=spoiled(2), gradient_accumulation_steps=2, max_steps=1, optim="sgd")
    )
    before = weights(trainer)
    events = train(trainer, Control.skip)
    assert math.isfinite(of(events, Stepped)[0].loss)
    assert of(events, Stepped)[0].examples == 4
    assert not equal(before, weights(trainer)), "the other batch of the window is used"


def test_a_full_disk_does_not_end_the_training(make_trainer: MakeTrainer, small_disk: Path) -> None:
    trainer = make_trainer("run", save_strategy="steps", save_steps=4)
    trainer.args.output_dir = str(small_disk)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(1_950_000))
    events = []
    with Stream(trainer, guarded=True) as stream:
        for event in stream:
            events.append(event)
            if isinstance(event, Stepped) and event.step == 9:
                ballast.unlink()
    assert of(events, Stepped)[-1].step == 16
    assert [event.step for event in of(events, Saved)] == [12, 16]
    warnings = of(events, Diagnosed)
    assert [event.step for event in warnings] == [4, 8]
    assert "disk is full" in warnings[0].message
    assert sorted(path.name for path in small_disk.glob("checkpoint-*")) == ["checkpoint-12", "checkpoint-16"]
