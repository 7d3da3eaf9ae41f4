"""The part of a run's handle that controls it while it trains."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

from nbtrain.errors import RunError, RunInterrupted
from nbtrain.runs.start import resume_hint

if TYPE_CHECKING:
    from nbtrain.events.commands import Control
    from nbtrain.events.recorder import View
    from nbtrain.training.live_run import StoredRun


class RunControls:
    """Commands that take effect at the next step boundary. Each raises RunError unless the run trains in this process.

    Attributes:
        stored: The run that this object is the handle of.
    """

    stored: StoredRun

    @property
    def control(self) -> Control | None:
        """Takes commands while the run trains in this process; None before and after."""
        return self.stored.live.control if self.stored.live is not None else None

    @property
    def views(self) -> list[View] | None:
        """The views of the run while it trains in this process; more can be appended. None before and after."""
        return self.stored.live.views if self.stored.live is not None else None

    def pause(self) -> None:
        """Pause after the current step."""
        self._live_control().pause()

    def resume(self) -> None:
        """Continue after a pause."""
        self._live_control().resume()

    def step(self, steps: int = 1) -> None:
        """Train for `steps` optimizer steps, then pause."""
        _call_without_traceback(self._live_control().step, steps)

    def run_to_epoch_end(self) -> None:
        """Train to the end of the epoch, its evaluation included, then pause."""
        self._live_control().run_to_epoch_end()

    def stop(self) -> None:
        """Stop after the current step and keep the weights."""
        self._live_control().stop()

    def evaluate(self) -> None:
        """Evaluate after the current step; training is not affected."""
        self._live_control().evaluate()

    def checkpoint(self) -> None:
        """Save a checkpoint after the current step."""
        self._live_control().checkpoint()

    def set(self, *, learning_rate: float | None = None, weight_decay: float | None = None) -> None:
        """Change hyper-parameters from the next step on; the rest of the schedule is scaled in proportion.

        Raises:
            RunError: The run is not training, or a value is not allowed.
        """
        _call_without_traceback(self._live_control().set, learning_rate=learning_rate, weight_decay=weight_decay)

    def skip(self) -> None:
        """Continue without the batch whose loss is not finite."""
        self._live_control().skip()

    def wait(self) -> None:
        """Block until a background run has ended; no other cell can run until then. Does nothing if it has ended, or is
        no background run.

        Raises:
            RunInterrupted: The run was interrupted, and stopped at a step boundary with everything kept.
            Exception: The exception that the training raised.
        """
        if self.stored.driver is not None:
            try:
                self.stored.driver.wait()
            except RunInterrupted as interrupted:
                raise interrupted.of(self, resume_hint(self)) from None

    def __await__(self) -> Generator[object, None, None]:
        """Like `wait`, but other cells can run until then."""
        if self.stored.driver is not None:
            try:
                yield from self.stored.driver.__await__()
            except RunInterrupted as interrupted:
                raise interrupted.of(self, resume_hint(self)) from None

    def _live_control(self) -> Control:
        if self.control is None:
            raise RunError(f"This run is not training in this process (status: {self.stored.state.status}).")
        return self.control


def _call_without_traceback(command: Callable[..., None], *values: Any, **named: Any) -> None:
    """Call `command`; a ValueError becomes a RunError, which is shown without a traceback."""
    try:
        command(*values, **named)
    except ValueError as error:
        raise RunError(str(error)) from None
