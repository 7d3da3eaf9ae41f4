"""Throttle: limits how often something is done, such as sending a message to the page."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

MIN_SECONDS = 1.0
"""Minimum time between two routine messages to a page: at most 1 Hz, because a message takes about a millisecond of the
CPU.
"""
MAX_PER_SECOND = 10
"""Maximum number of messages in any one second, including urgent ones."""


class Throttle:
    """Decides when something may be done again: routine updates after an interval, urgent ones at once.

    Args:
        seconds: Minimum time before a routine update.
        max_per_second: Maximum number in any one second; the only limit for urgent updates.

    Attributes:
        clock: Monotonic clock in seconds; a class attribute, so that a test can advance all throttles.
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(self, seconds: float = MIN_SECONDS, max_per_second: int = MAX_PER_SECOND) -> None:
        self.seconds = seconds
        self._done: deque[float] = deque(maxlen=max_per_second)

    def allows(self, *, urgent: bool = False) -> bool:
        """Whether an update may be sent now."""
        if not self._done:
            return True
        now = self.clock()
        if len(self._done) == self._done.maxlen and now - self._done[0] < 1.0:
            return False
        return urgent or now - self._done[-1] >= self.seconds

    def record(self) -> None:
        """Note that an update was sent just now."""
        self._done.append(self.clock())
