"""Evaluate or predict in the middle of a training without affecting it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from transformers.trainer_callback import DefaultFlowCallback

from nbtrain.engine.isolation import ProcessState, isolated

if TYPE_CHECKING:
    from transformers import Trainer


@contextmanager
def preserve_training_state(trainer: Trainer, state: ProcessState | None = None) -> Iterator[None]:
    """Context manager: run an evaluation or a prediction mid-training without affecting the training.

    Random numbers, accelerate's state, the modes of all modules and the Trainer's control flags are restored
    afterwards. The Trainer's callbacks are not called.

    Args:
        trainer: A Trainer between two steps.
        state: The process state of its training; None if that is the current one.
    """
    handler, control = trainer.callback_handler, trainer.control
    callbacks, loader, flags = handler.callbacks, handler.eval_dataloader, dict(vars(control))
    modes = [(module, module.training) for module in trainer.model.modules()]
    handler.callbacks = [callback for callback in callbacks if isinstance(callback, DefaultFlowCallback)]
    try:
        with isolated(state):
            yield
    finally:
        handler.callbacks, handler.eval_dataloader = callbacks, loader
        trainer.control = control
        vars(control).update(flags)
        for module, mode in modes:
            module.training = mode
