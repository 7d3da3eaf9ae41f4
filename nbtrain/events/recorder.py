"""Recorder: the one way that an event takes: stamped, written to the journal, folded into the state, shown in every
view.

It takes it at once. The journal hands each line to the operating system before the next step begins, so a process that
is killed loses one step at most: the one that is running. Only a power cut can take more (see `Recorder.sync`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
import traceback
from collections.abc import Iterable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from nbtrain.events import Diagnosed, Event, Phase
from nbtrain.events.journal import Journal
from nbtrain.events.state import RunState

if TYPE_CHECKING:
    from nbtrain.events.commands import Control


class View(Protocol):
    """Something that shows a run."""

    def update(self, state: RunState, event: Event) -> None:
        """Show `state`, which has just taken in `event`."""


@runtime_checkable
class Steers(Protocol):
    """A view through which the user can steer; it is given the run's `Control` when training is about to begin."""

    def steer(self, control: Control) -> None: ...


@runtime_checkable
class Serves(Protocol):
    """A view that hears clicks while the loop runs; inside of `served()` it hears them though the loop stands still."""

    def served(self) -> AbstractContextManager[None]: ...


class Recorder:
    """Records the events of one run.

    Args:
        run: Id of the run.
        directory: The run directory; None records nothing on disk.
        views: What shows the run.

    Attributes:
        state: The fold of all events so far.
    """

    def __init__(self, run: str, directory: Path | None = None, views: Iterable[View] = ()) -> None:
        self.run = run
        self.state = RunState(run=run)
        self.views = list(views)
        self._began = time.perf_counter()
        self._seq = 0
        self._journal = Journal(directory, run, time.time()) if directory is not None else None
        self._lost = 0

    def emit(self, event: Event) -> None:
        """Record `event`. A full disk does not end the run, nor does a view that fails."""
        self._take(event, time.perf_counter() - self._began)
        self.show(event)

    def show(self, event: Event) -> None:
        """Have every view look at the state, without recording anything."""
        for view in tuple(self.views):
            try:
                view.update(self.state, event)
            except Exception:  # a view is never worth a training
                self.views.remove(view)
                self.warn(
                    f"{type(view).__name__} failed and shows nothing more: {traceback.format_exc(limit=-1).strip()}"
                )

    def sync(self) -> None:
        """Have what is recorded written through to the disk."""
        if self._journal is not None:
            with contextlib.suppress(OSError):
                self._journal.sync()

    def inherit(self, events: Iterable[Event]) -> None:
        """Begin with what another run went through: its events, at their times; this run's clock goes on from there."""
        began = time.perf_counter() - self._began
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
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _take(self, event: Event, seconds: float) -> None:
        """Take in what happened `seconds` after the run's beginning."""
        self._seq += 1
        event.stamp(run=self.run, seq=self._seq, time=seconds)
        is_journalled = self._journal is not None and not (isinstance(event, Phase) and event.done > 0)
        refusal = self._write(event) if is_journalled else ""
        self.state.apply(event)
        if refusal:
            self._lose(refusal)
        elif self._lost and is_journalled:
            lost, self._lost = self._lost, 0
            self.warn(f"The disk was full: {lost} events of this run are not in its journal.")

    def _write(self, event: Event) -> str:
        """Write `event` to the journal; returns why that failed, or ""."""
        assert self._journal is not None
        try:
            return "" if self._journal.append(event) else os.strerror(errno.ENOSPC)
        except OSError as error:
            return error.strerror or str(error)

    def _lose(self, reason: str) -> None:
        """An event is not in the journal; the first time, say so where it can be seen."""
        if not self._lost:
            message = Diagnosed(message=f"The journal cannot be written: {reason}.", level="warning")
            self.state.messages = [*self.state.messages, message]
        self._lost += 1
