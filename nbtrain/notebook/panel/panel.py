"""The live panel: a widget that shows a `RunState` during the run.

It sends two kinds of messages. A *delta* is a custom message with the changes since the last message. The *snapshot* is
a synced trait with the complete content, sent instead of a delta every few seconds and at the end, for pages that
connect late. Steps are sent at most once a second, urgent events at once (`notebook.kernel.throttle`). A reloaded
page requests the state and gets a current snapshot.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from nbtrain.events import (
    Commanded,
    Diagnosed,
    Ended,
    Evaluated,
    Event,
    Paused,
    Phase,
    Prepared,
    Resumed,
    Started,
    Waiting,
)
from nbtrain.events.lineage import ancestors
from nbtrain.notebook.bundled import bundled
from nbtrain.notebook.kernel.cell_events import skip_cell_events
from nbtrain.notebook.kernel.throttle import Throttle
from nbtrain.notebook.panel.curve_feed import BIN_BYTES, CurveFeed, pack_behind
from nbtrain.views import marked_text
from nbtrain.views.browser_json import best_metric, best_row, head, marks, newest, row, title
from nbtrain.views.browser_types import Mark, Message, PanelHead, Row
from nbtrain.views.comparison.settings import describe_differences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbtrain.events.commands import Control
    from nbtrain.events.state import RunState

MIN_SNAPSHOT_SECONDS = 4.0
"""Minimum time between snapshots while steps come in. While the run waits, one is sent if the last is a second old."""

URGENT_EVENTS = frozenset({Commanded, Diagnosed, Ended, Evaluated, Paused, Prepared, Resumed, Started})

PARENT = "the earlier run"
"""Label of the curve of the parent run."""

MAX_ROWS_BYTES = 14_000
"""With it a snapshot is at most 80 KB: curves of losses (30,000 bytes), of metrics (12,000) and others (18,000), and
those in the background (5,100)."""


class Panel(anywidget.AnyWidget):
    """Shows one run, live.

    Args:
        hint: A line below the panel that says what the user can do.
        behind: Earlier runs, oldest first, whose training losses are drawn faintly in the background (the newest, if
            there are many). Each is labelled with its differences in configuration.

    Attributes:
        drawn: Whether a page has drawn it.
    """

    _esm = bundled("panel.js")
    _css = bundled("panel.css")

    hint = traitlets.Unicode().tag(sync=True)
    snapshot = traitlets.Dict().tag(sync=True)

    def __init__(self, *, hint: str = "", behind: Sequence[RunState] = ()) -> None:
        self._throttle = Throttle()
        self._snapshot_throttle = Throttle(MIN_SNAPSHOT_SECONDS, max_per_second=1)
        self._pending = False
        self._phase = ""
        self._unsent: RunState | None = None  # newer than the snapshot
        self._thread = threading.get_ident()
        self._feeds: dict[str, CurveFeed] = {}
        self._rows: deque[tuple[int, Row]] = deque()  # with their size in bytes
        self._row_count = 0
        self._best_row: int | None = None
        self._best_metric = ""
        self._title = ""
        self._sent_messages: tuple[Any, ...] = ()
        self._messages: list[Message] = []
        self._marks: list[Mark] = []
        self._earlier = tuple(behind)
        self._behind: list[dict[str, Any]] | None = None
        self._knows_parent = False
        self._sent_command_count = 0
        self._run = ""
        self._control: Control | None = None
        self.drawn = False
        super().__init__(hint=hint)
        self.on_msg(self._on_message)
        skip_cell_events(self.comm)

    def __repr__(self) -> str:
        return "Live panel of a run. It is not shown here: this front end has no widgets."

    def steer(self, control: Control) -> None:
        """Send the user's commands to `control`."""
        self._control = control

    def notify(self, text: str, *, error: bool = True, **about: Any) -> None:
        """Send a text to the page at once, from any thread."""
        self.send({"heard": {"run": self._run, "text": text, "error": error, **about}})

    def update(self, state: RunState, event: Event) -> None:
        """Show `state`, which includes `event`. Most calls only check the clock.

        Urgent events are sent at once, up to the throttle's maximum rate, then with a later event. The end is always
        sent.
        """
        if isinstance(event, Waiting):
            self._flush()
            return
        self._unsent, self._run = state, state.run
        if self._is_urgent(event):
            self._pending = True
        is_end = isinstance(event, Ended)
        if is_end or self._throttle.allows(urgent=self._pending):
            self._send_update(state, snapshot=is_end or self._snapshot_throttle.allows())

    def _send_update(self, state: RunState, *, snapshot: bool) -> None:
        changes, buffers = self._changes(state)
        if snapshot:
            self._set_snapshot(state, changes["head"])
            self._snapshot_throttle.record()
        else:
            self.send(changes, buffers)
        self._throttle.record()
        self._pending = False

    def _flush(self) -> None:
        """Send what is pending as soon as the throttle allows it, while the run waits."""
        if self._unsent is not None:
            snapshot = self._snapshot_throttle.allows(urgent=True)
            if snapshot or (self._pending and self._throttle.allows(urgent=True)):
                self._send_update(self._unsent, snapshot=snapshot)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The traits for a page that requests them, such as after a reload, with a current snapshot."""
        if key is None and self._unsent is not None and threading.get_ident() == self._thread:
            self._send_update(self._unsent, snapshot=True)
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        return state

    def close_view(self) -> None:
        """Remove the panel from the page and free its memory in the kernel."""
        self._control = None
        layout = self.layout
        self.close()
        layout.close()  # else a front end saves its state in the notebook

    def _on_message(self, _: Any, message: Any, buffers: Any) -> None:
        """Queue a command from the page, on any thread. Ignored if it is for another run, so too late."""
        if isinstance(message, dict) and message.get("drawn"):
            self.drawn = True
            return
        control = self._control
        if control is None or not isinstance(message, dict) or message.get("run") != self._run:
            return
        command, values = str(message.get("command")), message.get("values") or {}
        about: dict[str, Any] = {"id": message.get("id"), "command": command}
        try:
            self.notify(control.request(command, **values), error=False, **about)
        except (ValueError, TypeError) as error:
            self.notify(str(error), **about)

    def _is_urgent(self, event: Event) -> bool:
        before, self._phase = self._phase, event.name if isinstance(event, Phase) else ""
        return type(event) in URGENT_EVENTS or (self._phase != before and self._phase != "")

    def _changes(self, state: RunState) -> tuple[dict[str, Any], list[bytes]]:
        """The delta since the last call, and the bins of its curves."""
        curves, buffers = [], []
        for name, curve in state.curves.items():
            if (change := self._feeds.setdefault(name, CurveFeed()).pull(curve)) is not None:
                start, tail = change
                curves.append({"name": name, "version": curve.version, "from": start, "count": len(tail) // BIN_BYTES})
                buffers.append(tail)
        rows = self._new_rows(state)
        delta = {"run": state.run, "head": self._head(state), "curves": curves, "rows": rows}
        if self._new_messages(state):
            delta["messages"] = self._messages
        if self._new_marks(state):
            delta["marks"] = self._marks
        return delta, buffers

    def _set_snapshot(self, state: RunState, numbers: PanelHead) -> None:
        self._unsent = None
        curves = {
            name: {"version": state.curves[name].version, "bins": bytes(feed.packed)}
            for name, feed in self._feeds.items()
        }
        self.snapshot = {
            "run": state.run,
            "head": numbers,
            "curves": curves,
            "behind": self._curves_behind(state),
            "rows": [row for _, row in self._rows],
            "messages": self._messages,
            "marks": self._marks,
            "example": marked_text.example(state),
        }

    def _head(self, state: RunState) -> PanelHead:
        control = self._control
        if not self._title and state.config:
            self._title = title(state)
        return {
            **head(state),
            "best_row": self._best_row,
            "best_metric": self._best_metric,
            "title": self._title,
            "controls": control is not None,
            "can_branch": control is not None and control.can_branch,
        }

    def _curves_behind(self, state: RunState) -> list[dict[str, Any]]:
        """The losses of the parent run, if there is one, and of earlier runs."""
        if self._behind is None or (state.branched is not None and not self._knows_parent):
            self._knows_parent = state.branched is not None
            parent = [(PARENT, one) for one in ancestors(state)[:1]]
            known = {one.run for _, one in parent}
            others = [one for one in self._earlier if one.run not in known]
            self._behind = pack_behind(
                [*((describe_differences(one, state) or one.run, one) for one in others), *parent]
            )
        return self._behind

    def _new_marks(self, state: RunState) -> bool:
        """Update `_marks`; returns whether they have changed since the last call."""
        current = state.command_count
        if current == self._sent_command_count:
            return False
        self._sent_command_count, self._marks = current, marks(state.commands)
        return True

    def _new_rows(self, state: RunState) -> list[Row]:
        """The evaluations since the last call. The oldest ones are dropped from the snapshot if it gets too large."""
        count = state.evaluation_count
        evaluations = state.evaluations[max(0, len(state.evaluations) - (count - self._row_count)) :]
        rows = [row(number, evaluation) for number, evaluation in enumerate(evaluations, count - len(evaluations) + 1)]
        if rows:
            self._best_row, self._best_metric = best_row(state), best_metric(state)
        self._row_count = count
        self._rows.extend((len(json.dumps(new)), new) for new in rows)
        size = sum(size for size, _ in self._rows)
        while size > MAX_ROWS_BYTES:
            size -= self._rows.popleft()[0]
        return rows

    def _new_messages(self, state: RunState) -> bool:
        """Update `_messages`; returns whether they have changed since the last call."""
        current = (len(state.messages), state.messages[-1] if state.messages else None, state.prepared)
        if current == self._sent_messages:
            return False
        self._sent_messages = current
        notes = state.prepared.notes if state.prepared else []
        self._messages = newest([Diagnosed(message=note) for note in notes] + state.messages)
        return True
