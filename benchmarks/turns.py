"""Trainings in turns: each pauses after a few steps until the others have had their turn, so that other load of the
machine affects all of them.
"""

from __future__ import annotations

import contextvars
import functools
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import Trainer

Train = Callable[["Trainer", Path], None]

TURN = 10
"""Number of steps of a turn."""


@functools.cache
def memory() -> Any:
    """64 MB, shared by all trainings, since memory layout affects the time."""
    import numpy as np

    return np.zeros(16 * 2**20, dtype=np.float32)


class Work:
    """The extra work of a step.

    Args:
        milliseconds: CPU time per step.

    Attributes:
        seconds: Total CPU time so far.
    """

    def __init__(self, milliseconds: float) -> None:
        self.seconds = 0.0
        self._length = milliseconds / 1000
        self._memory = memory()
        self._at = 0

    def do(self) -> None:
        """Modify scattered numbers until the time is up."""
        began = time.thread_time()
        while time.thread_time() - began < self._length:
            self._memory[self._at : self._at + 2**18] += 1
            self._at = (self._at + 2**18) % len(self._memory)
        self.seconds += time.thread_time() - began


class Party:
    """A training that pauses after a few steps until its next turn.

    Args:
        train: Trains; called with the Trainer and the folder.
        make_trainer: Creates the Trainer, whose steps do the given extra work.
        folder: Its folder.
        milliseconds: Extra work of each step.
    """

    def __init__(
        self, train: Train, make_trainer: Callable[[Path, Work], Trainer], folder: Path, milliseconds: float
    ) -> None:
        from greenlet import getcurrent, greenlet
        from transformers import TrainerCallback

        folder.mkdir()
        self._seconds, self._began = 0.0, 0.0
        self._work = Work(milliseconds)
        trainer = make_trainer(folder, self._work)
        outside = getcurrent()
        self._inside = greenlet(lambda: train(trainer, folder))
        self._inside.gr_context = contextvars.copy_context()
        party = self

        class Turns(TrainerCallback):  # type: ignore[misc]
            """Called after all other callbacks."""

            def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
                if state.global_step % TURN == 0:
                    party._inside = getcurrent()  # the greenlet of the stream, if it is driven
                    outside.switch()

        trainer.add_callback(Turns())

    def take_turn(self) -> float:
        """Continue for `TURN` steps, or to the end of the training.

        Returns:
            CPU seconds of all threads, without the extra work.
        """
        before, began, self._began = self._work.seconds, time.process_time(), time.monotonic()
        self._inside.switch()
        self._seconds = self.clock()
        return time.process_time() - began - (self._work.seconds - before)

    def clock(self) -> float:
        """Seconds on the clock that its turns have taken so far; called during a turn."""
        return self._seconds + time.monotonic() - self._began
