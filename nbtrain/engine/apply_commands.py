"""Steering: what the user's commands do to a training, at its step boundaries."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from transformers.trainer_callback import DefaultFlowCallback

from nbtrain.engine.hyperparameters import set_learning_rate, set_weight_decay
from nbtrain.engine.isolation import isolated
from nbtrain.events import Commanded, Event, Paused, Resumed, Waiting
from nbtrain.events.commands import Command, Control

if TYPE_CHECKING:
    from transformers import Trainer, TrainerCallback, TrainerControl


class Steering:
    """Applies the requests of a `Control` to a Trainer; called by the hooks at step boundaries.

    Args:
        trainer: The Trainer.
        control: Where the requests come from.
        emit: Takes the events.
        hooks: The callback that stays in place while the user looks.
    """

    def __init__(
        self, trainer: Trainer, control: Control, emit: Callable[[Event], bool], hooks: TrainerCallback
    ) -> None:
        self._trainer = trainer
        self._control = control
        self._emit = emit
        self._hooks = hooks
        self._paused = False
        self._pause_after: int | None = None
        self._pause_after_epoch = False
        self._skip = False
        self._looking = False
        self._load_best = bool(trainer.args.load_best_model_at_end)

    def close(self) -> None:
        """Leave the Trainer's arguments as they were."""
        self._trainer.args.load_best_model_at_end = self._load_best
        self._control.paused = False

    def at_train_begin(self, control: TrainerControl) -> None:
        """Nothing is trained yet; optimizer and schedule are as they begin, or as a checkpoint had them."""
        self._apply(control)
        self._wait(control)

    def at_step_end(self, control: TrainerControl) -> None:
        """A step is done; the Trainer has neither evaluated nor saved after it yet."""
        if self._control.waiting:
            self._apply(control)
        if self._control.stopping:
            self._stop(control)
        if self._pause_after is not None and self._trainer.state.global_step >= self._pause_after:
            self._paused, self._pause_after = True, None
        if self._paused:
            self._wait(control)

    def at_epoch_end(self, control: TrainerControl) -> None:
        """An epoch is done, or was broken off; what the Trainer does at its end comes next."""
        if self._control.stopping and not _is_whole(self._trainer.state.epoch):
            control.should_evaluate = control.should_save = False  # the stop has saved, and nothing is to be judged
        if not (control.should_evaluate or control.should_save):
            self._pause_for_epoch(control)

    def at_work_end(self, control: TrainerControl) -> None:
        """An evaluation or a save is done."""
        if self._looking:
            return
        if self._control.stopping:  # asked for meanwhile: it must not wait for another step
            self._apply(control)
        if _is_whole(self._trainer.state.epoch) and not control.should_save:
            self._pause_for_epoch(control)

    def hold(self, reason: str) -> bool:
        """Stand still in the middle of a step for `reason`, until the user answers.

        Returns:
            Whether to go on without the batch at hand; if not, the run is to stop.
        """
        self._skip, self._paused = False, True
        self._halt(reason)
        flags = dict(vars(self._trainer.control))
        while not (self._skip or self._control.stopping) and self._tick(self._trainer.control):
            pass
        if self._control.stopping:  # at the end of this step, which is a boundary
            vars(self._trainer.control).update(flags)
        elif not self._skip:  # "resume" and the like can mean nothing else here
            self._record(Command("skip"))
        self._paused = False
        self._go_on()
        return not self._control.stopping

    def _pause_for_epoch(self, control: TrainerControl) -> None:
        if self._pause_after_epoch:
            self._paused, self._pause_after_epoch = True, False
            self._wait(control)

    def _wait(self, control: TrainerControl) -> None:
        if self._paused:
            self._halt()
            while self._tick(control):
                pass
            self._go_on()

    def _halt(self, reason: str = "") -> None:
        self._control.paused = True
        self._emit(Paused(step=self._trainer.state.global_step, reason=reason))

    def _go_on(self) -> None:
        self._control.paused = False
        self._emit(Resumed(step=self._trainer.state.global_step))

    def _tick(self, control: TrainerControl) -> bool:
        """Give whoever drives the training a turn, and do what was asked; whether it is to stand still further."""
        self._emit(Waiting(step=self._trainer.state.global_step))
        self._apply(control)
        return self._paused

    def _apply(self, control: TrainerControl) -> None:
        for command in self._control.take():
            getattr(self, f"_do_{command.name}")(command, control)
            self._record(command)

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
            control.should_save = True  # so that it can go on from here
        self._trainer.args.load_best_model_at_end = False  # what is kept is what was learned, not what was best

    def _do_evaluate(self, command: Command, control: TrainerControl) -> None:
        if self._trainer.eval_dataset is not None:
            with isolated(), self._unwatched(), self._look():
                self._trainer.evaluate()

    def _do_checkpoint(self, command: Command, control: TrainerControl) -> None:
        trainer = self._trainer
        if self._control.paused and not control.should_evaluate:  # else the save comes after that evaluation
            with self._look():
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
    def _look(self) -> Iterator[None]:
        """What is done inside was commanded, and is no step of the training's own course."""
        self._looking = True
        try:
            yield
        finally:
            self._looking = False

    @contextlib.contextmanager
    def _unwatched(self) -> Iterator[None]:
        """Other callbacks do not see a commanded evaluation: it must not count for an early stopping, say."""
        handler, control = self._trainer.callback_handler, self._trainer.control
        callbacks, flags = handler.callbacks, dict(vars(control))
        handler.callbacks = [one for one in callbacks if one is self._hooks or isinstance(one, DefaultFlowCallback)]
        try:
            yield
        finally:
            handler.callbacks = callbacks
            vars(self._trainer.control).update(flags)


def _is_whole(epoch: Any) -> bool:
    return epoch is not None and float(epoch) == int(float(epoch))
