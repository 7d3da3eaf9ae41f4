"""Control: what the user wants of a run that is going on. Anyone may write to it, from any thread; the engine reads
it at step boundaries.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import TrainerControl


class Control:
    """Requests to a run in progress. Each takes effect at the next step boundary.

    Its methods only set flags, so they are safe to call from a signal handler, a widget callback or another thread.
    """

    def __init__(self) -> None:
        self._stop = False
        self._evaluate = False
        self._save = False

    @property
    def stopping(self) -> bool:
        """Whether a stop was asked for."""
        return self._stop

    def stop(self) -> None:
        """Stop after the step at hand and keep what was learned."""
        self._stop = True

    def evaluate(self) -> None:
        """Evaluate after the step at hand."""
        self._evaluate = True

    def checkpoint(self) -> None:
        """Save a checkpoint after the step at hand."""
        self._save = True

    def apply(self, control: TrainerControl) -> None:
        """Hand the requests over to the Trainer; called by the engine at a step boundary."""
        if self._stop:
            control.should_training_stop = True
        if self._evaluate:
            control.should_evaluate, self._evaluate = True, False
        if self._save:
            control.should_save, self._save = True, False
