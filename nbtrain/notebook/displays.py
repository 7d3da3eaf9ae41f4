"""Views of a run in IPython: the live panel and, below it, the record; plain text if the front end has no widgets."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from IPython.display import DisplayHandle

from nbtrain.events import Ended, Evaluated, Event
from nbtrain.events.lineage import ancestors
from nbtrain.events.recorder import View
from nbtrain.events.state import RunState
from nbtrain.notebook.kernel.channel import connect
from nbtrain.notebook.kernel.run_feed import RunFeed
from nbtrain.notebook.kernel.serving import ServingView
from nbtrain.notebook.kernel.throttle import Throttle
from nbtrain.notebook.text import TextDisplay
from nbtrain.notebook.widgets import widget_bundle
from nbtrain.views.chart import png
from nbtrain.views.record import Record, about
from nbtrain.views.record_json import MIME_TYPE
from nbtrain.views.table import TextTable

if TYPE_CHECKING:
    from collections.abc import Callable

    from IPython.core.interactiveshell import InteractiveShell

    from nbtrain.events.commands import Control

DRAWING_SECONDS = 3.0
"""How long a page may take to draw the panel; then the record takes its place."""

NOT_DRAWN = "The live panel is not shown here: the front end has not loaded its widget. This table grows instead. "
HINT = "Interrupting the kernel also stops training; the weights so far are kept."
NO_CONTROLS_HINT = (
    "This kernel cannot receive clicks while a cell runs. To stop training and keep the weights so far, "
    "interrupt the kernel."
)
NOT_DRAWN_BACKGROUND = "The run has a method stop()."
EMPTY = {"text/html": "", "text/plain": ""}
"""An output without height, since an output can be emptied but not removed. (nbconvert warns of `{}`.)"""

FOLDED_TITLE = "Saved snapshot (updated after each evaluation)"

MIN_DRAWING_SECONDS = 10.0
"""Minimum time between two plots of the record's curve during a run; each takes 0.1 to 0.2 s."""


def background_hint(out: str = "") -> str:
    """Hint for a background run; `out` is the variable that holds it, if any."""
    stop = f"the Stop button or {out}.stop()" if out else "the Stop button"
    return (
        f"Training in the background; you can run other cells. To stop, use {stop} "
        "(interrupting the kernel has no effect)."
    )


def views_for(
    shell: InteractiveShell, *, is_result: bool = False, background: bool = False, quiet: bool = False
) -> list[View]:
    """The views for the front end in which a cell runs.

    Args:
        shell: The IPython shell.
        is_result: The cell's result is the run, which shows the record: remove the record view after success.
        background: The cell ends before the run.
        quiet: Show nothing in the cell; the runs panel shows the run anyway.
    """
    kernel = getattr(shell, "kernel", None)
    if quiet:
        feeds = feed(shell, None, background=background)
        return [ServingView(kernel, background=background), *feeds] if feeds else []
    if kernel is None:
        return [TextTable()]
    if not getattr(kernel, "_allow_stdin", True):  # executed by nbclient, papermill or nbconvert, without a user
        text = TextDisplay()
        return [TextTable(text), RecordView(is_result=is_result, text=text)]
    record = RecordView(is_result=is_result and not background, folded=True, reserved=True, shows_failure=background)
    panel = _panel(kernel, record, background=background)
    return [*panel, record, *feed(shell, record, background=background)]


class PanelView(ServingView):
    """The live panel: displayed at the first event, removed after the last; serves the kernel's messages meanwhile.

    Args:
        panel: The panel.
        kernel: The kernel; None if there is none to serve.
        background: The run only blocks the kernel inside `served`.
        record: The record of the run, which takes the panel's place as long as no page has drawn it.
    """

    clock: Callable[[], float] = staticmethod(time.monotonic)

    def __init__(
        self, panel: Any, kernel: Any = None, *, background: bool = False, record: RecordView | None = None
    ) -> None:
        super().__init__(kernel, background=background)
        self._panel = panel
        self._record = record
        self._displayed = 0.0
        self._late_events = 0
        self._handle: DisplayHandle | None = None
        self._metadata: dict[str, Any] = {}

    def steer(self, control: Control) -> None:
        """Connect the panel's controls to the run, if the kernel receives clicks."""
        self._control = control
        control.attended = self._is_responsive
        if control.attended:
            self._panel.steer(control)
        else:
            self._panel.hint = NO_CONTROLS_HINT

    def _on_start(self, state: RunState) -> None:
        self._metadata = about(state.run, "panel")
        self._handle = DisplayHandle()
        self._handle.display(
            widget_bundle(self._panel, f"Live panel of the run {state.run}"), raw=True, metadata=self._metadata
        )
        self._displayed = self.clock()

    def _on_event(self, state: RunState, event: Event) -> None:
        self._panel.update(state, event)
        if self._record is not None:
            self._record.in_place_of_panel = self._reason()

    def _reason(self) -> str:
        """Why the record is shown in place of the panel; "" if it is not.

        The page tells when it has drawn the panel. While a cell blocks, its messages have been read before each event;
        those to a background run, at the latest, between the first two events after a time in which the loop stood
        still.
        """
        if self._panel.drawn or not self._is_responsive or self.clock() - self._displayed < DRAWING_SECONDS:
            return ""
        self._late_events += 1
        if not self._background:
            return NOT_DRAWN + HINT
        return NOT_DRAWN + NOT_DRAWN_BACKGROUND if self._late_events > 1 else ""

    def _on_end(self) -> None:
        _show(self._handle, EMPTY, self._metadata)
        self._panel.close_view()

    def _report_error(self, text: str) -> None:
        self._panel.notify(text)

    def _comms(self) -> set[str]:
        return {self._panel.comm.comm_id} | super()._comms()


class RecordView(View):
    """The record: displayed at the first evaluation, updated at each, and kept in the saved notebook.

    Args:
        is_result: The cell's result is the run, which shows the record: remove this one after success.
        folded: Fold it during the run, since the panel above shows the same.
        reserved: Display it at the first event: outputs can only be added while the cell runs, and a notebook that is
            saved or loses its kernel before the first evaluation shows the run.
        shows_failure: Show why a run did not start; else the cell fails with the reason.
        handle: An existing display to use.
        text: The text of the run, which the record replaces.

    Attributes:
        image: The newest plot of the curve, a PNG.
        in_place_of_panel: Why the record is shown in place of the panel, unfolded and growing; "" if it is not.
    """

    def __init__(
        self,
        *,
        is_result: bool = False,
        folded: bool = False,
        reserved: bool = False,
        shows_failure: bool = False,
        handle: DisplayHandle | None = None,
        text: TextDisplay | None = None,
    ) -> None:
        self._is_result = is_result
        self._folded = folded
        self._reserved = reserved
        self._handle = handle
        self._drawings = Throttle(MIN_DRAWING_SECONDS)
        self._text = text
        self._shows_failure = shows_failure
        self._updates = Throttle()
        self._reason = ""
        self.image: bytes | None = None
        self.in_place_of_panel = ""

    def update(self, state: RunState, event: Event) -> None:
        if self._reserved and self._handle is None:
            self._refresh(state, draw=False)
        if isinstance(event, Ended):
            self._end(state)
        elif isinstance(event, Evaluated) or self._reason != self.in_place_of_panel or self._grows():
            self._refresh(state, draw=self._drawings.allows())

    def _grows(self) -> bool:
        return bool(self.in_place_of_panel) and self._updates.allows()

    def _end(self, state: RunState) -> None:
        self.in_place_of_panel = ""
        is_shown_as_result = self._is_result and state.status in ("finished", "stopped")
        if state.started is None and self._text is not None:
            return  # the text says why
        shows_failure = self._shows_failure and state.status == "failed"
        if is_shown_as_result or (state.started is None and not shows_failure):
            self._clear(about(state.run, "record"))
        else:
            self._refresh(state, draw=True)

    def _refresh(self, state: RunState, *, draw: bool) -> None:
        others = ancestors(state)
        if draw and state.curves["loss"].bins:
            self.image = png(state, others)
            self._drawings.record()
        record = Record(state, state.config, state.directory, self.image, next(iter(others), None))
        bundle = record.bundle()
        self._updates.record()
        self._reason = self.in_place_of_panel
        if self._reason:
            bundle["text/html"] = f'<p style="margin:0"><i>{self._reason}</i></p>{bundle["text/html"]}'
            message = {"level": "note", "text": self._reason}
            bundle[MIME_TYPE] = {**bundle[MIME_TYPE], "messages": [message, *bundle[MIME_TYPE]["messages"]]}
        elif self._folded and not state.ended:
            bundle["text/html"] = f"<details><summary>{FOLDED_TITLE}</summary>{bundle['text/html']}</details>"
            bundle[MIME_TYPE] = {**bundle[MIME_TYPE], "folded": FOLDED_TITLE}
        if self._text is not None:
            self._text.replace(bundle, record.metadata, final=state.ended)
        elif self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(bundle, raw=True, metadata=record.metadata)
        else:
            _show(self._handle, bundle, record.metadata)

    def _clear(self, metadata: dict[str, Any]) -> None:
        if self._text is not None:
            self._text.replace(EMPTY, metadata, final=True)
        else:
            _show(self._handle, EMPTY, metadata)


def _show(handle: DisplayHandle | None, bundle: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Replace the content of a display. Pass the metadata again, since an update without it deletes it."""
    if handle is not None:
        handle.update(bundle, raw=True, metadata=metadata)


def feed(shell: InteractiveShell, record: RecordView | None, *, background: bool) -> list[View]:
    """The view that feeds the runs panel, with the curve that `record` has plotted; none without a channel."""
    channel = connect(shell)
    if channel is None:
        return []
    return [RunFeed(channel, blocks=not background, image=lambda: None if record is None else record.image)]


def _panel(kernel: Any, record: RecordView, *, background: bool) -> list[View]:
    """The panel, or the text table if anywidget is not installed."""
    try:
        from nbtrain.notebook.panel.panel import Panel
    except ImportError:
        return [TextTable()]
    panel = Panel(hint=background_hint() if background else HINT)
    return [PanelView(panel, kernel, background=background, record=record)]
