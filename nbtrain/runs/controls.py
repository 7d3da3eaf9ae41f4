"""Steered: the part of a run's handle that steers it while it goes on."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any, Self

from nbtrain.errors import RunError

if TYPE_CHECKING:
    from nbtrain.events.commands import Control
    from nbtrain.events.recorder import View
    from nbtrain.events.state import RunState
    from nbtrain.training.background import Background


class Steered:
    """What takes effect at the next step boundary. Each method raises RunError unless the run goes on in this process.

    Attributes:
        control: Takes requests while the run goes on in this process; None before and after.
        views: What shows it while it goes on in this process; more can be added.
        background: What drives it, if it was begun in the background.
    """

    _state: RunState
    control: Control | None = None
    views: list[View] | None = None
    background: Background | None = None

    def pause(self) -> None:
        """Stand still after the step at hand."""
        self._steered().pause()

    def resume(self) -> None:
        """Go on after a pause."""
        self._steered().resume()

    def step(self, steps: int = 1) -> None:
        """Go on for `steps` optimizer steps, then pause."""
        _say_plainly(self._steered().step, steps)

    def run_to_epoch_end(self) -> None:
        """Go on to the end of the epoch, its evaluation included, then pause."""
        self._steered().run_to_epoch_end()

    def stop(self) -> None:
        """Stop after the step at hand and keep what was learned."""
        self._steered().stop()

    def evaluate(self) -> None:
        """Evaluate after the step at hand. This look changes nothing in the training."""
        self._steered().evaluate()

    def checkpoint(self) -> None:
        """Save a checkpoint after the step at hand."""
        self._steered().checkpoint()

    def set(self, *, learning_rate: float | None = None, weight_decay: float | None = None) -> None:
        """Change hyper-parameters from the next step on; the schedule goes on from there in proportion.

        Raises:
            RunError: The run is not going on, or a value will not do.
        """
        _say_plainly(self._steered().set, learning_rate=learning_rate, weight_decay=weight_decay)

    def skip(self) -> None:
        """Go on without the batch whose loss is not finite."""
        self._steered().skip()

    def wait(self) -> Self:
        """Go on to the end of a run in the background; nothing else gets a turn meanwhile.

        Returns:
            The run itself, at once if it was no such run, or is over.

        Raises:
            RunInterrupted: It was interrupted, and stopped at a step boundary with everything kept.
            Exception: What the training raised.
        """
        if self.background is not None:
            self.background.wait()
        return self

    def __await__(self) -> Generator[object, None, Self]:
        """As `wait`, but the event loop goes on."""
        if self.background is not None:
            yield from self.background.__await__()
        return self

    def _steered(self) -> Control:
        if self.control is None:
            raise RunError(f"This run cannot be steered: it is {self._state.status}, and not going on in this process.")
        return self.control


def _say_plainly(command: Callable[..., None], *values: Any, **named: Any) -> None:
    """`command(...)`, with a value that will not do said without a traceback."""
    try:
        command(*values, **named)
    except ValueError as error:
        raise RunError(str(error)) from None
