"""ServingView: keeps the kernel responsive to the page while the cell of a run blocks it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from nbtrain.events import Ended, Event
from nbtrain.events.recorder import View
from nbtrain.events.state import RunState
from nbtrain.notebook.kernel.cell_outputs import cell_outputs
from nbtrain.notebook.kernel.channel import channel
from nbtrain.notebook.kernel.message_hook import Hook, serve

if TYPE_CHECKING:
    from nbtrain.events.commands import Control


class ServingView(View):
    """Shows nothing, but serves messages while the cell of the run blocks the kernel: the runs panel can control it.

    Args:
        kernel: The kernel; None if there is none to serve.
        background: The run only blocks the kernel inside `served`.
    """

    def __init__(self, kernel: Any = None, *, background: bool = False) -> None:
        self._kernel = kernel
        self._background = background
        self._outputs = cell_outputs(kernel) if background else None
        self._has_started = False
        self._hook: Hook | None = None
        self._control: Control | None = None

    def update(self, state: RunState, event: Event) -> None:
        try:
            if not self._has_started:
                self._has_started = True
                if not self._background:
                    self._open_hook()  # first, so that it takes what the page says as soon as it has drawn the panel
                self._on_start(state)
            if self._hook is not None:
                self._hook.poll()
            self._on_event(state, event)
        except BaseException:
            self._close_hook()
            if self._control is not None:
                self._control.attended = False  # this view no longer receives commands
            raise
        if isinstance(event, Ended):
            self._close_hook()
            self._on_end()

    def steer(self, control: Control) -> None:
        """Connect the run's commands. A pause can be answered only if a page is connected."""
        self._control = control
        ours = channel()
        control.attended = self._background or (self._is_responsive and ours is not None and ours.attended)

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """Serve messages inside the context, while a cell waits for the run and blocks the kernel."""
        self._open_hook()
        try:
            yield
        finally:
            self._close_hook()

    def turn(self) -> AbstractContextManager[None]:
        """Context manager around each turn of a background run: what it prints belongs to the cell that started it."""
        return nullcontext() if self._outputs is None else self._outputs.used()

    @property
    def _is_responsive(self) -> bool:
        return self._kernel is None or self._background or self._hook is not None

    def _on_start(self, state: RunState) -> None:
        """Called with the first event."""

    def _on_event(self, state: RunState, event: Event) -> None:
        """Called with every event."""

    def _on_end(self) -> None:
        """Called after the last event."""

    def _report_error(self, text: str) -> None:
        """Called if a message of the page could not be handled."""

    def _comms(self) -> set[str]:
        """IDs of the comms that control this run: their messages are handled at once."""
        ours = channel()
        return ours.comms if ours is not None else set()

    def _open_hook(self) -> None:
        if self._kernel is not None:
            self._hook = serve(self._kernel, self._comms, self._report_error)

    def _close_hook(self) -> None:
        hook, self._hook = self._hook, None
        if hook is not None:
            hook.close()
