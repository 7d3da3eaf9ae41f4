"""Background runs: train on the event loop of the notebook, in turns with other code, in one thread.

Between two events of the training, other code on the loop runs: it may draw random numbers, or create another Trainer.
So the training has a process state of its own (see `nbtrain.engine.isolation`), which is swapped in and out at every
turn. Its results are the same as those of an undisturbed training.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import sys
import traceback
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from nbtrain.engine.interrupt import StopOnFirstInterrupt
from nbtrain.errors import RunError, RunInterrupted
from nbtrain.events import Event, Phase, Waiting
from nbtrain.events.commands import PAUSE_POLL_SECONDS
from nbtrain.events.recorder import as_view
from nbtrain.training.live_run import LiveRun
from nbtrain.training.turns import in_turns

if TYPE_CHECKING:
    from nbtrain.engine.isolation import ProcessState
    from nbtrain.training.finetune import Finetuning

LOOP_TURNS = 8
"""Iterations of the loop per event. A kernel message needs several from the socket to its handler."""
QUEUE_POLL_SECONDS = 0.05
"""How often a queued run checks whether the run before it has ended."""

_queue: list[Background] = []
"""Runs that have not ended: the first one trains, the others wait."""


class Background:
    """Drives a run on the running event loop: it is prepared at once, and trains after all runs that were started
    earlier have ended.

    Args:
        finetuning: The training. If it is prepared, its process state is saved at `start` and restored when its turn
            comes.
        after: Called at the end, with the exception that the training raised, or None.
        preparing: Makes the context in which each turn of the preparation runs.

    Attributes:
        error: The exception that the run raised; raised again for everybody who waits for the run.
    """

    def __init__(
        self,
        finetuning: Finetuning,
        after: Callable[[BaseException | None], None],
        preparing: Callable[[], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        self.error: BaseException | None = None
        self._run = finetuning.run
        self._control = finetuning.control
        self._training: _Training | None = _Training(finetuning, after, preparing)

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
        self._training.begin("" if first or not _queue else _queue[-1]._run.id)
        _queue.insert(0 if first else len(_queue), self)
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
        with StopOnFirstInterrupt(self._control, lambda: True):
            await self._ended.wait()
        self._raise_error()

    async def _drive(self) -> None:
        try:
            while self._training is not None and not self._training.is_prepared:
                self._take(self._training.advance)
                await self._let_others_run()
            while self._training is not None and _queue[0] is not self and not self._control.stopping:
                await asyncio.sleep(QUEUE_POLL_SECONDS)
            while self._training is not None:
                if isinstance(self._take(self._training.advance), Waiting):
                    await asyncio.sleep(PAUSE_POLL_SECONDS)
                else:
                    await self._let_others_run()
        finally:  # also if the task was cancelled, for example with the loop
            self._end()

    async def _let_others_run(self) -> None:
        for _ in range(LOOP_TURNS):
            await asyncio.sleep(0)

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
    """A training that alternates with other code; each side has its own process state.

    Attributes:
        is_prepared: Whether everything before the first step is done.
    """

    def __init__(
        self,
        finetuning: Finetuning,
        after: Callable[[BaseException | None], None],
        preparing: Callable[[], AbstractContextManager[object]],
    ) -> None:
        self._context = contextvars.copy_context()  # of the cell that started the run: what it prints belongs there
        self.is_prepared = False
        self.is_taking_turn = False
        self._finetuning = finetuning
        self._control = finetuning.control
        self._after = after
        self._preparing = preparing
        self._waits_for = ""
        self._state: ProcessState | None = None
        self._preparation: Generator[Event] = in_turns(finetuning.prepare, finetuning.recorder)
        self._events: Generator[Event] | None = None

    def begin(self, before: str) -> None:
        """Make the run live. `before` is the ID of the run to wait for, or ""."""
        self._waits_for = before
        self._control.attended = True
        if self._finetuning.is_prepared:
            self._enqueue()
            self._keep(_process_state())
            return
        recorder = self._finetuning.recorder
        self._finetuning.run.live = LiveRun(self._control, recorder.views)
        recorder.each_view(lambda view: as_view(view).steer(self._control))

    def advance(self) -> Event | None:
        """Prepare or train to the next event; None at the end."""
        return self._context.run(self._advance)

    def finish(self) -> None:
        """Train to the end."""
        self._context.run(self._finish)

    def end(self, error: BaseException | None) -> None:
        """End the training; if it has not finished, it is aborted."""
        self._context.run(self._abort, error)

    def _advance(self) -> Event | None:
        with self._turn():
            if self._is_cancelled:
                return None
            return next(self._events, None) if self._events is not None else self._prepare()

    def _finish(self) -> None:
        with self._turn(), contextlib.ExitStack() as stack:
            for view in self._finetuning.recorder.views:
                stack.enter_context(as_view(view).served())
            while self._events is None and not self._is_cancelled:
                self._prepare()
            if self._events is not None and not self._is_cancelled:
                self._finetuning.session.run_blocking(self._events, self._control)

    def _abort(self, error: BaseException | None) -> None:
        with self._turn():
            self._preparation.close()
            if self._events is not None:
                self._events.close()
            if not self._finetuning.run.state.ended:  # it had not started
                if self._finetuning.is_prepared:
                    self._finetuning.session.end_before_start("stopped" if error is None else "interrupted")
                else:
                    self._finetuning.cancel()
            self._after(error)

    def _prepare(self) -> Event:
        """Prepare to the next event; at the end, wait in the queue."""
        with self._preparing():
            event = next(self._preparation, None)
        return self._enqueue() if event is None else event

    def _enqueue(self) -> Event:
        session, recorder = self._finetuning.session, self._finetuning.recorder
        self._events = session.drive(self._finetuning.stream())
        self.is_prepared = True
        session.begin(self._control)
        event = Phase(step=recorder.state.step, name="start")
        if any(one._run.id == self._waits_for for one in _queue):
            event = Phase(step=recorder.state.step, name=f"wait for {self._waits_for}", waits_for=self._waits_for)
            recorder.emit(event)
        return event

    @property
    def _is_cancelled(self) -> bool:
        """Whether the run was stopped before it started."""
        return self._control.stopping and self._finetuning.run.state.started is None

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        outside, inside = _process_state(), self._state
        self._keep(None)
        self.is_taking_turn = True
        try:
            with contextlib.ExitStack() as stack:
                for view in tuple(self._finetuning.recorder.views):
                    stack.enter_context(as_view(view).turn())
                if inside is not None:
                    inside.restore()
                yield
        finally:
            self._keep(_process_state())
            self.is_taking_turn = False
            if outside is not None:
                outside.restore()

    def _keep(self, state: ProcessState | None) -> None:
        """Keep the process state until the next turn, also for those who use the model meanwhile."""
        self._state = state
        if self._finetuning.is_prepared:
            self._finetuning.session.process_state = state


def _process_state() -> ProcessState | None:
    """The process state now; None as long as PyTorch, to which most of it belongs, is not imported."""
    if "torch" not in sys.modules:
        return None
    from nbtrain.engine.isolation import ProcessState

    return ProcessState.current()
