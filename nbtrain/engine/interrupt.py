"""An interrupt (SIGINT) while training: stop after the current step and keep everything."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from nbtrain.events.commands import Control


class StopOnInterrupt:
    """Context manager: the first SIGINT stops the run after the current step, so that no step is left incomplete.

    The second SIGINT raises `KeyboardInterrupt` at once, and so does the first one if no step is done yet. Outside the
    main thread, where Python delivers no signals, it does nothing.

    Args:
        control: Gets the command to stop.
        has_begun: Returns whether a step is done.

    Attributes:
        count: Interrupts so far.
    """

    def __init__(self, control: Control, has_begun: Callable[[], bool]) -> None:
        self.count = 0
        self._control = control
        self._has_begun = has_begun
        self._previous: Any = None
        self._installed = False

    def __enter__(self) -> StopOnInterrupt:
        if threading.current_thread() is threading.main_thread():
            self._previous = signal.signal(signal.SIGINT, self._handle)
            self._installed = True
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._installed:
            signal.signal(signal.SIGINT, self._previous if self._previous is not None else signal.default_int_handler)
            self._installed = False

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count > 1 or not self._has_begun():
            raise KeyboardInterrupt
        self._control.stop(by="interrupt")


class StopOnFirstInterrupt(StopOnInterrupt):
    """Interrupt handler for a cell that awaits a run: the loop is running, and an exception inside it would end the
    kernel. So the first SIGINT stops the run, and the handler that was installed before gets all others.
    """

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count == 1:
            self._control.stop(by="interrupt")
        elif callable(self._previous):
            self._previous(number, frame)
