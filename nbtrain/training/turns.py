"""in_turns: do work one event at a time, so that other code runs in between."""

from __future__ import annotations

import contextlib
import contextvars
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from greenlet import getcurrent, greenlet

from nbtrain.events import Event
from nbtrain.events.recorder import Recorder, View

if TYPE_CHECKING:
    from nbtrain.events.state import RunState


def in_turns(work: Callable[[], object], recorder: Recorder) -> Generator[Event]:
    """Do `work`, and yield each event that it records. Closing the generator early raises `GreenletExit` in it.

    Raises:
        Exception: The exception that `work` raised.
    """

    def run() -> None:
        work()

    inside = greenlet(run)
    inside.gr_context = contextvars.copy_context()  # Jupyter kernels route output by context variables
    pauses = _Pauses(inside)
    recorder.views.append(pauses)
    try:
        while not inside.dead:
            inside.parent = getcurrent()
            event = inside.switch()
            if event is not None:
                yield event
    finally:
        with contextlib.suppress(ValueError):
            recorder.views.remove(pauses)
        if not inside.dead:
            inside.parent = getcurrent()
            inside.throw()


class _Pauses(View):
    """Switches from the work to whoever asked for its next event."""

    def __init__(self, inside: greenlet) -> None:
        self._inside = inside

    def update(self, state: RunState, event: Event) -> None:
        if getcurrent() is self._inside:
            self._inside.parent.switch(event)
