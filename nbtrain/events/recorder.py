"""Event pipeline of one run: each event is stamped, written to the journal, folded into the state and passed to every
view.

Nothing is buffered. The journal is written before the next step begins, so a process that is killed loses at most the
step that is running. Only a power failure can lose more (see `Recorder.sync`).
"""

from __future__ import annotations

import contextlib
import errno
import os
import time
import traceback
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.events import Diagnosed, Event, Phase
from nbtrain.events.journal import Journal
from nbtrain.events.state import RunState

if TYPE_CHECKING:
    from nbtrain.events.commands import Control


class View:
    """Base of everything that shows a run. Its methods do nothing; override those that the view needs.

    ```python
    import nbtrain
    from nbtrain.events import Evaluated
    from nbtrain.events.recorder import View

    class StopWhenGood(View):
        def steer(self, control):
            self.control = control

        def update(self, state, event):
            if isinstance(event, Evaluated) and event.metrics["eval_accuracy"] > 0.9:
                self.control.stop()

    nbtrain.finetune(dataset="demo", model="demo", views=[StopWhenGood()])
    ```

    A view need not inherit from this class: any object with a method `update` works. `steer`, `served` and `turn` are
    called if it has them.
    """

    def update(self, state: RunState, event: Event) -> None:
        """Show `state`, which already includes `event`. A view that raises an exception is removed from its run."""

    def steer(self, control: Control) -> None:
        """Called before training starts. Keep `control` to send commands to the run."""

    def served(self) -> AbstractContextManager[None]:
        """Context manager around code that blocks the event loop: messages from the browser must be handled inside."""
        return nullcontext()

    def turn(self) -> AbstractContextManager[None]:
        """Context manager around each turn of a run that trains in the background."""
        return nullcontext()


class _ViewAdapter(View):
    """An object that is not a `View`, with `View`'s methods in place of those that it lacks."""

    def __init__(self, view: Any) -> None:
        vars(self).update(
            {name: getattr(view, name) for name in ("update", "steer", "served", "turn") if hasattr(view, name)}
        )


def as_view(view: Any) -> View:
    """`view`, with all methods of a `View` even if it is another object with a method `update`."""
    return view if isinstance(view, View) else _ViewAdapter(view)


class Recorder:
    """Records the events of one run.

    Args:
        run: Run ID.
        directory: The run directory; None writes nothing to disk.
        views: The views of the run.

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
        self._lost_events = 0

    def emit(self, event: Event) -> None:
        """Record `event` and show it. Neither a full disk nor a view that fails ends the run."""
        self._add(event, time.perf_counter() - self._began)
        self.show(event)

    def show(self, event: Event) -> None:
        """Pass `event` to every view, without recording it."""
        self.each_view(lambda view: view.update(self.state, event))

    def each_view(self, use: Callable[[View], object]) -> None:
        """Call `use` with each view. One that fails is removed, with a warning: a training must not fail because of
        it.
        """
        for view in tuple(self.views):
            try:
                use(view)
            except Exception:
                self.views.remove(view)
                self.warn(f"{type(view).__name__} failed and was removed: {traceback.format_exc(limit=-1).strip()}")

    def sync(self) -> None:
        """Flush the journal to the disk itself, so that it survives a power failure."""
        if self._journal is not None:
            with contextlib.suppress(OSError):
                self._journal.sync()

    def inherit(self, events: Iterable[Event]) -> None:
        """Start with the events of another run, at their times. The clock of this run continues from the last one."""
        began = time.perf_counter() - self._began
        for event in events:
            self._add(event, event.time)
        self._began -= max(0.0, self.state.time - began)

    def progress(self, name: str, done: int = 0, total: int = 0) -> None:
        """Record progress of phase `name`: `done` of `total`."""
        self.emit(Phase(step=self.state.step, name=name, done=done, total=total))

    def note(self, message: str) -> None:
        """Record a note for the user."""
        self.emit(Diagnosed(step=self.state.step, message=message))

    def warn(self, message: str) -> None:
        """Record a warning for the user."""
        self.emit(Diagnosed(step=self.state.step, message=message, level="warning"))

    def close(self) -> None:
        """Close the journal. Later events change only the state and the views."""
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _add(self, event: Event, seconds: float) -> None:
        """Stamp, write and fold an event that happened `seconds` after the start of the run."""
        self._seq += 1
        event.stamp(run=self.run, seq=self._seq, time=round(seconds, 3))
        is_journalled = self._journal is not None and not (isinstance(event, Phase) and event.done > 0)
        failure = self._write(event) if is_journalled else ""
        self.state.apply(event)
        if failure:
            self._count_lost(failure)
        elif self._lost_events and is_journalled:
            lost, self._lost_events = self._lost_events, 0
            self.warn(f"The disk was full: {lost} events of this run are missing from its journal.")

    def _write(self, event: Event) -> str:
        """Append `event` to the journal; returns the reason if that failed, otherwise ""."""
        assert self._journal is not None
        try:
            return "" if self._journal.append(event) else os.strerror(errno.ENOSPC)
        except Exception as error:  # a training must not fail because of its journal
            return getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"

    def _count_lost(self, reason: str) -> None:
        """Count an event that is missing from the journal; add a warning to the state at the first one."""
        if not self._lost_events:
            message = Diagnosed(message=f"The journal cannot be written: {reason}.", level="warning")
            self.state.messages = [*self.state.messages, message]
        self._lost_events += 1
