"""What shows a run in IPython: the live panel above and the record below it, or plain text where there is no front
end for widgets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from IPython.display import DisplayHandle, display

from nbtrain.events import Ended, Evaluated, Event
from nbtrain.events.lineage import ancestors
from nbtrain.events.state import RunState
from nbtrain.notebook.kernel.channel import connect
from nbtrain.notebook.kernel.run_feed import RunFeed
from nbtrain.notebook.kernel.serving import ServingView
from nbtrain.notebook.kernel.throttle import Throttle
from nbtrain.views.chart import png
from nbtrain.views.record import Record, about
from nbtrain.views.record_json import MIME_TYPE
from nbtrain.views.table import TextTable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from nbtrain.events.commands import Control
    from nbtrain.events.recorder import View

HINT = "An interrupt of the kernel stops the run, too, and keeps what was learned."
NO_CONTROLS_HINT = "This kernel hears no clicks while a cell runs. To stop and keep what was learned, interrupt it."
EMPTY = {"text/html": "", "text/plain": ""}
"""A display of no height: an output cannot be taken out of a cell, only emptied. (`{}` would have nbconvert warn.)"""

FOLDED_TITLE = "The record so far, as it is saved with the notebook"

MIN_DRAWING_SECONDS = 10.0
"""Least time between two drawings of the record's curve while a run goes on; one takes 0.1 to 0.2 s."""


def background_hint(out: str = "") -> str:
    """What can be done with a run that goes on behind the notebook; `out` is the variable that holds it, if any."""
    stop = f"Stop is here, and in {out}.stop()" if out else "Stop is here"
    return f"It goes on between the other cells. {stop}; an interrupt of the kernel does nothing to it."


def views_for(
    shell: InteractiveShell, *, is_result: bool = False, background: bool = False, quiet: bool = False
) -> list[View]:
    """The views that suit where a cell runs.

    Args:
        shell: The IPython.
        is_result: The cell's result is the run, which shows the record; so the record need not stay when all went well.
        background: The cell is over before the run is.
        quiet: Show nothing in the cell; the page's list of runs has the run all the same.
    """
    kernel = getattr(shell, "kernel", None)
    if quiet:
        feeds = feed(shell, None, background=background)
        return [ServingView(kernel, background=background), *feeds] if feeds else []
    if kernel is None:
        return [TextTable()]
    if not getattr(kernel, "_allow_stdin", True):  # executed by nbclient, papermill or nbconvert: nobody is there
        return [TextTable(), RecordView(is_result=is_result)]
    record = RecordView(is_result=is_result and not background, folded=True, reserved=True)
    return [*_panel(kernel, background=background), record, *feed(shell, record, background=background)]


class PanelView(ServingView):
    """The live panel: it appears with the first event and goes with the last. While it is there, the kernel is served.

    Args:
        panel: The panel.
        kernel: The kernel, if the cell blocks it; None if it is free, and hears the panel by itself.
        background: The cell only blocks it inside of `served`.
    """

    def __init__(self, panel: Any, kernel: Any = None, *, background: bool = False) -> None:
        super().__init__(kernel, background=background)
        self._panel = panel
        self._handle: DisplayHandle | None = None
        self._metadata: dict[str, Any] = {}

    def steer(self, control: Control) -> None:
        """Have the panel steer the run, where what is clicked there arrives."""
        self._control = control
        control.attended = self._is_responsive
        if control.attended:
            self._panel.steer(control)
        else:
            self._panel.hint = NO_CONTROLS_HINT

    def _on_start(self, state: RunState) -> None:
        self._metadata = about(state.run, "panel")
        self._handle = display(self._panel, display_id=True, metadata=self._metadata)

    def _on_event(self, state: RunState, event: Event) -> None:
        self._panel.update(state, event)

    def _on_end(self) -> None:
        _show(self._handle, EMPTY, self._metadata)
        self._panel.close_view()

    def _report_error(self, text: str) -> None:
        self._panel.notify(text)

    def _comms(self) -> set[str]:
        return {self._panel.comm.comm_id} | super()._comms()


class RecordView:
    """The record: there from the first evaluation on, refreshed at each, and what remains in the notebook.

    Args:
        is_result: The cell's result is the run, which shows the record; so it need not stay when all went well.
        folded: Fold it while the run goes on, since the panel above shows the same.
        reserved: Be there from the first event on: as long as the cell is running, and so that a notebook that is saved
            or loses its kernel before the first evaluation has more of the run than a panel that is dead.
        handle: A display that is its place, where one was taken before.

    Attributes:
        image: The curve as it was drawn last.
    """

    def __init__(
        self,
        *,
        is_result: bool = False,
        folded: bool = False,
        reserved: bool = False,
        handle: DisplayHandle | None = None,
    ) -> None:
        self._is_result = is_result
        self._folded = folded
        self._reserved = reserved
        self._handle = handle
        self._drawings = Throttle(MIN_DRAWING_SECONDS)
        self.image: bytes | None = None

    def update(self, state: RunState, event: Event) -> None:
        if self._reserved and self._handle is None:
            self._refresh(state, draw=False)
        if isinstance(event, Ended):
            self._end(state)
        elif isinstance(event, Evaluated):
            self._refresh(state, draw=self._drawings.allows())

    def _end(self, state: RunState) -> None:
        is_shown_as_result = self._is_result and state.status in ("finished", "stopped")
        if state.started is None or is_shown_as_result:
            _show(self._handle, EMPTY, about(state.run, "record"))
        else:
            self._refresh(state, draw=True)

    def _refresh(self, state: RunState, *, draw: bool) -> None:
        others = ancestors(state)
        if draw and state.curves["loss"].bins:
            self.image = png(state, others)
            self._drawings.record()
        record = Record(state, state.config, state.directory, self.image, next(iter(others), None))
        bundle = record.bundle()
        if self._folded and not state.ended:
            bundle["text/html"] = f"<details><summary>{FOLDED_TITLE}</summary>{bundle['text/html']}</details>"
            bundle[MIME_TYPE] = {**bundle[MIME_TYPE], "folded": FOLDED_TITLE}
        if self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(bundle, raw=True, metadata=record.metadata)
        else:
            _show(self._handle, bundle, record.metadata)


def _show(handle: DisplayHandle | None, bundle: dict[str, Any], metadata: dict[str, Any]) -> None:
    """Show something else; an update that says nothing of the metadata would take it away."""
    if handle is not None:
        handle.update(bundle, raw=True, metadata=metadata)


def feed(shell: InteractiveShell, record: RecordView | None, *, background: bool) -> list[View]:
    """What tells the page's list of runs, where there is a way to it; of the curve that `record` has drawn, too."""
    ours = connect(shell)
    if ours is None:
        return []
    return [RunFeed(ours, blocks=not background, image=lambda: None if record is None else record.image)]


def _panel(kernel: Any, *, background: bool = False) -> list[View]:
    """The panel, or the table of text where its package is missing."""
    try:
        from nbtrain.notebook.panel.panel import Panel
    except ImportError:
        return [TextTable()]
    return [PanelView(Panel(hint=background_hint() if background else HINT), kernel, background=background)]
