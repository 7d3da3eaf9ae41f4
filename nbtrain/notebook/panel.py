"""The live panel: what a `RunState` looks like in the browser while the run goes on.

Two ways lead to the browser. A *delta* is a custom message with what changed since the last one, at most `RATE` times
a second. The *picture* is a synced trait with everything, set at most once a second and at the end: a view that opens
late, or after the page was reloaded, starts from it.
"""

from __future__ import annotations

import json
import math
import re
import sys
import threading
import time
from array import array
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from nbtrain.events import Commanded, Diagnosed, Ended, Evaluated, Event, Phase, Prepared, Started

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from nbtrain.curve import Bin, Curve
    from nbtrain.state import RunState

RATE = 10
"""Most deltas in any one second."""
ROUTINE_SECONDS = 0.125
"""Time between deltas when nothing but steps happens: what is left of `RATE` is for what is important."""
PICTURE_SECONDS = 1.0

IMPORTANT = frozenset({Commanded, Diagnosed, Ended, Evaluated, Prepared, Started})
DRAWN = ("loss", "eval_loss")
"""The curves of `RunState` that the panel draws, and so the only ones that it sends."""
BIN_BYTES = 5 * 4
"""A bin on the wire: first step, last step, low, high and mean as float32."""

# With two curves of 1,000 bins (40,000 bytes) these keep the picture under 64 KB whatever a run brings.
ROWS_BYTES = 14_000
MOST_METRICS = 40
MOST_MESSAGES = 5
MESSAGE_LENGTH = 300
ERROR_LENGTH = 600
NAME_LENGTH = 60


class CurveFeed:
    """One curve as the browser has it: `packed` holds all its bins, `pull` brings it up to date."""

    def __init__(self) -> None:
        self.packed = bytearray()
        self._seen = (0, 0, 0)

    def pull(self, curve: Curve) -> tuple[int, bytes] | None:
        """The bins that changed since the last call: the index of the first one and their bytes; None if none did.

        Bins only change at the end of a curve while its version stays, so that takes time for what is new only.
        """
        seen = (curve.version, len(curve.bins), curve.bins[-1].count if curve.bins else 0)
        if seen == self._seen:
            return None
        start = max(0, self._seen[1] - 1) if curve.version == self._seen[0] else 0
        tail = pack(curve.bins[start:])
        self.packed[start * BIN_BYTES :] = tail
        self._seen = seen
        return start, tail


def pack(bins: Iterable[Bin]) -> bytes:
    """`bins` as float32, little-endian, `BIN_BYTES` each."""
    values = array("f", [value for each in bins for value in (each.first, each.last, each.low, each.high, each.mean)])
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()


def esm() -> str:
    """The one ES module that anywidget sends: the panel's files in a row, without the imports between them."""
    names = ("panel_values.js", "panel_chart.js", "panel.js")
    sources = [Path(__file__).with_name(name).read_text(encoding="utf-8") for name in names]
    return re.sub(r'^import [^"]* from "\./.*";\n', "", "".join(sources), flags=re.MULTILINE)


class Panel(anywidget.AnyWidget):
    """Shows one run, live.

    Args:
        hint: A line under the panel that says what the user can do.
        clock: Seconds of a monotonic clock.
    """

    _esm = esm()
    _css = Path(__file__).with_name("panel.css")

    hint = traitlets.Unicode().tag(sync=True)
    picture = traitlets.Dict().tag(sync=True)

    def __init__(self, *, hint: str = "", clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._sent: deque[float] = deque(maxlen=RATE)
        self._next_routine = -math.inf  # when a delta is due that brings nothing but steps
        self._next_slot = -math.inf  # when a delta is allowed at all
        self._next_picture = -math.inf
        self._pending = False
        self._phase = ""
        self._unseen: RunState | None = None  # what the picture does not show yet
        self._thread = threading.get_ident()
        self._feeds = {name: CurveFeed() for name in DRAWN}
        self._rows: deque[tuple[int, dict[str, Any]]] = deque()  # with their size in bytes
        self._row_count = 0
        self._told: tuple[Any, ...] = ()
        self._messages: list[dict[str, Any]] = []
        super().__init__(hint=hint)

    def update(self, state: RunState, event: Event) -> None:
        """Show `state`, which has just taken in `event`. Most calls only look at the clock.

        What is important goes out at once where `RATE` allows it, otherwise with the first event after that; the end
        goes out always.
        """
        now = self._clock()
        self._unseen = state
        if self._is_important(event):
            self._pending = True
        if now >= (self._next_slot if self._pending else self._next_routine) or isinstance(event, Ended):
            self._send_delta(state, now)
            if now >= self._next_picture or isinstance(event, Ended):
                self._set_picture(state, now)

    def get_state(self, key: Any = None, drop_defaults: bool = False) -> dict[str, Any]:
        """The traits for a page that asks, after a reload say: up to date, though no further event may come."""
        if key is None and self._unseen is not None and threading.get_ident() == self._thread:
            now = self._clock()
            self._send_delta(self._unseen, now)
            self._set_picture(self._unseen, now)
        state: dict[str, Any] = super().get_state(key, drop_defaults)
        return state

    def close_view(self) -> None:
        """Take the panel from the page and free what it holds in the kernel."""
        self.close()

    def _is_important(self, event: Event) -> bool:
        before, self._phase = self._phase, event.name if isinstance(event, Phase) else ""
        return type(event) in IMPORTANT or (self._phase != before and self._phase != "")

    def _send_delta(self, state: RunState, now: float) -> None:
        curves, buffers = [], []
        for name, feed in self._feeds.items():
            curve = state.curves[name]
            if (change := feed.pull(curve)) is not None:
                start, tail = change
                curves.append({"name": name, "version": curve.version, "from": start, "count": len(tail) // BIN_BYTES})
                buffers.append(tail)
        delta = {"run": state.run, "head": head(state), "curves": curves, "rows": self._new_rows(state)}
        if self._new_messages(state):
            delta["messages"] = self._messages
        self.send(delta, buffers)
        self._sent.append(now)
        self._next_slot = self._sent[0] + 1.0 if len(self._sent) == RATE else -math.inf
        self._next_routine = max(now + ROUTINE_SECONDS, self._next_slot)
        self._pending = False

    def _set_picture(self, state: RunState, now: float) -> None:
        self._unseen = None
        curves = {
            name: {"version": state.curves[name].version, "bins": bytes(feed.packed)}
            for name, feed in self._feeds.items()
        }
        self.picture = {
            "run": state.run,
            "head": head(state),
            "curves": curves,
            "rows": [row for _, row in self._rows],
            "messages": self._messages,
        }
        self._next_picture = now + PICTURE_SECONDS

    def _new_rows(self, state: RunState) -> list[dict[str, Any]]:
        """The evaluations that came since the last call; the oldest ones leave the picture where it gets too large."""
        count = state.evaluation_count
        evaluations = state.evaluations[max(0, len(state.evaluations) - (count - self._row_count)) :]
        rows = [row(number, evaluation) for number, evaluation in enumerate(evaluations, count - len(evaluations) + 1)]
        self._row_count = count
        self._rows.extend((len(json.dumps(new)), new) for new in rows)
        size = sum(size for size, _ in self._rows)
        while size > ROWS_BYTES:
            size -= self._rows.popleft()[0]
        return rows

    def _new_messages(self, state: RunState) -> bool:
        """Whether there are others than at the last call; they are in `_messages` then."""
        told = (len(state.messages), state.messages[-1] if state.messages else None, state.prepared)
        if told == self._told:
            return False
        self._told = told
        notes = state.prepared.notes if state.prepared else []
        self._messages = newest([Diagnosed(message=note) for note in notes] + state.messages)
        return True


def head(state: RunState) -> dict[str, Any]:
    """The numbers above the curve."""
    phase = state.phase
    return {
        "status": state.status,
        "phase": {"name": _short(phase.name, NAME_LENGTH), "done": phase.done, "total": phase.total} if phase else None,
        "step": state.step,
        "max_steps": state.max_steps,
        "epoch": number(state.epoch),
        "epochs": number(state.epochs),
        "loss": number(state.loss),
        "learning_rate": number(state.learning_rate),
        "examples_per_second": number(state.examples_per_second),
        "seconds_left": number(state.seconds_left),
        "time": number(state.time),
        "error": _short(state.error, ERROR_LENGTH),
    }


def row(count: int, evaluation: Evaluated) -> dict[str, Any]:
    """The table's row for the evaluation with number `count`, from 1."""
    names = list(evaluation.metrics)
    metrics = {_shown(name): number(evaluation.metrics[name]) for name in names[:MOST_METRICS]}
    return {"number": count, "step": evaluation.step, "epoch": number(evaluation.epoch), "metrics": metrics}


def newest(messages: Sequence[Diagnosed | Commanded]) -> list[dict[str, Any]]:
    """The newest messages in their order: a warning gives way to other warnings only."""
    latest = sorted(range(len(messages)), key=lambda index: (_level(messages[index]) == "note", -index))
    warnings = [index for index in latest if _level(messages[index]) != "note"][: MOST_MESSAGES - 1]
    notes = [index for index in latest if _level(messages[index]) == "note"][: MOST_MESSAGES - len(warnings)]
    chosen = [messages[index] for index in sorted(warnings + notes)]
    return [{"level": _level(item), "text": _short(_text(item), MESSAGE_LENGTH), "step": item.step} for item in chosen]


def number(value: Any) -> float | str | None:
    """`value` with 7 significant digits. What is not finite is no JSON, and goes as its name: "nan", "inf", "-inf"."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return _short(str(value), NAME_LENGTH)
    return float(f"{number:.7g}") if math.isfinite(number) else repr(number)


def _shown(metric: str) -> str:
    return _short(metric.removeprefix("eval_"), NAME_LENGTH)


def _level(message: Diagnosed | Commanded) -> str:
    return message.level if isinstance(message, Diagnosed) else "note"


def _text(message: Diagnosed | Commanded) -> str:
    if isinstance(message, Diagnosed):
        return message.message
    values = ", ".join(f"{name} = {value}" for name, value in message.values.items())
    return f"{message.command}: {values}" if values else message.command


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
