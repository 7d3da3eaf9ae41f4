"""Recorder: the one way that an event takes: stamped, written to the journal, folded into the state, shown in every
view.

Where steps come fast, they take it some at a time: what is done once for many of them costs each one little. So a
process that is killed may have done steps for up to `MOST_SECONDS` that are not in its journal.
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from nbtrain.events import Diagnosed, Event, Phase, Stepped
from nbtrain.journal import Journal
from nbtrain.state import RunState

if TYPE_CHECKING:
    from nbtrain.engine.controls import Control


MOST_SECONDS = 1.0
"""Longest time for which a step is deferred."""


class View(Protocol):
    """Something that shows a run."""

    def update(self, state: RunState, event: Event) -> float | None:
        """Show `state`, which has just taken in `event`.

        Returns:
            Seconds for which steps may be deferred; None if each is to be shown. Other events never are.
        """


@runtime_checkable
class Steers(Protocol):
    """A view through which the user can steer; it is given the run's `Control` when training is about to begin."""

    def steer(self, control: Control) -> None: ...


@runtime_checkable
class Serves(Protocol):
    """A view that hears clicks while the loop runs; inside of `served()` it hears them though the loop stands still."""

    def served(self) -> AbstractContextManager[None]: ...


@runtime_checkable
class Hears(Protocol):
    """A view through which the page can ask for something; as long as `asked()` is not 0, no step is deferred."""

    asked: Callable[[], int]


class Recorder:
    """Records the events of one run.

    Args:
        run: Id of the run.
        directory: The run directory; None records nothing on disk.
        views: What shows the run.
        clock: Seconds of a monotonic clock.
    """

    def __init__(
        self,
        run: str,
        directory: Path | None = None,
        views: Iterable[View] = (),
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.run = run
        self._state = RunState(run=run)
        self.views = list(views)
        self._clock = clock
        self._began = clock()
        self._seq = 0
        self._journal = Journal(directory, run, time.time()) if directory is not None else None
        self._lost = 0
        self._deferred: deque[tuple[dict[str, Any], float]] = deque()
        self._defers = self._settles = False
        self._shown_at = -math.inf  # when a view wants to show a step
        self._written_by = -math.inf  # when what is deferred is to be on the disk
        self._hearing: list[Hears] = []
        self._thread = threading.get_ident()

    @property
    def state(self) -> RunState:
        """The fold of all events so far."""
        self.settle()
        return self._state

    def emit(self, event: Event) -> None:
        """Record `event`. A full disk does not end the run, nor does a view that fails."""
        self.settle()
        self._take(event, self._clock() - self._began)
        self.show(event)

    def defer(self, fields: dict[str, Any]) -> bool:
        """Leave the `Stepped` with these fields for later, if no view wants to show it now.

        Returns:
            Whether it was left; if not, it is to be emitted.
        """
        now = self._clock()
        if now >= self._shown_at:
            return False
        for view in self._hearing:
            if view.asked():
                return False
        self._deferred.append((fields, now - self._began))
        if now + fields["seconds"] >= self._written_by:  # the next step may be too late
            self.settle()
        return True

    def settle(self) -> None:
        """Record what was deferred. Only on the thread that trains, and not in the midst of itself (as a signal handler
        may be), so that everything is recorded once and in its order.
        """
        if self._settles or threading.get_ident() != self._thread:
            return
        self._settles, steps = True, []
        try:
            while self._deferred:
                fields, seconds = self._deferred.popleft()
                steps.append(Stepped(**fields))
                self._fold(steps[-1], seconds)
        finally:
            self._settles = False
            self._write(*steps)
        self._written_by = self._clock() + MOST_SECONDS

    @contextlib.contextmanager
    def deferring(self) -> Iterator[None]:
        """Inside, steps may be deferred: nothing but the training runs, so that nobody looks unasked."""
        self._defers, self._hearing = True, _hearing(self.views)
        self._thread = threading.get_ident()
        try:
            yield
        finally:
            self._defers, self._shown_at = False, -math.inf
            self.settle()

    def show(self, event: Event) -> None:
        """Have every view look at the state, without recording anything."""
        seconds = math.inf if self._defers else -math.inf
        for view in tuple(self.views):
            try:
                enough = view.update(self.state, event)
                seconds = min(seconds, -math.inf if enough is None else enough)
            except Exception:  # a view is never worth a training
                self.views.remove(view)
                self._hearing = _hearing(self.views)
                self.warn(
                    f"{type(view).__name__} failed and shows nothing more: {traceback.format_exc(limit=-1).strip()}"
                )
        self._shown_at = self._clock() + seconds

    def sync(self) -> None:
        """Have what is recorded written through to the disk."""
        self.settle()
        if self._journal is not None:
            with contextlib.suppress(OSError):
                self._journal.sync()

    def inherit(self, events: Iterable[Event]) -> None:
        """Begin with what another run went through: its events, at their times; this run's clock goes on from there."""
        began = self._clock() - self._began
        for event in events:
            self._take(event, event.time)
        self._began -= max(0.0, self.state.time - began)

    def progress(self, name: str, done: int = 0, total: int = 0) -> None:
        """Record that phase `name` has come to `done` of `total`."""
        self.emit(Phase(step=self.state.step, name=name, done=done, total=total))

    def note(self, message: str) -> None:
        self.emit(Diagnosed(step=self.state.step, message=message))

    def warn(self, message: str) -> None:
        self.emit(Diagnosed(step=self.state.step, message=message, level="warning"))

    def close(self) -> None:
        self.settle()
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _take(self, event: Event, seconds: float) -> None:
        """Take in what happened `seconds` after the run's beginning."""
        self._fold(event, seconds)
        self._write(event)  # last: it may have something to tell

    def _fold(self, event: Event, seconds: float) -> None:
        self._seq += 1
        event.stamp(run=self.run, seq=self._seq, time=seconds)
        self._state.apply(event)

    def _write(self, *events: Event) -> None:
        """Write `events` to the journal. The progress within a phase is for the views only."""
        events = tuple(event for event in events if not (isinstance(event, Phase) and event.done > 0))
        if self._journal is None or not events:
            return
        try:
            written, reason = self._journal.append(*events), os.strerror(errno.ENOSPC)
        except OSError as error:
            written, reason = 0, error.strerror or str(error)
        if written and self._lost:
            lost, self._lost = self._lost, 0
            self.warn(f"The disk was full: {lost} events of this run are not in its journal.")
        if written < len(events):
            if not self._lost:
                message = Diagnosed(message=f"The journal cannot be written: {reason}.", level="warning")
                self._state.messages = [*self._state.messages, message]
            self._lost += len(events) - written


def _hearing(views: Iterable[View]) -> list[Hears]:
    return [view for view in views if isinstance(view, Hears)]
