"""Rescue: where memory runs out in a step, the step is done again in smaller pieces, with the same gradients.

The whole accumulation window is replayed from its beginning: gradients at zero, each batch in pieces whose losses are
weighted so that their gradients add up to those of the whole batch. The optimizer sees no difference but for rounding,
and for dropout, which draws new random numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import torch

from nbtrain.engine.guards.memory import attempt, facts
from nbtrain.engine.guards.microbatches import batch_size, cut, labels_that_count, longest, same_batch, shares
from nbtrain.engine.isolation import isolated
from nbtrain.errors import NotEnoughMemoryError
from nbtrain.events import Diagnosed, Event, Split

if TYPE_CHECKING:
    from transformers import Trainer


class Batch(NamedTuple):
    """What `training_step` was called with."""

    model: Any
    inputs: Any
    rest: tuple[Any, ...]
    named: dict[str, Any]

    @property
    def items(self) -> Any:
        """`num_items_in_batch`: what the losses of the window are to be divided by, if the Trainer counted it."""
        return self.named.get("num_items_in_batch", self.rest[0] if self.rest else None)


class Rescue:
    """Does the training steps of a Trainer.

    Args:
        trainer: The Trainer.
        emit: Takes the events.

    Attributes:
        parts: Pieces in which each batch is worked on.
        share: The part that the loss of the piece at hand has in the loss of its batch; None if it is to stay as it is.
    """

    def __init__(self, trainer: Trainer, emit: Callable[[Event], bool]) -> None:
        self.parts = 1
        self.share: float | None = None
        self._trainer = trainer
        self._emit = emit
        self._training_step: Callable[..., torch.Tensor] = trainer.training_step
        self._window: list[Batch] = []
        self._counted: bool | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the step at hand has been learned from."""
        return not self._window

    def begin_window(self) -> None:
        """A step begins: nothing of it is done yet."""
        self._window.clear()

    def leave_out(self, *, reached: bool) -> None:
        """Have the gradients be those of the window without its newest batch.

        Args:
            reached: Whether that batch has reached them.
        """
        self._window.pop()
        if reached or self.parts > 1:  # of a batch in pieces, some have
            self._replay()

    def step(self, original: Callable[..., Any], model: Any, inputs: Any, *rest: Any, **named: Any) -> torch.Tensor:
        """`original(model, inputs, ...)`, which is the Trainer's `training_step`, in as many pieces as it takes.

        Raises:
            NotEnoughMemoryError: One example at a time is too much.
        """
        self._training_step = original
        batch = Batch(model, inputs, rest, named)
        self._window.append(batch)
        loss, said = attempt(lambda: self._in_pieces(batch))
        if loss is not None:
            return loss
        self._make_smaller(said)
        return self._replay()[-1]

    def weighed(self, result: Any) -> Any:
        """What `compute_loss` returned for a piece, with the loss as the part that it has in that of the batch."""
        return (result[0] * self.share, *result[1:]) if isinstance(result, tuple) else result * self.share

    def _make_smaller(self, said: str) -> None:
        size = max(batch_size(batch.inputs) for batch in self._window)
        if size <= self.parts:
            self._trainer.model.zero_grad()
            raise NotEnoughMemoryError(self._numbers(said, size))
        self.parts *= 2
        step = self._trainer.state.global_step
        self._emit(Split(step=step, parts=self.parts))
        arguments = self._trainer.args
        next_size, times = same_batch(max(size, arguments.per_device_train_batch_size), self.parts)
        message = (
            f"Memory ran out with {size} examples at once. Each batch is worked on in {self.parts} pieces from now "
            f"on, with the same gradients. Next time write per_device_train_batch_size = {next_size} and "
            f"gradient_accumulation_steps = {arguments.gradient_accumulation_steps * times}."
        )
        self._emit(Diagnosed(step=step, level="warning", message=message))

    def _replay(self) -> list[torch.Tensor]:
        """The window from its beginning, in pieces as small as it takes; the loss of each of its batches."""
        while True:
            losses, said = attempt(self._once_more)
            if losses is not None:
                return losses
            self._make_smaller(said)

    def _once_more(self) -> list[torch.Tensor]:
        self._trainer.model.zero_grad()
        return [self._in_pieces(batch) for batch in self._window]

    def _in_pieces(self, batch: Batch) -> torch.Tensor:
        """`training_step` on each piece of a batch; the loss of all."""
        if self.parts == 1 or batch_size(batch.inputs) <= 1:
            return self._training_step(batch.model, batch.inputs, *batch.rest, **batch.named)
        pieces = cut(batch.inputs, self.parts)
        counted = self._is_counted(batch)
        losses = []
        try:
            for piece, share in zip(pieces, shares(pieces, shifted=self._shifted), strict=True):
                if share or counted:  # a mean over no label at all is not a number
                    self.share = None if counted else share
                    losses.append(self._training_step(batch.model, piece, *batch.rest, **batch.named))
        finally:
            self.share = None
        return sum(losses[1:], losses[0])

    def _is_counted(self, batch: Batch) -> bool:
        """Whether the loss is divided by the items of the whole window, so that the losses of pieces add up as they
        are; otherwise it is a mean. Models that are told the number need not use it, so one is tried with two numbers.
        """
        if batch.items is None or self._counted is not None:
            return batch.items is not None and bool(self._counted)
        examples = cut(batch.inputs, batch_size(batch.inputs))
        example = next((one for one in examples if labels_that_count(one, shifted=self._shifted) != 0), None)
        if example is None:
            return True  # there is nothing to learn from it
        once, twice = (self._loss_of(batch.model, example, batch.items * factor) for factor in (1, 2))
        if once == 0:
            return True
        self._counted = abs(twice - once / 2) < 1e-2 * abs(once)
        return self._counted

    def _loss_of(self, model: Any, inputs: Any, items: Any) -> float:
        trainer = self._trainer
        with torch.no_grad(), isolated(), trainer.compute_loss_context_manager():
            loss = trainer.compute_loss(model, dict(trainer._prepare_inputs(inputs)), num_items_in_batch=items)
        return float(loss.mean())

    @property
    def _shifted(self) -> bool:
        return bool(getattr(self._trainer, "_loss_shifts_labels", False))

    def _numbers(self, said: str, size: int) -> str:
        length = max(longest(batch.inputs) for batch in self._window)
        numbers = facts(
            self._trainer, f"batches of {size}", f"inputs of up to {length} tokens" if length else "", parameters=True
        )
        return (
            f"Memory ran out even with one example at a time ({numbers}): {said}\n"
            "    Write a smaller max_length, or take a smaller model."
        )
