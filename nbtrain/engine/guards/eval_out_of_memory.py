"""Evaluate in smaller micro-batches when memory runs out. The predictions are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbtrain.engine.guards.memory import attempt, facts
from nbtrain.engine.guards.microbatches import batch_size, loss_weights, max_input_length, split_batch
from nbtrain.engine.patching import InstancePatches
from nbtrain.errors import NotEnoughMemoryError
from nbtrain.events import Diagnosed, Event

if TYPE_CHECKING:
    from transformers import Trainer

Outputs = tuple[Any, Any, Any]
"""Loss, logits and labels, as `prediction_step` returns them."""


class EvaluationMemoryGuard:
    """Wraps `prediction_step` and `evaluation_loop` of a Trainer.

    Attributes:
        parts: Micro-batches into which each batch is split.
    """

    def __init__(self, trainer: Trainer, emit: Callable[[Event], Any]) -> None:
        self.parts = 1
        self._trainer = trainer
        self._emit = emit
        self._patches = InstancePatches()

    def install(self) -> None:
        self._patches.patch(self._trainer, "prediction_step", self._step)
        self._patches.patch(self._trainer, "evaluation_loop", self._loop)

    def remove(self) -> None:
        self._patches.restore()

    def _step(self, original: Callable[..., Outputs], model: Any, inputs: Any, *rest: Any, **named: Any) -> Outputs:
        while True:
            output, message = attempt(lambda: self._in_micro_batches(original, model, inputs, *rest, **named))
            if output is not None:
                return output
            self._split_further(inputs, message)

    def _loop(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        output, message = attempt(lambda: original(*args, **kwargs))
        if output is None:
            numbers = facts(self._trainer, parameters=True)
            raise NotEnoughMemoryError(
                f"Out of memory while gathering the outputs of an evaluation ({numbers}): {message}\n"
                "    Set eval_accumulation_steps = 1, so that outputs are moved off the device after each batch."
            )
        return output

    def _split_further(self, inputs: Any, reason: str) -> None:
        size = batch_size(inputs)
        if size <= self.parts:
            length = max_input_length(inputs)
            numbers = facts(self._trainer, f"inputs of up to {length} tokens" if length else "", parameters=True)
            raise NotEnoughMemoryError(
                f"Out of memory while evaluating, even with one example at a time ({numbers}): {reason}\n"
                "    Set eval_accumulation_steps = 1, so that outputs are moved off the device after each batch, or "
                "use a smaller max_length."
            )
        self.parts *= 2
        message = (
            f"Out of memory while evaluating {size} examples at once. From now on each batch of an evaluation is split "
            f"into {self.parts} micro-batches. Next time set per_device_eval_batch_size = {-(-size // self.parts)}."
        )
        self._emit(Diagnosed(step=self._trainer.state.global_step, level="warning", message=message))

    def _in_micro_batches(
        self, original: Callable[..., Outputs], model: Any, inputs: Any, *rest: Any, **named: Any
    ) -> Outputs:
        if self.parts == 1 or batch_size(inputs) <= 1:
            return original(model, inputs, *rest, **named)
        micro_batches = split_batch(inputs, self.parts)
        outputs = [original(model, each, *rest, **named) for each in micro_batches]
        weights = loss_weights(micro_batches, shifted=bool(getattr(self._trainer, "_loss_shifts_labels", False)))
        losses, logits, labels = zip(*outputs, strict=True)
        weighted = [loss * weight for loss, weight in zip(losses, weights, strict=True) if loss is not None and weight]
        loss = sum(weighted[1:], weighted[0]) if weighted else None
        return loss, _concatenate(logits), _concatenate(labels)


def _concatenate(parts: tuple[Any, ...]) -> Any:
    """The logits or labels of all micro-batches; None if one has none."""
    from transformers.trainer_pt_utils import nested_concat

    result = parts[0]
    for part in parts[1:]:
        result = None if result is None else nested_concat(result, part, padding_index=-100)
    return result
