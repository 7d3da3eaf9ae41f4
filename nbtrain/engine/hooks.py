"""The hooks of a stream in a Trainer: around its callbacks, and around the methods whose results no callback gets."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from msgspec.structs import replace
from transformers.trainer_pt_utils import find_batch_size

from nbtrain.engine import facts
from nbtrain.engine.apply_commands import CommandExecutor
from nbtrain.engine.guards.all import Guards
from nbtrain.engine.guards.nonfinite import number_in
from nbtrain.engine.memory import MemoryMeter
from nbtrain.engine.patching import InstancePatches
from nbtrain.engine.stoppable import StoppableEvaluations
from nbtrain.events import Diagnosed, EpochEnded, Evaluated, Event, Logged, Phase, Saved, Started, Stepped
from nbtrain.events.codec import plain
from nbtrain.events.commands import Control

if TYPE_CHECKING:
    from transformers import Trainer, TrainerControl

THROUGHPUT = ("runtime", "samples_per_second", "steps_per_second", "model_preparation_time", "jit_compilation_time")
"""Suffixes of the metrics that the Trainer adds about the speed of an evaluation."""


@dataclass
class EvaluationLoop:
    """The progress of an evaluation or prediction.

    Attributes:
        loader: Its batches; None for those that come from outside of an evaluation loop.
        done: How many are done.
    """

    loader: Any = None
    done: int = 0


class Hooks:
    """Passes an event to `emit` after the Trainer's callbacks were called, and applies the commands of `control`.

    The hooks are no callback in the Trainer's list: the list stays the user's, and a callback that changes it while
    it is called cannot skip them. What they compute for an event cannot end the training.

    Args:
        trainer: The Trainer.
        control: The queue of commands.
        emit: Receives the events; returns False for an event that does not come from the training.
        guarded: As in `Stream`.
        stops_if_nonfinite: As in `Stream`.
    """

    def __init__(
        self,
        trainer: Trainer,
        control: Control,
        emit: Callable[[Event], bool],
        *,
        guarded: bool = False,
        stops_if_nonfinite: bool = False,
    ) -> None:
        self._trainer = trainer
        self._emit_event = emit
        self._commands = CommandExecutor(trainer, control, self._emit)
        self._stoppable = StoppableEvaluations(trainer, control, self._commands.at_work_end, self._emit)
        self._patches = InstancePatches()
        self._guards: Guards | None = None
        if guarded:
            self._guards = Guards(trainer, control, self._commands, self._emit, stops_if_nonfinite=stops_if_nonfinite)
        self._losses: list[torch.Tensor | float] = []  # as numbers where a guard has read them already
        self._examples = 0
        self._memory = MemoryMeter()
        self._grad_norm: Any = None
        self._learning_rate: float | None = None
        self._loops = [EvaluationLoop()]  # those that run now, one inside the other; the first: outside of any
        self._evaluations: list[Evaluated] | None = None  # of several evaluation sets, as long as these are evaluated
        self._step_began = 0.0
        self._has_failed = False
        self._events: dict[str, Callable[..., Event | None]] = {
            name[1:]: getattr(self, name) for name in dir(self) if name.startswith("_on_")
        }

    def install(self) -> None:
        if self._guards is not None:
            self._guards.install()
        self._stoppable.install()
        self._patches.patch(self._trainer, "training_step", self._training_step)
        self._patches.patch(self._trainer, "_clip_grad_norm", self._clip_grad_norm)
        self._patches.patch(self._trainer, "evaluate", self._evaluate)
        self._patches.patch(self._trainer, "evaluation_loop", self._evaluation_loop)
        self._patches.patch(self._trainer.callback_handler, "call_event", self._call_event)

    def remove(self) -> None:
        self._patches.restore()
        self._stoppable.remove()
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
        if (problem := self._attempt(self._count, loss=loss, inputs=inputs)) is not None:
            self._emit(problem)
        return loss

    def _count(self, loss: torch.Tensor, inputs: Any) -> None:
        self._examples += num_examples(inputs)
        known = None if self._guards is None else self._guards.nonfinite.loss
        self._losses.append(loss.detach() if known is None else known)

    def _clip_grad_norm(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        self._grad_norm = original(*args, **kwargs)
        return self._grad_norm

    def _evaluate(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """The Trainer calls this again for each of several evaluation sets: they are one event."""
        asked = args[0] if args else kwargs.get("eval_dataset")
        if not isinstance(self._trainer.eval_dataset if asked is None else asked, dict):
            return original(*args, **kwargs)
        self._evaluations = []
        try:
            result = original(*args, **kwargs)
        finally:
            parts, self._evaluations = self._evaluations, None
        if parts:
            metrics = {name: value for part in parts for name, value in part.metrics.items()}
            details = {name: value for part in parts for name, value in (part.details or {}).items()}
            seconds = sum(part.seconds for part in parts)
            joined = replace(parts[-1], metrics=metrics, seconds=seconds, details=details or None)
            self._apply_commands("on_evaluate", self._trainer.control, is_ours=self._emit(joined))
        return result

    def _evaluation_loop(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """A callback may predict between two batches of an evaluation: each loop counts its own batches."""
        self._loops.append(EvaluationLoop(args[0] if args else kwargs.get("dataloader")))
        try:
            return original(*args, **kwargs)
        finally:
            self._loops.pop()

    def _call_event(
        self,
        original: Callable[..., TrainerControl],
        event: str,
        args: Any,
        state: Any,
        control: TrainerControl,
        **kwargs: Any,
    ) -> TrainerControl:
        control = original(event, args, state, control, **kwargs)
        if (make := self._events.get(event)) is not None:
            made = self._attempt(make, **kwargs)
            if isinstance(made, Evaluated) and self._evaluations is not None:
                self._evaluations.append(made)
                return control
            self._apply_commands(event, control, is_ours=made is None or self._emit(made))
        return control

    def _apply_commands(self, event: str, control: TrainerControl, *, is_ours: bool) -> None:
        if event == "on_train_begin":
            self._commands.at_train_begin(control)
        elif event == "on_step_end":
            self._commands.at_step_end(control)
        elif event == "on_epoch_end":
            self._commands.at_epoch_end(control)
        elif event in ("on_evaluate", "on_save") and is_ours:
            self._commands.at_work_end(control)

    def _attempt(self, make: Callable[..., Event | None], **kwargs: Any) -> Event | None:
        """Call `make`; what it raises is reported, once."""
        try:
            return make(**kwargs)
        except Exception as error:
            if self._has_failed:
                return None
            self._has_failed = True
            reason = f"{type(error).__name__}: {error}"
            message = f"Some events of this training are not shown ({reason})."
            return Diagnosed(step=self._step, level="warning", message=message)

    def _emit(self, event: Event) -> bool:
        """Emit `event`; returns whether it comes from the training. The time that views take counts for no step."""
        is_ours = self._emit_event(event)
        self._step_began = time.perf_counter()
        return is_ours

    @property
    def _step(self) -> int:
        return int(self._trainer.state.global_step)

    @property
    def _epoch(self) -> float:
        return float(self._trainer.state.epoch or 0.0)

    def _on_train_begin(self, **kwargs: Any) -> Event:
        self._reset_step()
        args, state = self._trainer.args, self._trainer.state
        return Started(
            step=self._step,
            max_steps=state.max_steps,
            epochs=float(state.num_train_epochs) if state.num_train_epochs < sys.maxsize else 0.0,
            batch_size=args.train_batch_size * args.gradient_accumulation_steps * args.world_size,
            weight_decay=float(args.weight_decay),
            metric_for_best_model=args.metric_for_best_model or "",
            greater_is_better=args.greater_is_better,
        )

    def _on_epoch_begin(self, **kwargs: Any) -> None:
        self._reset_step()  # the last step of an epoch may be incomplete

    def _on_optimizer_step(self, **kwargs: Any) -> None:
        groups = getattr(self._trainer.optimizer, "param_groups", None)
        if groups:  # at the end of the step the scheduler has already changed it
            self._learning_rate = float(groups[0]["lr"])

    def _on_step_end(self, **kwargs: Any) -> Event:
        state = self._trainer.state
        try:
            losses = [one if isinstance(one, float) else number_in(one) for one in self._losses]
            loss = sum(losses) if losses else math.nan
            grad_norm = None if self._grad_norm is None else float(self._grad_norm)
            seconds = round(time.perf_counter() - self._step_began, 6)  # last: on a GPU, the values above wait
            memory, device_memory = self._memory.measure(self._trainer.args.device)
            return Stepped(
                step=int(state.global_step),
                epoch=float(state.epoch or 0.0),
                loss=loss,
                learning_rate=self._learning_rate,
                grad_norm=grad_norm,
                examples=self._examples,
                seconds=seconds,
                memory=memory,
                device_memory=device_memory,
            )
        finally:
            self._reset_step()

    def _on_log(self, logs: Any = None, **kwargs: Any) -> Event:
        return Logged(step=self._step, values=facts.numbers(logs))

    def _on_prediction_step(self, **kwargs: Any) -> Event:
        loop = self._loops[-1]
        loop.done += 1
        loader = loop.loader if loop.loader is not None else self._trainer.callback_handler.eval_dataloader
        total = facts.length(loader)
        return Phase(step=self._step, name="evaluate", done=loop.done, total=total)

    def _on_predict(self, **kwargs: Any) -> None:
        self._loops[0].done = 0

    def _on_evaluate(self, metrics: Any = None, **kwargs: Any) -> Event:
        self._loops[0].done = 0
        found = facts.numbers(metrics)
        measured = {name: value for name, value in found.items() if _is_metric(name)}
        seconds = next((value for name, value in found.items() if name.endswith("_runtime")), 0.0)
        others = {name: plain(value) for name, value in (metrics or {}).items() if name not in found}
        return Evaluated(step=self._step, epoch=self._epoch, metrics=measured, seconds=seconds, details=others or None)

    def _on_save(self, **kwargs: Any) -> Event | None:
        folder = facts.checkpoint_folder(self._trainer)
        is_saved = self._guards is None or self._guards.has_saved(folder)
        return Saved(step=self._step, path=str(folder)) if is_saved else None

    def _on_epoch_end(self, **kwargs: Any) -> Event | None:
        epoch = self._epoch
        is_whole = epoch > 0 and epoch == int(epoch)  # the Trainer also calls this if it stops early
        return EpochEnded(step=self._step, epoch=int(epoch)) if is_whole else None

    def _reset_step(self) -> None:
        if self._guards is not None:
            self._guards.begin_window()
        self._losses.clear()
        self._examples, self._grad_norm = 0, None


def num_examples(inputs: Any) -> int:
    """Examples in a batch; 0 if unknown."""
    try:
        for value in inputs.values() if hasattr(inputs, "values") else ():
            if isinstance(value, torch.Tensor) and value.ndim:
                return int(value.shape[0])
        if isinstance(inputs, (list, tuple)) and all(isinstance(each, Mapping) for each in inputs):
            return len(inputs)  # as in TRL's GRPOTrainer: the rows themselves
        return int(find_batch_size(inputs) or 0)
    except Exception:  # a batch may be anything
        return 0


def _is_metric(name: str) -> bool:
    return name != "epoch" and not name.endswith(THROUGHPUT)
