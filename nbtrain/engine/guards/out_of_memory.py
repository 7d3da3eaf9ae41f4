"""Repeat a training step in smaller micro-batches, with the same gradients, when memory runs out.

The whole gradient accumulation window is repeated with gradients set to zero. Each batch is split into micro-batches,
whose losses are weighted such that their gradients sum to those of the full batch. For the optimizer nothing changes
except for rounding, and for dropout, which draws new random numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from nbtrain.engine.guards.memory import attempt, facts
from nbtrain.engine.guards.microbatches import (
    batch_size,
    equivalent_batch,
    loss_weights,
    max_input_length,
    num_loss_tokens,
    split_batch,
)
from nbtrain.engine.isolation import isolated
from nbtrain.errors import NotEnoughMemoryError
from nbtrain.events import Diagnosed, Event, Split

if TYPE_CHECKING:
    from transformers import Trainer


class Batch(NamedTuple):
    """The arguments of one call of `training_step`."""

    model: Any
    inputs: Any
    rest: tuple[Any, ...]
    named: dict[str, Any]

    @property
    def items(self) -> Any:
        """`num_items_in_batch`, the divisor of the losses of the window; None if the Trainer did not count it."""
        return self.named.get("num_items_in_batch", self.rest[0] if self.rest else None)


class OutOfMemoryGuard:
    """Runs the training steps of a Trainer.

    Args:
        trainer: The Trainer.
        emit: Receives the events.

    Attributes:
        parts: Micro-batches into which each batch is split.
        loss_weight: Weight of the current micro-batch in the loss of its batch; None if its loss is used as it is.
    """

    def __init__(self, trainer: Trainer, emit: Callable[[Event], bool]) -> None:
        self.parts = 1
        self.loss_weight: float | None = None
        self._trainer = trainer
        self._emit = emit
        self._training_step: Callable[..., torch.Tensor] = trainer.training_step
        self._window: list[Batch] = []
        self._normalizes_by_items: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no batch of the current step has gradients."""
        return not self._window

    def begin_window(self) -> None:
        """A step begins: none of its batches is done yet."""
        self._window.clear()

    def drop_last(self, *, has_gradients: bool) -> None:
        """Remove the latest batch from the window, and from the gradients.

        Args:
            has_gradients: Whether the batch has contributed to the gradients.
        """
        self._window.pop()
        if has_gradients or self.parts > 1:  # of several micro-batches, some have contributed
            self._replay()

    def step(self, original: Callable[..., Any], model: Any, inputs: Any, *rest: Any, **named: Any) -> torch.Tensor:
        """Call `original`, the Trainer's `training_step`, with micro-batches that are small enough.

        Raises:
            NotEnoughMemoryError: Even one example at a time does not fit.
        """
        self._training_step = original
        batch = Batch(model, inputs, rest, named)
        self._window.append(batch)
        loss, message = attempt(lambda: self._in_micro_batches(batch))
        if loss is not None:
            return loss
        self._split_further(message)
        return self._replay()[-1]

    def weighted(self, result: Any) -> Any:
        """The result of `compute_loss` for a micro-batch, with its loss multiplied by `loss_weight`."""
        return (result[0] * self.loss_weight, *result[1:]) if isinstance(result, tuple) else result * self.loss_weight

    def _split_further(self, reason: str) -> None:
        size = max(batch_size(batch.inputs) for batch in self._window)
        if size <= self.parts:
            self._trainer.model.zero_grad()
            raise NotEnoughMemoryError(self._explain(reason, size))
        self.parts *= 2
        step = self._trainer.state.global_step
        self._emit(Split(step=step, parts=self.parts))
        arguments = self._trainer.args
        next_size, times = equivalent_batch(max(size, arguments.per_device_train_batch_size), self.parts)
        message = (
            f"Out of memory with {size} examples at once. From now on each batch is split into {self.parts} "
            f"micro-batches, with the same gradients. Next time set per_device_train_batch_size = {next_size} and "
            f"gradient_accumulation_steps = {arguments.gradient_accumulation_steps * times}."
        )
        self._emit(Diagnosed(step=step, level="warning", message=message))

    def _replay(self) -> list[torch.Tensor]:
        """Repeat the window in micro-batches that are small enough; returns the loss of each of its batches."""
        while True:
            losses, message = attempt(self._replay_once)
            if losses is not None:
                return losses
            self._split_further(message)

    def _replay_once(self) -> list[torch.Tensor]:
        self._trainer.model.zero_grad()
        return [self._in_micro_batches(batch) for batch in self._window]

    def _in_micro_batches(self, batch: Batch) -> torch.Tensor:
        """Call `training_step` for each micro-batch of a batch; returns the loss of the batch."""
        if self.parts == 1 or batch_size(batch.inputs) <= 1:
            return self._training_step(batch.model, batch.inputs, *batch.rest, **batch.named)
        micro_batches = split_batch(batch.inputs, self.parts)
        weights = loss_weights(micro_batches, shifted=self._shifted)
        adds_up = self._uses_num_items_in_batch(batch)
        losses = []
        try:
            for inputs, weight in zip(micro_batches, weights, strict=True):
                if weight or adds_up:  # the mean loss over no label is NaN
                    self.loss_weight = None if adds_up else weight
                    losses.append(self._training_step(batch.model, inputs, *batch.rest, **batch.named))
        finally:
            self.loss_weight = None
        return sum(losses[1:], losses[0])

    def _uses_num_items_in_batch(self, batch: Batch) -> bool:
        """Whether the model divides the loss by `num_items_in_batch`, so that losses of micro-batches add up without
        weights. Otherwise the loss is a mean. A model may ignore the argument, so it is called with two values, once.
        """
        if batch.items is None or self._normalizes_by_items is not None:
            return batch.items is not None and bool(self._normalizes_by_items)
        examples = split_batch(batch.inputs, batch_size(batch.inputs))
        example = next((each for each in examples if num_loss_tokens(each, shifted=self._shifted) != 0), None)
        if example is None:
            return True  # no example has a loss
        once, twice = (self._loss_of(batch.model, example, batch.items * factor) for factor in (1, 2))
        if once == 0:
            return True
        self._normalizes_by_items = abs(twice - once / 2) < 1e-2 * abs(once)
        return self._normalizes_by_items

    def _loss_of(self, model: Any, inputs: Any, items: Any) -> float:
        trainer = self._trainer
        with torch.no_grad(), isolated(), trainer.compute_loss_context_manager():
            loss = trainer.compute_loss(model, dict(trainer._prepare_inputs(inputs)), num_items_in_batch=items)
        return float(loss.mean())

    @property
    def _shifted(self) -> bool:
        return bool(getattr(self._trainer, "_loss_shifts_labels", False))

    def _explain(self, reason: str, size: int) -> str:
        length = max(max_input_length(batch.inputs) for batch in self._window)
        numbers = facts(
            self._trainer, f"batches of {size}", f"inputs of up to {length} tokens" if length else "", parameters=True
        )
        return (
            f"Out of memory even with one example at a time ({numbers}): {reason}\n"
            "    Use a smaller max_length, or a smaller model."
        )
