"""Stop while a model generates: an evaluation that writes texts may take minutes, so a stop ends it at once.

Nothing is lost by it. The step is done, its checkpoint is saved, and there is no result of a part of the data.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import torch
from transformers import StoppingCriteria, StoppingCriteriaList

from nbtrain.engine.patching import InstancePatches
from nbtrain.events import Diagnosed, Event
from nbtrain.events.commands import Control

if TYPE_CHECKING:
    from transformers import Trainer, TrainerControl


class GenerationStopped(BaseException):
    """Raised inside `generate` when the run is to stop. Not an `Exception`, so that no handler catches it."""


class StoppableEvaluations:
    """Ends the evaluations of a training that generate, when a stop is requested.

    Args:
        trainer: The Trainer.
        control: The queue of commands.
        apply: Applies the stop, as at the end of an evaluation.
        emit: Receives the event that says so.
    """

    def __init__(
        self,
        trainer: Trainer,
        control: Control,
        apply: Callable[[TrainerControl], None],
        emit: Callable[[Event], bool],
    ) -> None:
        self._trainer = trainer
        self._control = control
        self._apply = apply
        self._emit = emit
        self._patches = InstancePatches()
        self._was_stopped = False

    def install(self) -> None:
        self._patches.patch(self._trainer, "_evaluate", self._evaluate)
        self._patches.patch(self._trainer, "_determine_best_metric", self._determine_best_metric)

    def remove(self) -> None:
        self._patches.restore()

    def _evaluate(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """In place of the method with which the training loop evaluates, before it saves."""
        self._was_stopped = False
        try:
            with stoppable(self._trainer.model, self._control):
                return original(*args, **kwargs)
        except GenerationStopped:
            self._was_stopped = True
        self._emit(not_finished("The evaluation", self._trainer.state.global_step))
        self._trainer.control.should_evaluate = False
        self._apply(self._trainer.control)
        return {}

    def _determine_best_metric(self, original: Callable[..., bool], *args: Any, **kwargs: Any) -> bool:
        """There are no metrics of an evaluation that was stopped. Whether to save is decided by the stop."""
        return bool(self._trainer.control.should_save) if self._was_stopped else original(*args, **kwargs)


@contextlib.contextmanager
def stoppable(model: Any, control: Control) -> Iterator[None]:
    """Context manager: `model.generate` ends as soon as a stop is requested.

    Raises:
        GenerationStopped: It was.
    """

    def generate(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if control.stopping:
            raise GenerationStopped
        if getattr(model, "generation_config", None) is not None:  # it generates as the models of transformers do
            given = kwargs.get("stopping_criteria") or ()
            kwargs["stopping_criteria"] = StoppingCriteriaList([*given, _UntilStopped(control)])
        return original(*args, **kwargs)

    patches = InstancePatches()
    if callable(getattr(model, "generate", None)):
        patches.patch(model, "generate", generate)
    try:
        yield
    finally:
        patches.restore()


def not_finished(what: str, step: int) -> Diagnosed:
    """The event that says that something was not generated to its end."""
    return Diagnosed(step=step, message=f"{what} after step {step} was not finished, because the run was stopped.")


class _UntilStopped(StoppingCriteria):
    """Called after each token that is generated; it changes none."""

    def __init__(self, control: Control) -> None:
        self._control = control

    def __call__(self, input_ids: torch.Tensor, scores: Any, **kwargs: Any) -> torch.Tensor:
        if self._control.stopping:
            raise GenerationStopped
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)
