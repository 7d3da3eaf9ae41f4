"""Out of memory in hard cases: late in a window, with other losses, in evaluations, in the optimizer."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest
import torch
from transformers import BatchEncoding, Trainer

from nbtrain.engine.guards.microbatches import batch_size, equivalent_batch, loss_weights, split_batch
from nbtrain.errors import NotEnoughMemoryError
from nbtrain.events import Diagnosed, Evaluated, Split
from tests.engine.test_guards import limited_to, of, train, weights, without_dropout

MakeTrainer = Callable[..., Any]
SGD = {"learning_rate": 1e-3, "optim": "sgd", "max_steps": 2}


def full_at(*calls: int) -> type[Trainer]:
    """A Trainer whose memory runs out at these forward passes of its training, counted from 1."""

    class Full(Trainer):
        count = 0

        def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            if model.training:
                Full.count += 1
                if Full.count in calls:
                    raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().compute_loss(model, inputs, *args, **kwargs)

    return Full


def distance(left: Any, right: Any) -> float:
    one, other = weights(left), weights(right)
    return max(float((one[name].float() - other[name].float()).abs().max()) for name in one)


@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_at_any_batch_of_a_window(make_trainer: MakeTrainer, call: int) -> None:
    """Also at the last one, before the optimizer step."""
    options = {"gradient_accumulation_steps": 4, **SGD}
    plain = without_dropout(make_trainer("plain", **options))
    before = weights(plain)
    plain.train()
    trainer = without_dropout(make_trainer("run", trainer_class=full_at(call), **options))
    events = train(trainer)
    assert [event.parts for event in of(events, Split)] == [2]
    assert distance(plain, trainer) < 1e-6
    moved = max(float((weights(plain)[name] - before[name]).abs().max()) for name in before)
    assert moved > 1e-4, "the steps do more than the tolerance"


def test_twice_in_one_window(make_trainer: MakeTrainer) -> None:
    """It runs out at the second batch; in the repetition, with halves, at its third micro-batch."""
    options = {"gradient_accumulation_steps": 2, **SGD}
    plain = without_dropout(make_trainer("plain", **options))
    plain.train()
    trainer = without_dropout(make_trainer("run", trainer_class=full_at(2, 5), **options))
    assert [event.parts for event in of(train(trainer), Split)] == [2, 4]
    assert distance(plain, trainer) < 1e-6


class Mean(Trainer):
    """Its loss is a mean over labels, regardless of `num_items_in_batch`; some examples have no label."""

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **kwargs: Any) -> Any:
        labels = inputs.pop("labels")
        outputs = model(**inputs)
        loss = torch.nn.functional.cross_entropy(outputs.logits, labels, ignore_index=-100)
        return (loss, outputs) if return_outputs else loss


class LimitedMean(limited_to(1), Mean):  # type: ignore[misc]
    """Only one example fits."""


def test_a_mean_loss_in_micro_batches_without_labels(make_trainer: MakeTrainer) -> None:
    runs = []
    for trainer_class in (Mean, LimitedMean):
        trainer = without_dropout(make_trainer("run", trainer_class=trainer_class, **SGD))
        labels = [-100 if index % 3 == 0 else index % 2 for index in range(32)]
        trainer.train_dataset = trainer.train_dataset.remove_columns("labels").add_column("labels", labels)
        trainer.loss_is_scaled_for_ga = False
        train(trainer)
        runs.append(trainer)
    assert distance(*runs) < 1e-6
    assert all(bool(value.isfinite().all()) for value in weights(runs[1]).values())


def test_the_fix_gives_the_same_batch(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run", trainer_class=limited_to(2), per_device_train_batch_size=6, max_steps=1)
    last = of(train(trainer), Diagnosed)[-1].message
    assert "per_device_train_batch_size = 2 and gradient_accumulation_steps = 3" in last
    assert equivalent_batch(8, 2) == (4, 2)
    assert equivalent_batch(7, 2) == (1, 7)


def test_an_evaluation_continues_in_micro_batches(make_trainer: MakeTrainer) -> None:
    class Small(Trainer):
        def prediction_step(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
            if len(inputs["input_ids"]) > 2:
                raise torch.OutOfMemoryError("CUDA out of memory.")
            return super().prediction_step(model, inputs, *args, **kwargs)

    options = {"eval_strategy": "steps", "eval_steps": 1, "per_device_eval_batch_size": 7, "max_steps": 2}
    plain = make_trainer("plain", **options)
    expected = of(train(plain), Evaluated)
    trainer = make_trainer("run", trainer_class=Small, **options)
    events = train(trainer)
    for event, other in zip(of(events, Evaluated), expected, strict=True):
        assert event.metrics == pytest.approx(other.metrics, abs=1e-6)
    assert distance(plain, trainer) == 0, "the training is not affected"
    said = [event.message for event in of(events, Diagnosed)]
    assert len(said) == 2
    assert "per_device_eval_batch_size = 2" in said[-1]


def test_memory_that_runs_out_in_the_optimizer(make_trainer: MakeTrainer) -> None:
    """Smaller batches do not help: there is an error, and the memory is freed."""
    held = []

    class Heavy(torch.optim.SGD):
        def step(self, closure: Any = None) -> None:
            moments = torch.ones(1000)
            held.append(weakref.ref(moments))
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")

    trainer = make_trainer("run")
    trainer.optimizer = Heavy(trainer.model.parameters(), lr=0.1)
    with pytest.raises(NotEnoughMemoryError, match="20 GiB") as caught:
        train(trainer)
    assert "adafactor" in str(caught.value)
    gc.collect()
    assert held[0]() is None
    assert all(parameter.grad is None for parameter in trainer.model.parameters())


def test_micro_batches_of_a_batch() -> None:
    batch = {"input_ids": torch.arange(10).reshape(5, 2), "nested": {"mask": torch.ones(5, 1)}, "scale": torch.ones(3)}
    micro_batches = split_batch(batch, 2)
    assert [len(each["input_ids"]) for each in micro_batches] == [3, 2]
    assert [len(each["nested"]["mask"]) for each in micro_batches] == [3, 2]
    assert all(len(each["scale"]) == 3 for each in micro_batches), "no row per example"
    assert loss_weights(micro_batches, shifted=False) == [0.6, 0.4]


@pytest.mark.parametrize(
    ("batch", "size"),
    [
        ({"input_ids": torch.zeros(3, 2)}, 3),
        (BatchEncoding({"input_ids": torch.zeros(3, 2)}), 3),
        ([{"nested": torch.zeros(2)}], 2),
        ({"texts": ["a", "b"]}, 0),
        ({"scale": torch.tensor(1.0)}, 0),
        ({}, 0),
        (None, 0),
    ],
)
def test_size_of_a_batch(batch: Any, size: int) -> None:
    assert batch_size(batch) == size


def test_weights_of_a_mean_over_labels() -> None:
    labels = torch.tensor([[5, 1, -100], [5, 1, 1], [5, -100, -100], [-100, 1, 1]])
    micro_batches = split_batch({"input_ids": labels, "labels": labels}, 2)
    assert loss_weights(micro_batches, shifted=False) == [5 / 8, 3 / 8]
    assert loss_weights(micro_batches, shifted=True) == [3 / 5, 2 / 5], "the first token is not predicted"
    nothing = [{"labels": torch.full((2, 3), -100)}, {"labels": torch.full((1, 3), -100)}]
    assert loss_weights(nothing, shifted=False) == [2 / 3, 1 / 3]
