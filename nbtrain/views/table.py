"""A run as plain text, one line per evaluation: for terminals, logs and notebooks that run without a browser."""

from __future__ import annotations

import sys
from typing import Protocol

from nbtrain import format
from nbtrain.events import Commanded, Diagnosed, Ended, Evaluated, Event, Started
from nbtrain.events.recorder import View
from nbtrain.events.state import RunState
from nbtrain.views import summary
from nbtrain.views.annotations import sentence
from nbtrain.views.summary import Row

PROGRESS_SECONDS = 30.0
"""Seconds without output after which a progress line is printed."""

MIN_COLUMN_WIDTH = 8
"""Minimum width of a metric's column, in characters; longer names make it wider."""


class Stream(Protocol):
    """What can be printed to, such as a file."""

    def write(self, text: str, /) -> object: ...

    def flush(self) -> object: ...


class TextTable(View):
    """Prints the events of a run as they arrive; lines are never changed afterwards.

    Args:
        stream: The stream to print to; None is the current `sys.stdout`.
    """

    def __init__(self, stream: Stream | None = None) -> None:
        self._stream = stream
        self._names: list[str] = []
        self._printed_at = 0.0
        self._header_due = True

    def update(self, state: RunState, event: Event) -> None:
        """Print `event`, which `state` already includes, if it is worth a line."""
        lines: list[str] = []
        match event:
            case Started():
                lines = self._start(state, event)
            case Evaluated():
                lines = self._evaluate(state)
            case Diagnosed():
                lines = [f"{event.level}: {event.message}"]
            case Commanded():
                lines = [sentence(event)]
            case Ended():
                lines = _end(state)
            case _ if event.time - self._printed_at >= PROGRESS_SECONDS:
                lines = [_progress(state)]
        if lines:
            self._print(lines, event.time)

    def _start(self, state: RunState, event: Started) -> list[str]:
        lines: list[str] = []
        if state.prepared:
            lines.append("; ".join(summary.setup(state.prepared)))
            lines += [f"note: {line}" for line in (note.partition("\n")[0] for note in state.prepared.notes)]
        total = f"{format.count(event.max_steps)} steps"
        from_step = f", continuing from step {format.count(event.step)}" if event.step else ""
        epochs = f"{event.epochs:g} epoch{'s' * (event.epochs != 1)}, " if event.epochs else ""
        lines.append(f"training: {total}, {epochs}{event.batch_size} examples per step{from_step}")
        return lines

    def _evaluate(self, state: RunState) -> list[str]:
        rows = summary.rows(state)
        new = [name for name in summary.metric_names(rows[-1:]) if name not in self._names]
        lines: list[str] = []
        if new or self._header_due:
            self._names, self._header_due = [*self._names, *new], False
            lines.append(
                _line(["step", "epoch", "training loss", *map(_title, self._names), "time"], self._widths(state))
            )
            lines += self._baselines(state)
        lines.append(_line(self._cells(rows[-1]), self._widths(state)))
        return lines

    def _cells(self, row: Row) -> list[str]:
        metrics = [format.number(row.metrics.get(name)) for name in self._names]
        return [
            format.count(row.step),
            format.epoch(row.epoch),
            format.number(row.training_loss),
            *metrics,
            format.duration(row.seconds),
        ]

    def _baselines(self, state: RunState) -> list[str]:
        """What simple answers reach, a line each; the name takes the place of step, epoch and training loss."""
        widths = self._widths(state)
        before = sum(widths[:3]) + 4
        rows = [
            (
                format.shorten(title, before),
                [format.number(metrics[name]) if name in metrics else "" for name in self._names],
            )
            for title, metrics in summary.baselines(state)
        ]
        return [_line([format.left(title, before), *values], [before, *widths[3:]]).rstrip() for title, values in rows]

    def _widths(self, state: RunState) -> list[int]:
        steps = max(6, len(format.count(state.max_steps)))
        return [
            steps,
            6,
            len("training loss"),
            *(max(MIN_COLUMN_WIDTH, format.columns(_title(name))) for name in self._names),
            7,
        ]

    def _print(self, lines: list[str], time: float) -> None:
        """Write complete lines; characters that the stream cannot encode become question marks."""
        stream: Stream = sys.stdout if self._stream is None else self._stream
        text = "".join(f"{line}\n" for line in lines)
        encoding = getattr(stream, "encoding", None) or "utf-8"
        stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
        self._printed_at = time


def _title(name: str) -> str:
    return format.shorten(name, summary.MAX_NAME_LENGTH)


def _line(cells: list[str], widths: list[int]) -> str:
    return "  ".join(map(format.right, cells, widths))


def _progress(state: RunState) -> str:
    facts_known = [summary.status(state)]
    if state.started is not None:
        facts_known += [f"training loss {format.number(state.loss)}"]
        facts_known += [f"{format.percent(state.step / state.max_steps)} done"] if state.max_steps else []
        facts_known += [f"{format.duration(state.seconds_left)} left"] if state.seconds_left is not None else []
    return ", ".join(facts_known)


def _end(state: RunState) -> list[str]:
    rows = summary.rows(state)
    reason = summary.reason(state)
    results = [f"{name} {value}" for name, value in summary.scores(state, rows)]
    results += [summary.best_score(state, rows), summary.compared(state, rows)]
    lines = [summary.status(state) + (f": {reason}" if reason else "")]
    lines.append("; ".join(filter(None, [", ".join(filter(None, results)), ", ".join(summary.effort(state))])))
    return [line for line in lines if line]
