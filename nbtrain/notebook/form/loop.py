"""The main thread's event loop: where widgets are set and runs are begun, whatever thread asks for it."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any


class MainLoop:
    """The loop that runs where this is made, if one does, with what its outputs belong to.

    A click may arrive in a thread of its own (ipykernel 7.0 to 7.3 in JupyterLab), and the preview is computed in one.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._context = contextvars.copy_context()
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None

    @property
    def runs(self) -> bool:
        """Whether there is a loop, so that things can go on after the cell."""
        return self._loop is not None

    def call(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call it on the main thread: at once if this is it, or if there is no loop to wait for."""
        if self._loop is None or threading.get_ident() == self._thread:
            function(*arguments)
        else:
            self.later(function, *arguments)

    def later(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call it on the main thread once what is being done there is done; at once if there is no loop."""
        if self._loop is None:
            function(*arguments)
        else:
            self._loop.call_soon_threadsafe(function, *arguments, context=self._context)
