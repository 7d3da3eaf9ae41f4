"""Background runs: train on the event loop of the notebook, in turns with other code, in one thread.

Between two events of the training, other code on the loop runs: it may draw random numbers, or create another Trainer.
So the training has a process state of its own (see `nbtrain.engine.isolation`), which is swapped in and out at every
turn. Its results are the same as those of an undisturbed training.
"""

from __future__ import annotations

import asyncio
import contextlib
import traceback
from collections.abc import Callable, Generator, Iterator
from types import FrameType
from typing import TYPE_CHECKING

from nbtrain.engine.interrupt import StopOnInterrupt
from nbtrain.engine.isolation import ProcessState
from nbtrain.errors import RunError, RunInterrupted
from nbtrain.events import Event, Phase, Waiting
from nbtrain.events.recorder import as_view
from nbtrain.training.session import PAUSE_POLL_SECONDS

if TYPE_CHECKING:
    from nbtrain.engine.stream import Stream
    from nbtrain.training.session import Session

LOOP_TURNS = 8
"""Iterations of the loop per event. A kernel message needs several from the socket to its handler."""
QUEUE_POLL_SECONDS = 0.05
"""How often a queued run checks whether the run before it has ended."""

_queue: list[Background] = []
"""Runs that have not ended: the first one trains, the others wait."""


class Background:
    """Drives a run on the running event loop, after all runs that were started earlier have ended.

    Args:
        session: The session, ready to train. Its process state is saved at `start` and restored when its turn comes.
        stream: The events of the training.
        after: Called at the end, with the exception that the training raised, or None.

    Attributes:
        error: The exception that the run raised; raised again for everybody who waits for the run.
    """

    def __init__(self, session: Session, stream: Stream, after: Callable[[BaseException | None], None]) -> None:
        self.error: BaseException | None = None
        self._run = session.run
        self._control = stream.control
        self._training: _Training | None = _Training(session, stream, after)

    def start(self, *, first: bool = False) -> None:
        """Start the run; returns at once.

        Args:
            first: Put the run in front of the runs that are waiting.

        Raises:
            RuntimeError: No event loop is running.
        """
        loop = asyncio.get_running_loop()
        assert self._training is not None, "start() may be called only once"
        self._ended = asyncio.Event()
        self._run.driver = self
        before = "" if first or not _queue else _queue[-1]._run.id
        _queue.insert(0 if first else len(_queue), self)
        self._training.enqueue(before)
        self._task = loop.create_task(self._drive())

    def wait(self) -> None:
        """Block until the run has ended; the runs before it in the queue are trained first.

        Raises:
            RunInterrupted: The training was interrupted; what was saved is kept.
            Exception: The exception that the training raised.
        """
        while self in _queue and _queue[0] is not self:
            with contextlib.suppress(Exception):  # raised for those who wait for that run
                _queue[0].wait()
        if self._training is not None:
            self._take(self._training.finish)
        self._raise_error()

    def __await__(self) -> Generator[object, None, None]:
        """Wait for the end of the run while the loop keeps running. An interrupt stops the run and keeps its weights.

        Raises:
            RunInterrupted: The run was interrupted.
            Exception: The exception that the training raised.
        """
        return self._join().__await__()

    async def _join(self) -> None:
        with _StopOnFirstInterrupt(self._control, lambda: True):
            await self._ended.wait()
        self._raise_error()

    async def _drive(self) -> None:
        try:
            while self._training is not None and _queue[0] is not self and not self._control.stopping:
                await asyncio.sleep(QUEUE_POLL_SECONDS)
            while self._training is not None:
                if isinstance(self._take(self._training.advance), Waiting):
                    await asyncio.sleep(PAUSE_POLL_SECONDS)
                else:
                    for _ in range(LOOP_TURNS):
                        await asyncio.sleep(0)
        finally:  # also if the task was cancelled, for example with the loop
            self._end()

    def _take(self, turn: Callable[[], Event | None]) -> Event | None:
        """Run one turn of the training. The run ends after the last one, and after one that fails."""
        if self._training is not None and self._training.is_taking_turn:
            raise RunError("A run cannot wait for itself in the middle of its own step.")
        try:
            if (event := turn()) is not None:
                return event
        except BaseException as error:  # raised for those who wait for the run, not in the loop
            traceback.clear_frames(error.__traceback__)  # the frames hold the tensors of the step that failed
            self.error = error
        self._end()
        return None

    def _end(self) -> None:
        """Release everything that the training holds, and let the next run start."""
        training, self._training = self._training, None
        if training is not None:
            training.end(self.error)
            _queue.remove(self)
            self._ended.set()

    def _raise_error(self) -> None:
        """Raise what the training raised: an interrupt only once, an error every time."""
        error = self.error
        if isinstance(error, KeyboardInterrupt):
            self.error = None
            if not isinstance(error, RunInterrupted):
                raise RunInterrupted("Interrupted. Everything saved so far is kept.") from None
        if error is not None:
            raise error


class _Training:
    """A training that alternates with other code; each side has its own process state."""

    def __init__(self, session: Session, stream: Stream, after: Callable[[BaseException | None], None]) -> None:
        self.is_taking_turn = False
        self._session = session
        self._control = stream.control
        self._events = session.drive(stream)
        self._after = after

    def enqueue(self, before: str) -> None:
        """Make the run live, and save its process state. `before` is the ID of the run to wait for, or ""."""
        session = self._session
        self._control.attended = True
        session.begin(self._control)
        if before:
            session.recorder.emit(Phase(step=session.run.state.step, name=f"wait for {before}", waits_for=before))
        session.process_state = ProcessState.current()

    def advance(self) -> Event | None:
        """Train to the next event; None at the end."""
        with self._turn():
            return None if self._is_cancelled else next(self._events, None)

    def finish(self) -> None:
        """Train to the end."""
        with self._turn(), contextlib.ExitStack() as stack:
            if not self._is_cancelled:
                for view in self._session.recorder.views:
                    stack.enter_context(as_view(view).served())
                self._session.run_blocking(self._events, self._control)

    def end(self, error: BaseException | None) -> None:
        """End the training; if it has not finished, it is aborted."""
        with self._turn():
            self._events.close()
            if not self._session.run.state.ended:  # it had not started
                self._session.end_before_start("stopped" if error is None else "interrupted")
            self._after(error)

    @property
    def _is_cancelled(self) -> bool:
        """Whether the run was stopped before it started."""
        return self._control.stopping and self._session.run.state.started is None

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        outside, inside = ProcessState.current(), self._session.process_state
        self._session.process_state, self.is_taking_turn = None, True
        try:
            if inside is not None:
                inside.restore()
            yield
        finally:
            self._session.process_state, self.is_taking_turn = ProcessState.current(), False
            outside.restore()


class _StopOnFirstInterrupt(StopOnInterrupt):
    """Interrupt handler for a cell that awaits a run: the loop is running, and an exception inside it would end the
    kernel. So the first SIGINT stops the run, and the handler that was installed before gets all others.
    """

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count == 1:
            self._control.stop(by="interrupt")
        elif callable(self._previous):
            self._previous(number, frame)
