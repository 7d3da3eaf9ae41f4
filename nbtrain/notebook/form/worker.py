"""DebouncedWorker: slow work in a thread; only the newest request matters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from nbtrain.notebook.form.loop import MainLoop
from nbtrain.notebook.kernel.import_lock import IMPORT_LOCK

DEBOUNCE_SECONDS = 0.3
"""Work starts after so long without another request."""


class DebouncedWorker:
    """Runs the newest requested work; older requests that have not started are dropped.

    The thread ends when there is nothing to do; the next request starts another. Without an event loop, work only runs
    in `run_pending`.

    Args:
        loop: The loop that delivers results.
    """

    def __init__(self, loop: MainLoop) -> None:
        self._loop = loop
        self._changed = threading.Condition()
        self._pending: tuple[Callable[[], Any], Callable[[Any], None]] | None = None
        self._request_count = 0
        self._is_running = False

    def ask(self, work: Callable[[], Any], deliver: Callable[[Any], None]) -> None:
        """Run `work` in the thread and call `deliver` with its result on the main thread, unless another request comes
        in the meantime.
        """
        with self._changed:
            self._pending = (work, deliver)
            self._request_count += 1
            self._changed.notify()
            if self._loop.runs and not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, name="nbtrain-form", daemon=True).start()

    def cancel(self) -> None:
        """Drop the request; the result of running work is not delivered."""
        with self._changed:
            self._pending = None
            self._request_count += 1

    def run_pending(self) -> bool:
        """Run the pending request in this thread; returns False if there is none."""
        with self._changed:
            pending, self._pending = self._pending, None
        if pending is None:
            return False
        pending[1](pending[0]())
        return True

    def _run(self) -> None:
        while (pending := self._next()) is not None:
            number, work, deliver = pending
            with IMPORT_LOCK:
                result = work()
            self._loop.later(self._deliver, number, deliver, result)

    def _next(self) -> tuple[int, Callable[[], Any], Callable[[Any], None]] | None:
        with self._changed:
            while self._changed.wait(DEBOUNCE_SECONDS):
                pass  # the user is still typing
            if self._pending is None:
                self._is_running = False
                return None
            (work, deliver), self._pending = self._pending, None
            return self._request_count, work, deliver

    def _deliver(self, number: int, deliver: Callable[[Any], None], result: Any) -> None:
        if number == self._request_count:
            deliver(result)
