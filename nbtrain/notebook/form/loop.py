"""MainLoop: calls functions on the main thread, which updates widgets and starts runs."""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import Callable
from typing import Any


class MainLoop:
    """The event loop (if one runs) and the context variables, which assign outputs to a cell, at construction.

    Clicks can arrive on another thread (ipykernel 7.0 to 7.3 in JupyterLab), and the preview is computed in one.
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
        """Whether a loop runs, so that work can continue after the cell."""
        return self._loop is not None

    def call(self, function: Callable[..., object], *arguments: Any) -> None:
        """Call it on the main thread; at once if this is the main thread, or without a loop."""
        if self._loop is None or threading.get_ident() == self._thread:
            function(*arguments)
        else:
            self.later(function, *arguments)

    def later(self, function: Callable[..., object], *arguments: Any) -> None:
        """Schedule the call on the main thread; call it at once without a loop."""
        if self._loop is None:
            function(*arguments)
        else:
            self._loop.call_soon_threadsafe(function, *arguments, context=self._context)
