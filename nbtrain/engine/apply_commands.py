"""Apply the user's commands to a training at step boundaries."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from transformers.trainer_callback import DefaultFlowCallback

from nbtrain.engine.hyperparameters import set_learning_rate, set_weight_decay
from nbtrain.engine.isolation import isolated
from nbtrain.engine.stoppable import GenerationStopped, stoppable
from nbtrain.events import Commanded, Diagnosed, Event, Paused, Resumed, Waiting
from nbtrain.events.commands import Command, Control

if TYPE_CHECKING:
    from transformers import Trainer, TrainerControl


class CommandExecutor:
    """Applies the commands of a `Control` to a Trainer. The hooks call it at step boundaries.

    Args:
        trainer: The Trainer.
        control: The queue of commands.
        emit: Receives the events.
    """

    def __init__(self, trainer: Trainer, control: Control, emit: Callable[[Event], bool]) -> None:
        self._trainer = trainer
        self._control = control
        self._emit = emit
        self._paused = False
        self._pause_after: int | None = None
        self._pause_after_epoch = False
        self._skip = False
        self._is_executing = False
        self._load_best = bool(trainer.args.load_best_model_at_end)

    def close(self) -> None:
        """Restore the Trainer's arguments."""
        self._trainer.args.load_best_model_at_end = self._load_best
        self._control.paused = False

    def at_train_begin(self, control: TrainerControl) -> None:
        """Called before the first step, with a new optimizer and schedule, or with those of a checkpoint."""
        self._apply(control)
        self._wait(control)

    def at_step_end(self, control: TrainerControl) -> None:
        """Called after a step, before the Trainer evaluates or saves."""
        if self._control.waiting:
            self._apply(control)
        if self._control.stopping:
            self._stop(control)
        if self._pause_after is not None and self._trainer.state.global_step >= self._pause_after:
            self._paused, self._pause_after = True, None
        if self._paused:
            self._wait(control)

    def at_epoch_end(self, control: TrainerControl) -> None:
        """Called when an epoch is done or was stopped early, before the Trainer evaluates or saves."""
        if self._control.stopping and not _is_whole(self._trainer.state.epoch):
            control.should_evaluate = control.should_save = False  # the stop has saved already
        if not (control.should_evaluate or control.should_save):
            self._pause_for_epoch(control)

    def at_work_end(self, control: TrainerControl) -> None:
        """Called after an evaluation or a save."""
        if self._is_executing:
            return
        if self._control.stopping:  # requested meanwhile: do not train another step
            self._apply(control)
        if _is_whole(self._trainer.state.epoch) and not control.should_save:
            self._pause_for_epoch(control)

    def wait_for_answer(self, reason: str) -> bool:
        """Pause in the middle of a step for `reason`, until the user answers.

        Returns:
            True to continue without the current batch, False to stop the run.
        """
        self._skip, self._paused = False, True
        self._begin_pause(reason)
        flags = dict(vars(self._trainer.control))
        while not (self._skip or self._control.stopping) and self._poll(self._trainer.control):
            pass
        if self._control.stopping:  # it takes effect at the end of this step, which is a step boundary
            vars(self._trainer.control).update(flags)
        elif not self._skip:  # "resume" and similar commands mean the same here
            self._record(Command("skip"))
        self._paused = False
        self._end_pause()
        return not self._control.stopping

    def _pause_for_epoch(self, control: TrainerControl) -> None:
        if self._pause_after_epoch:
            self._paused, self._pause_after_epoch = True, False
            self._wait(control)

    def _wait(self, control: TrainerControl) -> None:
        if self._paused:
            self._begin_pause()
            while self._poll(control):
                pass
            self._end_pause()

    def _begin_pause(self, reason: str = "") -> None:
        self._control.paused = True
        self._emit(Paused(step=self._trainer.state.global_step, reason=reason))

    def _end_pause(self) -> None:
        self._control.paused = False
        self._emit(Resumed(step=self._trainer.state.global_step))

    def _poll(self, control: TrainerControl) -> bool:
        """Yield to the code that drives the training, then apply new commands; returns whether the pause continues."""
        self._emit(Waiting(step=self._trainer.state.global_step))
        self._apply(control)
        return self._paused

    def _apply(self, control: TrainerControl) -> None:
        for command in self._control.take():
            try:
                getattr(self, f"_do_{command.name}")(command, control)
            except Exception as error:  # what the user clicks must not end the training
                self._warn(f"Could not {command.name}: {type(error).__name__}: {error}. The training continues.")
            else:
                self._record(command)

    def _warn(self, message: str) -> None:
        self._emit(Diagnosed(step=self._trainer.state.global_step, message=message, level="warning"))

    def _record(self, command: Command) -> None:
        self._emit(Commanded(step=self._trainer.state.global_step, command=command.name, values=command.values))

    def _do_pause(self, command: Command, control: TrainerControl) -> None:
        self._paused = True

    def _do_resume(self, command: Command, control: TrainerControl) -> None:
        self._paused, self._pause_after, self._pause_after_epoch = False, None, False

    def _do_step(self, command: Command, control: TrainerControl) -> None:
        self._paused, self._pause_after = False, self._trainer.state.global_step + command.values["steps"]

    def _do_epoch(self, command: Command, control: TrainerControl) -> None:
        self._paused, self._pause_after_epoch = False, True

    def _do_stop(self, command: Command, control: TrainerControl) -> None:
        self._paused = False
        self._stop(control)

    def _do_branch(self, command: Command, control: TrainerControl) -> None:
        self._do_stop(command, control)

    def _stop(self, control: TrainerControl) -> None:
        control.should_training_stop = True
        if self._trainer.args.save_strategy != "no":
            control.should_save = True  # so that it can be resumed from here
        self._trainer.args.load_best_model_at_end = False  # keep the current weights, not the best

    def _do_evaluate(self, command: Command, control: TrainerControl) -> None:
        if self._trainer.eval_dataset is not None:
            can_stop = stoppable(self._trainer.model, self._control)
            is_ours = self._executing()
            with contextlib.suppress(GenerationStopped), isolated(), self._without_other_callbacks(), is_ours, can_stop:
                self._trainer.evaluate()

    def _do_checkpoint(self, command: Command, control: TrainerControl) -> None:
        trainer = self._trainer
        if self._control.paused and not control.should_evaluate:  # otherwise save after that evaluation
            with self._executing():
                trainer._save_checkpoint(trainer.model, trial=None)
                trainer.callback_handler.on_save(trainer.args, trainer.state, control)
        else:
            control.should_save = True

    def _do_set(self, command: Command, control: TrainerControl) -> None:
        optimizer, scheduler = self._trainer.optimizer, self._trainer.lr_scheduler
        if "learning_rate" in command.values:
            set_learning_rate(optimizer, scheduler, command.values["learning_rate"])
        if "weight_decay" in command.values:
            set_weight_decay(optimizer, command.values["weight_decay"])

    def _do_skip(self, command: Command, control: TrainerControl) -> None:
        self._skip = True

    @contextlib.contextmanager
    def _executing(self) -> Iterator[None]:
        """Context manager: events inside come from a command, not from the training loop."""
        self._is_executing = True
        try:
            yield
        finally:
            self._is_executing = False

    @contextlib.contextmanager
    def _without_other_callbacks(self) -> Iterator[None]:
        """Context manager: hide an evaluation from other callbacks, such as early stopping."""
        handler, control = self._trainer.callback_handler, self._trainer.control
        callbacks, flags = handler.callbacks, dict(vars(control))
        handler.callbacks = [each for each in callbacks if isinstance(each, DefaultFlowCallback)]
        try:
            yield
        finally:
            handler.callbacks = callbacks
            vars(self._trainer.control).update(flags)


def _is_whole(epoch: Any) -> bool:
    return epoch is not None and float(epoch) == int(float(epoch))
