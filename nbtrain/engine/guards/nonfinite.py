"""A loss that is NaN or infinite is seen before it does harm: before the backward pass, so that neither gradients nor
weights nor the optimizer's moments ever hear of it. Where a Trainer has a `training_step` of its own, it is seen after
the backward pass, and the gradients are made again without it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch

from nbtrain.engine.patching import Wraps
from nbtrain.events import Diagnosed, Event, Nonfinite

if TYPE_CHECKING:
    from transformers import Trainer

    from nbtrain.engine.apply_commands import Steering
    from nbtrain.engine.guards.out_of_memory import Rescue
    from nbtrain.events.commands import Control

MOST_TEXTS = 8
TEXT_LENGTH = 200


class NonfiniteLossError(Exception):
    """Leaves a training step before its backward pass."""

    def __init__(self, loss: float) -> None:
        super().__init__(f"the loss is {loss}")
        self.loss = loss


class FiniteGuard:
    """Stands around `trainer.compute_loss` and `trainer.training_step`, with the rescue inside.

    Args:
        trainer: The Trainer.
        control: Says whether somebody can be asked.
        steering: Asks.
        rescue: Does the step; it knows the other batches of the window.
        emit: Takes the events.
        checkpoint: The last checkpoint, or "".

    Attributes:
        left_out: Whether the newest batch is no part of its step.
        loss: That of the newest batch; None before there is one.
    """

    def __init__(
        self,
        trainer: Trainer,
        control: Control,
        steering: Steering,
        rescue: Rescue,
        emit: Callable[[Event], bool],
        checkpoint: Callable[[], str],
    ) -> None:
        self._trainer = trainer
        self._control = control
        self._steering = steering
        self._rescue = rescue
        self._emit = emit
        self._checkpoint = checkpoint
        self.left_out = False
        self.loss: float | None = None
        self._in_step = False
        self._wraps = Wraps()

    def install(self) -> None:
        self._wraps.wrap(self._trainer, "compute_loss", self._look)
        self._wraps.wrap(self._trainer, "training_step", self._step)

    def remove(self) -> None:
        self._wraps.undo()

    def _look(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        if self._rescue.share is not None:
            result = self._rescue.weighed(result)
        if self._in_step:
            number = number_in(result[0] if isinstance(result, tuple) else result)
            if not math.isfinite(number):
                raise NonfiniteLossError(number)
        return result

    def _step(
        self, original: Callable[..., torch.Tensor], model: Any, inputs: Any, *rest: Any, **named: Any
    ) -> torch.Tensor:
        self._in_step = True
        try:
            loss = self._rescue.step(original, model, inputs, *rest, **named)
            self.loss = number_in(loss)
        except NonfiniteLossError as found:  # before the gradients
            loss, self.loss = None, found.loss
        finally:
            self._in_step = False
        self.left_out = not math.isfinite(self.loss)
        if self.left_out:
            self._rescue.leave_out(reached=loss is not None)
            if self._rescue.is_empty and self._trainer.accelerator.sync_gradients:
                self._step_over()
            self._ask(self.loss, inputs)
        return self._nothing() if loss is None else loss

    def _nothing(self) -> torch.Tensor:
        return torch.full((), math.nan, device=self._trainer.args.device)

    def _step_over(self) -> None:
        """Nothing is left of the window: an optimizer does nothing then, but a gradient scaler fails. It passes over a
        step in which a gradient overflows.
        """
        if self._trainer.accelerator.scaler is not None:
            parameter = next(one for one in self._trainer.model.parameters() if one.requires_grad)
            parameter.grad = torch.full_like(parameter, math.inf)

    def _ask(self, loss: float, inputs: Any) -> None:
        step, checkpoint = self._trainer.state.global_step, self._checkpoint()
        self._emit(Nonfinite(step=step, loss=loss, texts=self._texts(inputs), checkpoint=checkpoint))
        if self._control.stopping:
            return
        reason = f"The loss of a batch of step {step + 1} is {loss}; {self._state_of_weights()}."
        if checkpoint:
            reason += f" The last checkpoint is {checkpoint}."
        if self._control.attended:
            self._steering.hold(reason)
        else:
            self._emit(Diagnosed(step=step, level="error", message=f"{reason} The run stops here."))
            self._control.stop(by="nonfinite")

    def _state_of_weights(self) -> str:
        if all(bool(parameter.isfinite().all()) for parameter in self._trainer.model.parameters()):
            return "no weight has seen it"
        return (
            "the weights are not finite either, since a step before. Go on from a checkpoint, at a lower learning rate"
        )

    def _texts(self, inputs: Any) -> list[str]:
        ids = inputs.get("input_ids") if hasattr(inputs, "get") else None
        tokenizer = self._trainer.processing_class
        if ids is None or not hasattr(tokenizer, "batch_decode"):
            return []
        texts = tokenizer.batch_decode(ids[:MOST_TEXTS], skip_special_tokens=False)
        pad = getattr(tokenizer, "pad_token", None)
        texts = [text.replace(pad, "").strip() if pad else text for text in texts]
        return [text if len(text) <= TEXT_LENGTH else text[: TEXT_LENGTH - 1] + "…" for text in texts]


def number_in(loss: torch.Tensor) -> float:
    """The number that `loss` is; of several ones the mean, which is finite if all of them are."""
    try:
        return loss.item()
    except RuntimeError:  # several
        return loss.detach().float().mean().item()
