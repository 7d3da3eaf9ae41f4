"""Latest: slow work in one thread, of which only the newest matters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from nbtrain.notebook.form.loop import MainLoop
from nbtrain.notebook.kernel.import_lock import IMPORT_LOCK

QUIET_SECONDS = 0.3
"""Nothing is begun before nobody has asked for so long."""


class Latest:
    """Does the newest piece of work that was asked for; what was asked for before it, and not begun, is forgotten.

    The thread ends when there is nothing to do, and begins anew with the next request. Where no loop runs nothing is
    done by itself; `settle` does it there and then.

    Args:
        loop: Where results are delivered.
    """

    def __init__(self, loop: MainLoop) -> None:
        self._loop = loop
        self._changed = threading.Condition()
        self._wanted: tuple[Callable[[], Any], Callable[[Any], None]] | None = None
        self._asked = 0
        self._works = False

    def ask(self, work: Callable[[], Any], deliver: Callable[[Any], None]) -> None:
        """Have `work` done in the thread, and `deliver` called with its result on the main one, unless something else
        is asked for meanwhile.
        """
        with self._changed:
            self._wanted = (work, deliver)
            self._asked += 1
            self._changed.notify()
            if self._loop.runs and not self._works:
                self._works = True
                threading.Thread(target=self._run, name="nbtrain-form", daemon=True).start()

    def cancel(self) -> None:
        """Forget what was asked for; a result that is on its way is not delivered."""
        with self._changed:
            self._wanted = None
            self._asked += 1

    def settle(self) -> bool:
        """Do what was asked for here and now; False if nothing was."""
        with self._changed:
            wanted, self._wanted = self._wanted, None
        if wanted is None:
            return False
        wanted[1](wanted[0]())
        return True

    def _run(self) -> None:
        while (wanted := self._next()) is not None:
            number, work, deliver = wanted
            with IMPORT_LOCK:
                result = work()
            self._loop.later(self._deliver, number, deliver, result)

    def _next(self) -> tuple[int, Callable[[], Any], Callable[[Any], None]] | None:
        with self._changed:
            while self._changed.wait(QUIET_SECONDS):
                pass  # somebody is still typing
            if self._wanted is None:
                self._works = False
                return None
            (work, deliver), self._wanted = self._wanted, None
            return self._asked, work, deliver

    def _deliver(self, number: int, deliver: Callable[[Any], None], result: Any) -> None:
        if number == self._asked:
            deliver(result)
