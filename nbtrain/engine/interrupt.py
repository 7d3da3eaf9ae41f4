"""An interrupt while training means: stop after this step and keep what was learned."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any

from nbtrain.events.commands import Control


class StopOnInterrupt:
    """While it is entered, the first SIGINT asks `control` to stop, so that no optimizer step is torn; the second
    raises at once, and so does the first one before there is anything to keep.

    Outside the main thread, where Python delivers no signals, it does nothing.

    Args:
        control: What is asked to stop.
        has_begun: Whether a step was done.

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
