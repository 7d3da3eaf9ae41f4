"""Pace: how often a view of a run sends something to the page, so that a training hardly notices."""

from __future__ import annotations

import math
from collections import deque

SHARE = 0.001
"""Most of the time that may go into sending what is not urgent."""
BOTH_THREADS = 2
"""What a message takes in all, as a multiple of what the sender sees: the kernel's own thread passes it on."""
SLOWEST_SECONDS = 1.0
"""However much a message takes, what is not urgent waits no longer than this for the next one."""


class Pace:
    """When the next message may be sent.

    A step in a training that moves through much memory finds all caches empty; then a message, with the two threads
    and the hundreds of functions that it passes, takes ten times as long as on an idle machine. So the pace is not
    fixed but follows from what a message was seen to take.

    Args:
        most: Messages in any one second.

    Attributes:
        slot: When something urgent may be sent, in seconds of the clock of those who ask.
        routine: When something that is not urgent may be sent.
    """

    def __init__(self, most: int) -> None:
        self.slot = self.routine = -math.inf
        self._sent: deque[float] = deque(maxlen=most)

    def sent(self, now: float, took: float, *, apart: float) -> None:
        """A message was sent.

        Args:
            now: When, in seconds of the clock.
            took: Seconds of processor time of this thread.
            apart: Seconds from this message to the next one that is not urgent, at least.
        """
        self._sent.append(now)
        self.slot = self._sent[0] + 1.0 if len(self._sent) == self._sent.maxlen else -math.inf
        affordable = min(took * BOTH_THREADS / SHARE, SLOWEST_SECONDS)
        self.routine = max(now + max(apart, affordable), self.slot)
