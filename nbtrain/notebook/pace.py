"""Pace: how often a view of a run sends something to the page, so that a training hardly notices."""

from __future__ import annotations

import math
from collections import deque

TICK = 0.125
"""Seconds between two moments at which what is not urgent may be sent."""
SHARE = 0.0005
"""Most of the time that may go into sending what is not urgent."""
BOTH_THREADS = 2
"""What a message takes in all, as a multiple of what the sender sees: the kernel's own thread passes it on."""
SLOWEST_SECONDS = 1.0
"""However much a message takes, what is not urgent waits no longer than this for the next one."""
SHORT_STEP = 0.1
SLOWEST_AT_SHORT_STEPS = 2.0
"""Seconds of a step up to which messages may be further apart: they weigh more on each step, and all the same there is
more that is new in each message."""


def slowest(step_seconds: float) -> float:
    """Seconds for which what is not urgent waits at most, where a step takes `step_seconds`."""
    return SLOWEST_SECONDS if step_seconds > SHORT_STEP else SLOWEST_AT_SHORT_STEPS


class Pace:
    """When the next message may be sent.

    A step in a training that moves through much memory finds all caches empty; then a message, with the two threads
    and the hundreds of functions that it passes, takes ten times as long as on an idle machine. So the pace is not
    fixed but follows from what a message was seen to take: one each tick, each second one, each fourth, and so on.
    Whoever goes by the same clock has the same ticks, so messages of several views come one behind the other, when
    the caches are full of what they need.

    Args:
        most: Messages in any one second.
        share: Most of the time that may go into what is not urgent.

    Attributes:
        slot: When something urgent may be sent, in seconds of the clock of those who ask.
        routine: When something that is not urgent may be sent.
    """

    def __init__(self, most: int, *, share: float = SHARE) -> None:
        self._share = share
        self.slot = self.routine = -math.inf
        self._sent: deque[float] = deque(maxlen=most)

    def due(self, *, urgent: bool) -> float:
        """When something may be sent, in seconds of the clock."""
        return self.slot if urgent else self.routine

    def sent(self, now: float, took: float, *, apart: float = TICK, slowest: float = SLOWEST_SECONDS) -> None:
        """A message was sent.

        Args:
            now: When, in seconds of the clock.
            took: Seconds of processor time of this thread.
            apart: Seconds from one message to the next one, where both are not urgent, at least.
            slowest: Seconds for which what is not urgent waits at most, however much a message takes.
        """
        self._sent.append(now)
        self.slot = self._sent[0] + 1.0 if len(self._sent) == self._sent.maxlen else -math.inf
        affordable = min(took * BOTH_THREADS / self._share, slowest)
        ticks = 2 ** math.ceil(math.log2(max(apart, affordable, TICK) / TICK))
        self.routine = max(round(now / (ticks * TICK) + 1) * ticks * TICK, self.slot)
