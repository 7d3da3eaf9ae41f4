"""To use a Trainer in the middle of its training, without the training being any different for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from transformers.trainer_callback import DefaultFlowCallback

from nbtrain.engine.isolation import World, isolated

if TYPE_CHECKING:
    from transformers import Trainer


@contextmanager
def unnoticed(trainer: Trainer, world: World | None = None) -> Iterator[None]:
    """Predict or evaluate inside: random numbers, accelerate's state, the model's modes and what the Trainer is about
    to do are afterwards as before, and its callbacks see nothing.

    Args:
        trainer: A Trainer that is training and stands still.
        world: The world of its training, if it is not the one that is there.
    """
    handler, control = trainer.callback_handler, trainer.control
    callbacks, loader, flags = handler.callbacks, handler.eval_dataloader, dict(vars(control))
    modes = [(module, module.training) for module in trainer.model.modules()]
    handler.callbacks = [callback for callback in callbacks if isinstance(callback, DefaultFlowCallback)]
    try:
        with isolated(world):
            yield
    finally:
        handler.callbacks, handler.eval_dataloader = callbacks, loader
        trainer.control = control
        vars(control).update(flags)
        for module, mode in modes:
            module.training = mode
