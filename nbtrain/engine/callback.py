"""The hooks of a stream in a Trainer: a callback, and wrappers of the two methods whose results no callback gets."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sized
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from nbtrain.engine.apply_commands import CommandExecutor
from nbtrain.engine.guards.all import Guards
from nbtrain.engine.guards.microbatches import batch_size
from nbtrain.engine.guards.nonfinite import number_in
from nbtrain.engine.patching import InstancePatches
from nbtrain.events import EpochEnded, Evaluated, Event, Logged, Phase, Saved, Started, Stepped
from nbtrain.events.codec import plain
from nbtrain.events.commands import Control

if TYPE_CHECKING:
    import torch
    from transformers import Trainer, TrainerControl, TrainerState, TrainingArguments

THROUGHPUT = ("runtime", "samples_per_second", "steps_per_second", "model_preparation_time", "jit_compilation_time")
"""Suffixes of the metrics that the Trainer adds about the speed of an evaluation."""


class Hooks(TrainerCallback):
    """Passes an event to `emit` for each callback of the Trainer, and applies the commands of `control`.

    Args:
        trainer: The Trainer.
        control: The queue of commands.
        emit: Receives the events; returns False for an event that does not come from the training.
        guarded: As in `Stream`.
    """

    def __init__(
        self,
        trainer: Trainer,
        control: Control,
        emit: Callable[[Event], bool],
        *,
        guarded: bool = False,
    ) -> None:
        self._trainer = trainer
        self._emit_event = emit
        self._commands = CommandExecutor(trainer, control, self._emit, self)
        self._patches = InstancePatches()
        self._guards = Guards(trainer, control, self._commands, self._emit) if guarded else None
        self._losses: list[torch.Tensor] = []
        self._examples = 0
        self._grad_norm: Any = None
        self._learning_rate: float | None = None
        self._evaluated_batches = 0
        self._step_began = 0.0

    def install(self) -> None:
        if self._guards is not None:
            self._guards.install()
        self._patches.patch(self._trainer, "training_step", self._training_step)
        self._patches.patch(self._trainer.accelerator, "clip_grad_norm_", self._clip_grad_norm)
        self._trainer.add_callback(self)

    def remove(self) -> None:
        self._trainer.remove_callback(self)
        self._patches.restore()
        if self._guards is not None:
            self._guards.remove()
        self._commands.close()
        self._losses.clear()

    def _training_step(
        self, original: Callable[..., torch.Tensor], model: Any, inputs: Any, *args: Any, **kwargs: Any
    ) -> torch.Tensor:
        loss = original(model, inputs, *args, **kwargs)
        if self._guards is not None and self._guards.nonfinite.skipped:
            return loss if self._trainer.args.logging_nan_inf_filter else loss.new_zeros(())
        self._examples += batch_size(inputs)
        self._losses.append(loss.detach())
        return loss

    def _clip_grad_norm(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._grad_norm = original(*args, **kwargs)
        return self._grad_norm

    def _emit(self, event: Event) -> bool:
        """Emit `event`; returns whether it comes from the training. The time that views take counts for no step."""
        is_ours = self._emit_event(event)
        self._step_began = time.perf_counter()
        return is_ours

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._reset_step()
        batch_size = args.train_batch_size * args.gradient_accumulation_steps * args.world_size
        self._emit(
            Started(
                step=state.global_step,
                max_steps=state.max_steps,
                epochs=float(state.num_train_epochs),
                batch_size=batch_size,
                weight_decay=float(args.weight_decay),
            )
        )
        self._commands.at_train_begin(control)

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._reset_step()  # the last step of an epoch may be incomplete

    def on_optimizer_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        optimizer = kwargs.get("optimizer")
        if optimizer is not None:  # at the end of the step the scheduler has already changed it
            self._learning_rate = float(optimizer.param_groups[0]["lr"])

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        loss = sum(map(number_in, self._losses)) if self._losses else math.nan
        grad_norm = None if self._grad_norm is None else float(self._grad_norm)
        event = Stepped(
            step=state.global_step,
            epoch=float(state.epoch or 0.0),
            loss=loss,
            learning_rate=self._learning_rate,
            grad_norm=grad_norm,
            seconds=time.perf_counter() - self._step_began,  # last: on a GPU, the values above wait for the step
            examples=self._examples,
        )
        self._reset_step()
        self._emit(event)
        self._commands.at_step_end(control)

    def on_log(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, logs: Any = None, **kwargs: Any
    ) -> None:
        values = {name: float(value) for name, value in (logs or {}).items() if isinstance(value, (int, float))}
        self._emit(Logged(step=state.global_step, values=values))

    def on_prediction_step(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        self._evaluated_batches += 1
        loader = kwargs.get("eval_dataloader")
        total = len(loader) if isinstance(loader, Sized) else 0
        self._emit(Phase(step=state.global_step, name="evaluate", done=self._evaluated_batches, total=total))

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, metrics: Any = None, **kwargs: Any
    ) -> None:
        self._evaluated_batches = 0
        metrics = metrics or {}
        measured = {name: float(value) for name, value in metrics.items() if _is_metric(name, value)}
        seconds = next((float(value) for name, value in metrics.items() if name.endswith("_runtime")), 0.0)
        details = {name: plain(value) for name, value in metrics.items() if not isinstance(value, (int, float))}
        event = Evaluated(
            step=state.global_step,
            epoch=float(state.epoch or 0.0),
            metrics=measured,
            seconds=seconds,
            details=details or None,
        )
        if self._emit(event):
            self._commands.at_work_end(control)

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any) -> None:
        path = Path(str(args.output_dir), f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}")
        is_saved = self._guards is None or self._guards.has_saved(path)
        if not is_saved or self._emit(Saved(step=state.global_step, path=str(path))):
            self._commands.at_work_end(control)

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        epoch = float(state.epoch or 0.0)
        if epoch > 0 and epoch == int(epoch):  # the Trainer also calls this if it stops early
            self._emit(EpochEnded(step=state.global_step, epoch=int(epoch)))
        self._commands.at_epoch_end(control)

    def _reset_step(self) -> None:
        if self._guards is not None:
            self._guards.begin_window()
        self._losses.clear()
        self._examples, self._grad_norm = 0, None


def _is_metric(name: str, value: Any) -> bool:
    return isinstance(value, (int, float)) and name != "epoch" and not name.endswith(THROUGHPUT)
