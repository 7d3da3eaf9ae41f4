"""Throttle: how often something may be done that many events ask for, such as a message to the page."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

SECONDS = 0.25
"""Least time between two routine messages to a page: at most four a second."""
MAX_PER_SECOND = 10
"""Messages in any one second, urgent ones included."""


class Throttle:
    """Says when something may be done again: routine things after a while, urgent ones at once.

    Args:
        seconds: Least time from one to the next routine one.
        max_per_second: How often in any one second at most; only this holds up what is urgent.

    Attributes:
        clock: Seconds that never go back; of the class, so that a test can move all of them on.
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, seconds: float = SECONDS, max_per_second: int = MAX_PER_SECOND) -> None:
        self.seconds = seconds
        self._done: deque[float] = deque(maxlen=max_per_second)

    def allows(self, *, urgent: bool = False) -> bool:
        """Whether it may be done now."""
        if not self._done:
            return True
        now = self.clock()
        if len(self._done) == self._done.maxlen and now - self._done[0] < 1.0:
            return False
        return urgent or now - self._done[-1] >= self.seconds

    def record(self) -> None:
        """It was done just now."""
        self._done.append(self.clock())
