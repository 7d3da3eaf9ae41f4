"""Background: a run that goes on in turns with whatever else runs on an event loop, in one thread.

Between two events of the training the loop gets its turn, and with it any code: it may use random numbers, or make
another Trainer. So training and loop each have a world of their own (see `nbtrain.engine.isolation`), and the results
are those of a training that nobody disturbed.
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
from nbtrain.training.session import PAUSE_SECONDS

if TYPE_CHECKING:
    from nbtrain.engine.stream import Stream
    from nbtrain.training.session import Session

TURNS = 8
"""Turns of the loop per event. A message to a kernel takes several from the socket to what handles it."""
QUEUE_SECONDS = 0.05
"""Time between two looks at whether the run before has ended."""

_queue: list[Background] = []
"""The runs that have not ended; the first one trains, the others wait for it."""


class Background:
    """Drives a run on the event loop that is running, once those that were begun before it have ended.

    Args:
        session: What trains. It is ready, and as it is at `start` it begins, whatever happens until its turn comes.
        stream: Its events.
        after: Called with what the training raised, or None, when it is over.

    Attributes:
        error: What the run raised; it is raised again for those who wait for it.
    """

    def __init__(self, session: Session, stream: Stream, after: Callable[[BaseException | None], None]) -> None:
        self.error: BaseException | None = None
        self._run = session.run
        self._control = stream.control
        self._training: _Training | None = _Training(session, stream, after)

    def start(self, *, first: bool = False) -> None:
        """Begin; returns at once.

        Args:
            first: Train before the runs that wait already.

        Raises:
            RuntimeError: No event loop is running.
        """
        loop = asyncio.get_running_loop()
        assert self._training is not None, "it is started once"
        self._ended = asyncio.Event()
        self._run.driver = self
        before = "" if first or not _queue else _queue[-1]._run.id
        _queue.insert(0 if first else len(_queue), self)
        self._training.enqueue(before)
        self._task = loop.create_task(self._drive())

    def wait(self) -> None:
        """Train to the end here, so that nothing else gets a turn; what is before this run in the queue comes first.

        Raises:
            RunInterrupted: An interrupt stopped what was training; it was kept.
            Exception: What the training raised.
        """
        while self in _queue and _queue[0] is not self:
            with contextlib.suppress(Exception):  # that is for those who wait for that one
                _queue[0].wait()
        if self._training is not None:
            self._take(self._training.finish)
        self._tell()

    def __await__(self) -> Generator[object, None, None]:
        """Let the loop go on until the run has ended. An interrupt stops the run, and it is kept.

        Raises:
            RunInterrupted: It was interrupted.
            Exception: What the training raised.
        """
        return self._join().__await__()

    async def _join(self) -> None:
        with _StopAndKeep(self._control, lambda: True):
            await self._ended.wait()
        self._tell()

    async def _drive(self) -> None:
        try:
            while self._training is not None and _queue[0] is not self and not self._control.stopping:
                await asyncio.sleep(QUEUE_SECONDS)
            while self._training is not None:
                if isinstance(self._take(self._training.advance), Waiting):
                    await asyncio.sleep(PAUSE_SECONDS)
                else:
                    for _ in range(TURNS):
                        await asyncio.sleep(0)
        finally:  # the task was cancelled: with the loop, say
            self._end()

    def _take(self, turn: Callable[[], Event | None]) -> Event | None:
        """Take a turn. The run ends with the last one, and with one that fails."""
        if self._training is not None and self._training.is_taking_turn:
            raise RunError("A run cannot be waited for in the middle of its own step.")
        try:
            if (event := turn()) is not None:
                return event
        except BaseException as error:  # it belongs to those who wait for the run, not to the loop
            traceback.clear_frames(error.__traceback__)  # they hold the tensors of the step that failed
            self.error = error
        self._end()
        return None

    def _end(self) -> None:
        """Let go of all that the training held, and let the next one begin."""
        training, self._training = self._training, None
        if training is not None:
            training.end(self.error)
            _queue.remove(self)
            self._ended.set()

    def _tell(self) -> None:
        """Raise what the training raised: an interrupt once, an error whenever somebody asks."""
        error = self.error
        if isinstance(error, KeyboardInterrupt):
            self.error = None
            if not isinstance(error, RunInterrupted):
                raise RunInterrupted("Interrupted; what was saved until then is kept.") from None
        if error is not None:
            raise error


class _Training:
    """A training that takes turns with other code, each in its own world."""

    def __init__(self, session: Session, stream: Stream, after: Callable[[BaseException | None], None]) -> None:
        self.is_taking_turn = False
        self._session = session
        self._control = stream.control
        self._events = session.drive(stream)
        self._after = after

    def enqueue(self, before: str) -> None:
        """Be ready for turns; the first one may come after another run, `before`, has ended."""
        session = self._session
        self._control.attended = True
        session.begin(self._control)
        if before:
            session.recorder.emit(Phase(step=session.run.state.step, name=f"wait for {before}", waits_for=before))
        session.process_state = ProcessState.current()

    def advance(self) -> Event | None:
        """Go on to the next event; None at the end."""
        with self._turn():
            return None if self._is_withdrawn else next(self._events, None)

    def finish(self) -> None:
        """Go on to the end."""
        with self._turn(), contextlib.ExitStack() as stack:
            if not self._is_withdrawn:
                for view in self._session.recorder.views:
                    stack.enter_context(as_view(view).served())
                self._session.block(self._events, self._control)

    def end(self, error: BaseException | None) -> None:
        """It is over; if not by itself, then it is broken off."""
        with self._turn():
            self._events.close()
            if not self._session.run.state.ended:  # it had not begun
                self._session.withdraw("stopped" if error is None else "interrupted")
            self._after(error)

    @property
    def _is_withdrawn(self) -> bool:
        """Whether it is to stop before it has begun."""
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


class _StopAndKeep(StopOnInterrupt):
    """For a cell that awaits: the loop is running, and an exception in the middle of it would end the kernel. So the
    first SIGINT asks to stop, and further ones are left to whoever handled them before.
    """

    def _handle(self, number: int, frame: FrameType | None) -> None:
        self.count += 1
        if self.count == 1:
            self._control.stop(by="interrupt")
        elif callable(self._previous):
            self._previous(number, frame)
