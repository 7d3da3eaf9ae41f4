"""Detect a loss that is NaN or infinite before it affects the training.

If somebody attends the run, or the run is to stop, the check is before the backward pass, so gradients, weights and the
state of the optimizer stay valid. Otherwise the loss is only reported, and the training goes on as without nbtrain.

A Trainer with a `training_step` of its own may handle such a loss itself: only the loss that it returns is checked. If
that is not finite, the gradients are computed again without the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from transformers import Trainer

from nbtrain.engine.patching import InstancePatches
from nbtrain.events import Diagnosed, Event, Nonfinite

if TYPE_CHECKING:
    from nbtrain.engine.apply_commands import CommandExecutor
    from nbtrain.engine.guards.out_of_memory import OutOfMemoryGuard
    from nbtrain.events.commands import Control

MAX_TEXTS = 8
MAX_TEXT_LENGTH = 200


class NonfiniteLossError(Exception):
    """Raised to leave a training step before its backward pass."""

    def __init__(self, loss: float) -> None:
        super().__init__(f"the loss is {loss}")
        self.loss = loss


class NonfiniteGuard:
    """Wraps `compute_loss` and `training_step` of a Trainer.

    Args:
        trainer: The Trainer.
        control: Knows whether a user can answer.
        commands: Waits for the answer.
        memory: Runs the step, and can repeat the accumulation window without a batch.
        emit: Receives the events.
        checkpoint: Returns the name of the last checkpoint, or "".
        stops: Stop the training if nobody attends the run.

    Attributes:
        skipped: Whether the latest batch is excluded from its step.
        loss: Loss of the latest batch; None before the first.
    """

    def __init__(
        self,
        trainer: Trainer,
        control: Control,
        commands: CommandExecutor,
        memory: OutOfMemoryGuard,
        emit: Callable[[Event], bool],
        checkpoint: Callable[[], str],
        *,
        stops: bool = False,
    ) -> None:
        self._trainer = trainer
        self._control = control
        self._commands = commands
        self._memory = memory
        self._emit = emit
        self._checkpoint = checkpoint
        self._stops = stops
        self._has_reported = False
        self.skipped = False
        self.loss: float | None = None
        self._in_step = False
        self._patches = InstancePatches()

    def install(self) -> None:
        self._patches.patch(self._trainer, "compute_loss", self._compute_loss)
        self._patches.patch(self._trainer, "training_step", self._training_step)

    def remove(self) -> None:
        self._patches.restore()

    def _compute_loss(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        result = original(*args, **kwargs)
        if self._memory.loss_weight is not None:
            result = self._memory.weighted(result)
        if self._in_step:
            number = number_in(result[0] if isinstance(result, tuple) else result)
            if not math.isfinite(number):
                raise NonfiniteLossError(number)
        return result

    def _training_step(
        self, original: Callable[..., torch.Tensor], model: Any, inputs: Any, *rest: Any, **named: Any
    ) -> torch.Tensor:
        self._in_step = self._can_skip and getattr(original, "__func__", None) is Trainer.training_step
        try:
            loss = self._memory.step(original, model, inputs, *rest, **named)
            self.loss = number_in(loss)
        except NonfiniteLossError as error:  # before the backward pass
            loss, self.loss = None, error.loss
        finally:
            self._in_step = False
        is_finite = math.isfinite(self.loss)
        self.skipped = self._can_skip and not is_finite
        if not is_finite and not self.skipped:
            self._diagnose(self.loss)
        if self.skipped:
            self._memory.drop_last(has_gradients=loss is not None)
            if self._memory.is_empty and self._trainer.accelerator.sync_gradients:
                self._skip_optimizer_step()
            self._report(self.loss, inputs)
        return torch.full((), math.nan, device=self._trainer.args.device) if loss is None else loss

    @property
    def _can_skip(self) -> bool:
        """Whether a batch whose loss is not finite is excluded: the user is asked what to do, or the run stops."""
        return self._stops or self._control.attended

    def _diagnose(self, loss: float) -> None:
        """Report the first loss that is not finite; nothing else changes."""
        if not self._has_reported:
            self._has_reported = True
            step = self._trainer.state.global_step
            message = f"The loss of a batch of step {step + 1} is {loss}. The training continues, as without nbtrain."
            self._emit(Diagnosed(step=step, level="warning", message=message))

    def _skip_optimizer_step(self) -> None:
        """All batches of the step were skipped. Plant an infinite gradient so that a `GradScaler` skips the step: it
        fails if there are no gradients. Without a scaler the optimizer does nothing anyway.
        """
        if self._trainer.accelerator.scaler is not None:
            parameter = next(one for one in self._trainer.model.parameters() if one.requires_grad)
            parameter.grad = torch.full_like(parameter, math.inf)

    def _report(self, loss: float, inputs: Any) -> None:
        """Emit the event, then wait for the user's answer, or stop if there is no user."""
        step, checkpoint = self._trainer.state.global_step, self._checkpoint()
        self._emit(Nonfinite(step=step, loss=loss, texts=self._texts(inputs), checkpoint=checkpoint))
        if self._control.stopping:
            return
        reason = f"The loss of a batch of step {step + 1} is {loss}; {self._describe_weights()}."
        if checkpoint:
            reason += f" The last checkpoint is {checkpoint}."
        if self._control.attended:
            self._commands.wait_for_answer(reason)
        else:
            self._emit(Diagnosed(step=step, level="error", message=f"{reason} The run stops."))
            self._control.stop(by="nonfinite")

    def _describe_weights(self) -> str:
        if all(bool(parameter.isfinite().all()) for parameter in self._trainer.model.parameters()):
            return "the weights are not affected"
        return (
            "the weights are not finite either, since an earlier step. Continue from a checkpoint with a lower "
            "learning rate"
        )

    def _texts(self, inputs: Any) -> list[str]:
        ids = inputs.get("input_ids") if hasattr(inputs, "get") else None
        tokenizer = self._trainer.processing_class
        if ids is None or not hasattr(tokenizer, "batch_decode"):
            return []
        texts = tokenizer.batch_decode(ids[:MAX_TEXTS], skip_special_tokens=False)
        pad = getattr(tokenizer, "pad_token", None)
        texts = [text.replace(pad, "").strip() if pad else text for text in texts]
        return [text if len(text) <= MAX_TEXT_LENGTH else text[: MAX_TEXT_LENGTH - 1] + "…" for text in texts]


def number_in(loss: torch.Tensor) -> float:
    """The value of `loss`; the mean if it has several elements, which is finite only if all of them are."""
    try:
        return loss.item()
    except RuntimeError:  # several elements
        return loss.detach().float().mean().item()
