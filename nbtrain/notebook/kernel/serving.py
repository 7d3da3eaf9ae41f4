"""ServingView: while a cell of a run blocks the kernel, the page is heard all the same."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nbtrain.events import Ended, Event
from nbtrain.events.recorder import View
from nbtrain.events.state import RunState
from nbtrain.notebook.kernel.channel import channel
from nbtrain.notebook.kernel.message_hook import Hook, serve

if TYPE_CHECKING:
    from nbtrain.events.commands import Control


class ServingView(View):
    """Shows nothing, but has the kernel served while a cell of the run blocks it: the page's list of runs can steer it.

    Args:
        kernel: The kernel, if the cell blocks it; None if it is free, and hears the page by itself.
        background: The cell only blocks it inside of `served`.
    """

    def __init__(self, kernel: Any = None, *, background: bool = False) -> None:
        self._kernel = kernel
        self._background = background
        self._has_begun = False
        self._hook: Hook | None = None
        self._control: Control | None = None

    def update(self, state: RunState, event: Event) -> None:
        if not self._has_begun:
            self._has_begun = True
            self._begin(state)
            if not self._background:
                self._open_hook()
        try:
            if self._hook is not None:
                self._hook.poll()
            self._follow(state, event)
        except BaseException:
            self._close_hook()
            if self._control is not None:
                self._control.attended = False  # this view hears and shows nothing more
            raise
        if isinstance(event, Ended):
            self._close_hook()
            self._end()

    def steer(self, control: Control) -> None:
        """The run hears commands from now on; whether a pause can be answered depends on who is there."""
        self._control = control
        ours = channel()
        control.attended = self._background or (self._hears and ours is not None and ours.attended)

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """A cell blocks the kernel now, for as long as the run goes on."""
        self._open_hook()
        try:
            yield
        finally:
            self._close_hook()

    @property
    def _hears(self) -> bool:
        return self._kernel is None or self._background or self._hook is not None

    def _begin(self, state: RunState) -> None:
        """The first event has come."""

    def _follow(self, state: RunState, event: Event) -> None:
        """An event has come."""

    def _end(self) -> None:
        """The last event has come."""

    def _report(self, text: str) -> None:
        """A message of the page could not be handled."""

    def _comms(self) -> set[str]:
        """The comms on which this run is steered: they are heard at once."""
        ours = channel()
        return ours.comms if ours is not None else set()

    def _open_hook(self) -> None:
        if self._kernel is not None:
            self._hook = serve(self._kernel, self._comms, self._report)

    def _close_hook(self) -> None:
        hook, self._hook = self._hook, None
        if hook is not None:
            hook.close()
