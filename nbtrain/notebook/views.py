"""What shows a run in IPython: the live panel above and the record below it, or plain text where there is no front
end for widgets.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from IPython.display import DisplayHandle, display

from nbtrain.events import Ended, Evaluated, Event
from nbtrain.state import RunState
from nbtrain.views.chart import png
from nbtrain.views.record import Record
from nbtrain.views.table import TextTable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrain.recorder import View

HINT = "To stop and keep what was learned, interrupt the kernel."
EMPTY = {"text/html": "", "text/plain": ""}
"""A display of no height: an output cannot be taken out of a cell, only emptied. (`{}` would have nbconvert warn.)"""

SO_FAR = "The record so far, as it is saved with the notebook"

DRAWING_SHARE = 0.02
"""Most of the time that may go into drawing the record's curve."""


def views_for(shell: InteractiveShell, *, is_result: bool = False) -> list[View]:
    """The views that suit where a cell runs.

    Args:
        shell: The IPython.
        is_result: The cell's result is the run, which shows the record; so the record need not stay when all went well.
    """
    kernel = getattr(shell, "kernel", None)
    if kernel is None:
        return [TextTable()]
    if not getattr(kernel, "_allow_stdin", True):  # executed by nbclient, papermill or nbconvert: nobody is there
        return [TextTable(), RecordView(is_result=is_result)]
    return [*_panel(), RecordView(is_result=is_result, folded=True)]


class PanelView:
    """The live panel: it appears with the first event and goes with the last."""

    def __init__(self, panel: Any) -> None:
        self._panel = panel
        self._handle: DisplayHandle | None = None

    def update(self, state: RunState, event: Event) -> None:
        if self._handle is None:
            self._handle = display(self._panel, display_id=True)
        self._panel.update(state, event)
        if isinstance(event, Ended):
            _show(self._handle, EMPTY)
            self._panel.close_view()


class RecordView:
    """The record: there from the first evaluation on, refreshed at each, and what remains in the notebook.

    Args:
        is_result: The cell's result is the run, which shows the record; so it need not stay when all went well.
        folded: Fold it while the run goes on, since the panel above shows the same.
    """

    def __init__(self, *, is_result: bool = False, folded: bool = False) -> None:
        self._is_result = is_result
        self._folded = folded
        self._handle: DisplayHandle | None = None
        self._image: bytes | None = None
        self._next_drawing = 0.0

    def update(self, state: RunState, event: Event) -> None:
        if isinstance(event, Ended):
            self._end(state)
        elif isinstance(event, Evaluated):
            self._refresh(state, draw=time.monotonic() >= self._next_drawing)

    def _end(self, state: RunState) -> None:
        is_shown_as_result = self._is_result and state.status in ("finished", "stopped")
        if state.started is None or is_shown_as_result:
            if self._handle is not None:
                _show(self._handle, EMPTY)
        else:
            self._refresh(state, draw=True)

    def _refresh(self, state: RunState, *, draw: bool) -> None:
        if draw and state.curves["loss"].bins:
            began = time.monotonic()
            self._image = png(state)
            cost = time.monotonic() - began
            self._next_drawing = time.monotonic() + cost / DRAWING_SHARE
        bundle = Record(state, config=state.config, directory=state.directory, png=self._image).bundle()
        if self._folded and not state.ended:
            bundle["text/html"] = f"<details><summary>{SO_FAR}</summary>{bundle['text/html']}</details>"
        if self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(bundle, raw=True)
        else:
            _show(self._handle, bundle)


def _show(handle: DisplayHandle, bundle: dict[str, Any]) -> None:
    handle.update(bundle, raw=True)


def _panel() -> list[View]:
    """The panel, or the table of text where its package is missing."""
    try:
        from nbtrain.notebook.panel import Panel
    except ImportError:
        return [TextTable()]
    return [PanelView(Panel(hint=HINT))]
