"""Where memory runs out in an evaluation, its batches are worked on in smaller pieces; the predictions are the same."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from nbtrain.engine.guards.memory import attempt, facts
from nbtrain.engine.guards.microbatches import batch_size, cut, longest, shares
from nbtrain.engine.patching import Wraps
from nbtrain.errors import NotEnoughMemoryError
from nbtrain.events import Diagnosed, Event

if TYPE_CHECKING:
    from transformers import Trainer

Outputs = tuple[Any, Any, Any]
"""Loss, logits and labels, as `prediction_step` gives them."""


class SmallerEvaluation:
    """Stands around `prediction_step` and `evaluation_loop` of a Trainer.

    Attributes:
        parts: Pieces in which each batch is worked on.
    """

    def __init__(self, trainer: Trainer, emit: Callable[[Event], Any]) -> None:
        self.parts = 1
        self._trainer = trainer
        self._emit = emit
        self._wraps = Wraps()

    def install(self) -> None:
        self._wraps.wrap(self._trainer, "prediction_step", self._step)
        self._wraps.wrap(self._trainer, "evaluation_loop", self._loop)

    def remove(self) -> None:
        self._wraps.undo()

    def _step(self, original: Callable[..., Outputs], model: Any, inputs: Any, *rest: Any, **named: Any) -> Outputs:
        while True:
            output, said = attempt(lambda: self._in_pieces(original, model, inputs, *rest, **named))
            if output is not None:
                return output
            self._make_smaller(inputs, said)

    def _loop(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        output, said = attempt(lambda: original(*args, **kwargs))
        if output is None:
            numbers = facts(self._trainer, parameters=True)
            raise NotEnoughMemoryError(
                f"Memory ran out while the outputs of an evaluation were gathered ({numbers}): {said}\n"
                "    Write eval_accumulation_steps = 1, so that they do not stay on the device."
            )
        return output

    def _make_smaller(self, inputs: Any, said: str) -> None:
        size = batch_size(inputs)
        if size <= self.parts:
            length = longest(inputs)
            numbers = facts(self._trainer, f"inputs of up to {length} tokens" if length else "", parameters=True)
            raise NotEnoughMemoryError(
                f"Memory ran out while evaluating, even with one example at a time ({numbers}): {said}\n"
                "    Write eval_accumulation_steps = 1, so that the outputs do not stay on the device, or a smaller "
                "max_length."
            )
        self.parts *= 2
        message = (
            f"Memory ran out while evaluating {size} examples at once. Each batch of an evaluation is worked on in "
            f"{self.parts} pieces from now on. Next time write per_device_eval_batch_size = {-(-size // self.parts)}."
        )
        self._emit(Diagnosed(step=self._trainer.state.global_step, level="warning", message=message))

    def _in_pieces(
        self, original: Callable[..., Outputs], model: Any, inputs: Any, *rest: Any, **named: Any
    ) -> Outputs:
        if self.parts == 1 or batch_size(inputs) <= 1:
            return original(model, inputs, *rest, **named)
        pieces = cut(inputs, self.parts)
        outputs = [original(model, piece, *rest, **named) for piece in pieces]
        weights = shares(pieces, shifted=bool(getattr(self._trainer, "_loss_shifts_labels", False)))
        losses, logits, labels = zip(*outputs, strict=True)
        counting = [loss * share for loss, share in zip(losses, weights, strict=True) if loss is not None and share]
        loss = sum(counting[1:], counting[0]) if counting else None
        return loss, _joined(logits), _joined(labels)


def _joined(parts: tuple[Any, ...]) -> Any:
    from transformers.trainer_pt_utils import nested_concat

    joined = parts[0]
    for part in parts[1:]:
        joined = None if joined is None else nested_concat(joined, part, padding_index=-100)
    return joined
