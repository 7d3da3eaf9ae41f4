"""The record of a run: what the saved notebook keeps of it.

It is plain HTML without script, SVG or widget state, so that it looks the same in an untrusted notebook, on GitHub and
through nbconvert.
Text takes the colour of the page; lines and shades are half-transparent greys, which show on white and on black.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape as escape_quotes
from typing import Any

from nbtrain import format
from nbtrain.events.best import LOSS, main_metric
from nbtrain.events.state import RunState
from nbtrain.views import summary as facts
from nbtrain.views.record_json import MIME_TYPE, record_json
from nbtrain.views.selection import fit, more, notes_shown, rows_shown
from nbtrain.views.summary import Row

MOST_BYTES = 200_000
"""Size limit of the HTML."""

NEWEST_ROWS = 50
NEWEST_LINES = 12
"""Rows of the table in HTML and in text; the first and the best row come on top."""

MOST_COLUMNS = 24
MOST_TEXT_COLUMNS = 12
MOST_NOTES = 20
MOST_CONFIG = 20_000
MOST_ERROR = 4_000
NOTE_LENGTH = 500

ACCENT = {
    "finished": "#2f9e64",
    "running": "#3f8fd6",
    "paused": "#d39a2d",
    "stopped": "#d39a2d",
    "interrupted": "#d39a2d",
    "failed": "#d9534f",
}
"""Colour of the stripe at the record's left edge by status."""

GREY = "rgba(128,128,128,0.35)"
CELL = "padding:2px 0 2px 22px;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;border:none"
GAP = "padding:2px 6px;text-align:left;opacity:0.6;border:none"
FRAME = f"margin:6px 0;padding:6px 10px;border:1px solid {GREY};border-radius:3px"


@dataclass(frozen=True)
class Record:
    """A run as it is shown when nothing runs any more.

    Args:
        state: The run.
        config: Its configuration as text.
        directory: Its run directory.
        png: Its loss curve, as `nbtrain.views.chart.png` draws it.
        parent: The run that it branched off, if it did.
    """

    state: RunState
    config: str = ""
    directory: str = ""
    png: bytes | None = None
    parent: RunState | None = None

    def bundle(self) -> dict[str, Any]:
        """The record by MIME type, as a notebook stores it. What does not know nbtrain's own type shows the HTML."""
        return {"text/plain": self.text(), "text/html": self.html(), MIME_TYPE: self.json()}

    @property
    def metadata(self) -> dict[str, Any]:
        """What is said of the bundle in the output's metadata: by that the record of a run is found in a notebook."""
        return about(self.state.run, "record")

    def json(self) -> dict[str, Any]:
        """The record as data."""
        return record_json(self.state, self.config, self.directory, self.parent)

    def html(self) -> str:
        """The record as HTML; where it would be longer than `MOST_BYTES` it has fewer rows, and then no curve."""
        curve = self._curve()
        sizes = ((NEWEST_ROWS, curve), (10, curve), (10, ""), (1, ""))
        return fit(sizes, lambda size: self._page(*size), lambda page: len(page.encode()) <= MOST_BYTES)

    def text(self) -> str:
        """The record as one screen of text."""
        state, rows = self.state, facts.rows(self.state)
        results = [f"{name} {value}" for name, value in facts.scores(state, rows)]
        blocks = [[_headline(state)]]
        blocks[0] += [", ".join([*results, *filter(None, [facts.best_score(state, rows)])])] if results else []
        blocks[0] += [", ".join(facts.effort(state))]
        if state.prepared:
            blocks[0].append(format.shorten("; ".join(facts.setup(state.prepared)), 300))
        if rows:
            blocks.append(_text_table(state, rows))
        shown, others = notes_shown(state, 6)
        blocks.append([f"{note.level}: {format.shorten(note.text, 200)}" for note in shown] + others)
        blocks.append([f"directory: {format.shorten(self.directory, 1_000)}"] if self.directory else [])
        return "\n\n".join("\n".join(filter(None, block)) for block in blocks if any(block))

    def _page(self, newest: int, image: str) -> str:
        state, rows = self.state, facts.rows(self.state)
        parts = [*_head(state, rows), *_table(state, rows, newest), image, *_notes(state), *self._details()]
        stripe = ACCENT.get(state.status, GREY)
        style = f"border-left:3px solid {stripe};padding:2px 0 2px 14px;margin:4px 0;line-height:1.5;max-width:100%"
        return f'<div style="{style}">\n' + "\n".join(filter(None, parts)) + "\n</div>"

    def _curve(self) -> str:
        if not self.png:
            return ""
        data = base64.b64encode(self.png).decode()
        alt = f"Training and validation loss over {format.count(self.state.step)} steps"
        style = "display:block;width:720px;max-width:100%;height:auto;margin:10px 0 6px -6px;background:none"
        return f'<img alt="{alt}" width="720" style="{style}" src="data:image/png;base64,{data}">'

    def _details(self) -> Iterator[str]:
        if self.state.error.strip() and self.state.error.strip() != facts.reason(self.state):
            yield _fold("Error", _pre(format.shorten(self.state.error.strip(), MOST_ERROR)))
        inside = ""
        if self.state.prepared:
            inside += _paragraph(escape(format.shorten("; ".join(facts.setup(self.state.prepared)), 2_000)))
        if self.config.strip():
            inside += _pre(format.shorten(self.config.strip(), MOST_CONFIG))
        if self.directory:
            inside += _paragraph(f"Run directory: <code>{escape(format.shorten(self.directory, 1_000))}</code>")
        if inside:
            yield _fold("Configuration and files", inside)


def about(run: str, part: str) -> dict[str, Any]:
    """The metadata of an output that shows `part` of a run: its "panel" or its "record"."""
    return {"nbtrain": {"run": run, "part": part}}


def escape(text: str) -> str:
    """`text` for the inside of an element; it must not stand in an attribute."""
    return escape_quotes(text, quote=False)


def _headline(state: RunState) -> str:
    reason = facts.reason(state)
    return facts.status(state) + (f": {reason}" if reason else "")


def _head(state: RunState, rows: Sequence[Row]) -> Iterator[str]:
    reason = facts.reason(state)
    yield f'<p style="margin:0"><b>{escape(facts.status(state))}</b>{": " + escape(reason) if reason else ""}</p>'
    results = [f"{escape(name)} <b>{value}</b>" for name, value in facts.scores(state, rows)]
    results += [escape(score) for score in [facts.best_score(state, rows)] if score]
    if results:
        yield f'<p style="margin:0">{" · ".join(results)}</p>'
    effort = " · ".join(facts.effort(state))
    if effort:
        yield f'<p style="margin:0 0 6px;opacity:0.75">{effort}</p>'


def _table(state: RunState, rows: Sequence[Row], newest: int) -> Iterator[str]:
    if not rows:
        return
    names = facts.metric_names(rows)
    left_out, names = len(names) - MOST_COLUMNS, names[:MOST_COLUMNS]
    main, winner = main_metric(names), facts.marked_row(rows)
    yield '<div style="overflow-x:auto">'
    yield '<table style="border-collapse:collapse;border:none;margin:8px 0;font-size:inherit">'
    yield f"<thead>{_row('th', [*_titles(names)], head=True)}</thead>\n<tbody>"
    shown, cells = rows_shown(state, rows, newest), _cells(rows, names)
    for gap, index in shown:
        if gap:
            yield f'<tr><td colspan="{len(names) + 4}" align="left" style="{GAP}">... {more(gap)}</td></tr>'
        yield _row("td", cells[index], marked=rows[index] is winner)
    yield "</tbody></table></div>"
    if winner is not None or left_out > 0:
        legend = [f"Bold: best {escape(format.shorten(str(main), facts.LONGEST_NAME))}"] if winner is not None else []
        legend += [f"{left_out} more metrics are not shown"] if left_out > 0 else []
        yield f'<p style="margin:0;opacity:0.6"><small>{"; ".join(legend)}</small></p>'


def _titles(names: Sequence[str]) -> list[str]:
    loss = [name for name in names if name == LOSS]
    others = [format.shorten(name, facts.LONGEST_NAME) for name in names if name != LOSS]
    return ["step", "epoch", "training loss", *loss, *others, "time"]


def _cells(rows: Sequence[Row], names: Sequence[str]) -> list[list[str]]:
    """The table's cells, row by row, each column written with one number of digits."""
    table = [
        [format.count(row.step) for row in rows],
        format.epochs([row.epoch for row in rows]),
        format.column([row.training_loss for row in rows]),
        *(format.column([row.metrics.get(name) for row in rows]) for name in names),
        [format.duration(row.seconds) for row in rows],
    ]
    return [list(cells) for cells in zip(*table, strict=True)]


def _row(tag: str, cells: Sequence[str], *, head: bool = False, marked: bool = False) -> str:
    style = CELL.replace("border:none", f"border:none;border-bottom:1px solid {GREY};font-weight:600") if head else CELL
    open_first = f'<{tag} align="right" style="{style.replace("0 2px 22px", "0 2px 6px")}">'
    open_last = f'<{tag} align="right" style="{style.replace("2px 0 2px", "2px 6px 2px")}">'
    opens = [open_first, *itertools.repeat(f'<{tag} align="right" style="{style}">', len(cells) - 2), open_last]
    shade = "background:rgba(47,158,100,0.16)" if marked else "background:none"
    bold = ("<b>", "</b>") if marked else ("", "")
    inner = "".join(
        f"{start}{bold[0]}{escape(cell)}{bold[1]}</{tag}>" for start, cell in zip(opens, cells, strict=True)
    )
    return f'<tr style="{shade}">{inner}</tr>'


def _text_table(state: RunState, rows: Sequence[Row]) -> list[str]:
    names = facts.metric_names(rows)[:MOST_TEXT_COLUMNS]
    main, winner = main_metric(names), facts.marked_row(rows)
    titles, cells = _titles(names), _cells(rows, names)
    widths = [max(format.columns(line[place]) for line in [titles, *cells]) for place in range(len(titles))]
    lines = ["  " + "  ".join(map(format.right, titles, widths))]
    for gap, index in rows_shown(state, rows, NEWEST_LINES):
        lines += [f"  ... {more(gap)}"] if gap else []
        lines.append(("* " if rows[index] is winner else "  ") + "  ".join(map(format.right, cells[index], widths)))
    return lines + ([f"* best {format.shorten(str(main), facts.LONGEST_NAME)}"] if winner is not None else [])


def _notes(state: RunState) -> Iterator[str]:
    shown, others = notes_shown(state, MOST_NOTES)
    if not shown:
        return
    items = [
        f"<b>Warning:</b> {_short(note)}" if note.level in ("warning", "error") else _short(note) for note in shown
    ]
    lines = "".join(f'<li style="margin:0">{item}</li>' for item in [*items, *map(escape, others)])
    yield f'<ul style="margin:6px 0;padding-left:20px;opacity:0.9">{lines}</ul>'


def _short(note: facts.Note) -> str:
    return escape(format.shorten(note.text, NOTE_LENGTH))


def _fold(title: str, inside: str) -> str:
    summary = f'<summary style="cursor:pointer;opacity:0.75">{title}</summary>'
    return f'<details style="margin:4px 0">{summary}{inside}</details>'


def _paragraph(inside: str) -> str:
    return f'<p style="margin:4px 0">{inside}</p>'


def _pre(text: str) -> str:
    return f'<pre style="white-space:pre-wrap;word-wrap:break-word;{FRAME}">{escape(text)}</pre>'
