"""The record of a run: the static document that stays in the saved notebook.

It is plain HTML without scripts, SVG or widget state, so it looks the same in an untrusted notebook, on GitHub and in
nbconvert's output. Text inherits the color of the page; lines and shades are semi-transparent greys, which are visible
in light and dark themes.
"""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape as escape_quotes
from typing import Any

from nbtrain import format
from nbtrain.events.best import LOSS
from nbtrain.events.state import RunState
from nbtrain.views import advice, marked_text, summary
from nbtrain.views.drawing import NOT_DRAWN, can_draw
from nbtrain.views.record_json import MIME_TYPE, record_json
from nbtrain.views.selection import fit, format_omitted, select_notes, select_rows
from nbtrain.views.summary import Row

MAX_BYTES = 200_000
"""Size limit of the HTML."""

MAX_ROWS = 50
MAX_TEXT_ROWS = 12
"""Newest rows in the HTML and in the text table; the first and the best row are shown in addition."""

MAX_COLUMNS = 24
MAX_TEXT_COLUMNS = 12
MAX_NOTES = 20
MAX_CONFIG_LENGTH = 20_000
MAX_ERROR_LENGTH = 4_000
MAX_NOTE_LENGTH = 500

ACCENT = {
    "finished": "#2f9e64",
    "running": "#3f8fd6",
    "paused": "#d39a2d",
    "stopped": "#d39a2d",
    "interrupted": "#d39a2d",
    "failed": "#d9534f",
}
"""Color of the stripe at the record's left edge, by status."""

COLORS = "green: finished; blue: running; orange: paused, stopped or interrupted; red: failed"

GREY = "rgba(128,128,128,0.35)"
CELL = "padding:2px 0 2px 22px;text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;border:none"
GAP = "padding:2px 6px;text-align:left;opacity:0.6;border:none"
FRAME = f"margin:6px 0;padding:6px 10px;border:1px solid {GREY};border-radius:3px"


@dataclass(frozen=True)
class Record:
    """The static representation of a run.

    Args:
        state: The run.
        config: Its configuration as TOML.
        directory: Its run directory.
        png: Its loss curve, drawn by `nbtrain.views.chart.png`.
        parent: The run that it continues, if it does.
    """

    state: RunState
    config: str = ""
    directory: str = ""
    png: bytes | None = None
    parent: RunState | None = None

    def bundle(self) -> dict[str, Any]:
        """The record by MIME type, as a notebook stores it. Front ends without the extension show the HTML."""
        return {"text/plain": self.text(), "text/html": self.html(), MIME_TYPE: self.json()}

    @property
    def metadata(self) -> dict[str, Any]:
        """Metadata of the output, by which the record of a run can be found in a notebook."""
        return about(self.state.run, "record")

    def json(self) -> dict[str, Any]:
        """The record as data."""
        return record_json(self.state, self.config, self.directory, self.parent)

    def html(self) -> str:
        """The record as HTML, with fewer rows, or without the curve, if it would be larger than `MAX_BYTES`."""
        curve = self._curve()
        sizes = ((MAX_ROWS, curve), (10, curve), (10, ""), (1, ""))
        return fit(sizes, lambda size: self._page(*size), lambda page: len(page.encode()) <= MAX_BYTES)

    def text(self) -> str:
        """The record as one screen of text."""
        state, rows = self.state, summary.rows(self.state)
        results = [f"{name} {value}" for name, value in summary.scores(state, rows)]
        blocks = [[": ".join(filter(None, [summary.title(state), _headline(state)]))]]
        blocks[0] += [", ".join(summary.subject(state))]
        blocks[0] += [", ".join([*results, *filter(None, [summary.best_score(state, rows)])])] if results else []
        blocks[0] += [", ".join(self._effort())]
        if state.prepared:
            blocks[0].append(format.shorten("; ".join(summary.setup(state.prepared)), 300))
        blocks.append(advice.sentences(state))
        if rows:
            blocks.append(_text_table(state, rows))
        shown, others = select_notes(state, 6)
        blocks.append([f"{note.level}: {format.shorten(note.text, 200)}" for note in shown] + others)
        blocks.append([f"directory: {format.shorten(self.directory, 1_000)}"] if self.directory else [])
        return "\n\n".join("\n".join(filter(None, block)) for block in blocks if any(block))

    def _page(self, newest: int, image: str) -> str:
        state, rows = self.state, summary.rows(self.state)
        marked = map(marked_text.html, marked_text.blocks(state))
        head = [*_head(state, rows), _effort(self._effort())]
        parts = [*head, *_table(state, rows, newest), image, *marked, *_notes(state), *self._details()]
        stripe = ACCENT.get(state.status, GREY)
        style = f"border-left:3px solid {stripe};padding:2px 0 2px 14px;margin:4px 0;line-height:1.5;max-width:100%"
        return f'<div style="{style}">\n' + "\n".join(filter(None, parts)) + "\n</div>"

    def _effort(self) -> list[str]:
        return [*summary.effort(self.state), *filter(None, [advice.size(self.directory)])]

    def _curve(self) -> str:
        if not self.png:
            return "" if not self.state.curves["loss"].bins or can_draw() else _paragraph(NOT_DRAWN)
        data = base64.b64encode(self.png).decode()
        alt = f"Training and validation loss over {format.count(self.state.step)} steps"
        style = "display:block;width:720px;max-width:100%;height:auto;margin:10px 0 6px -6px;background:none"
        return f'<img alt="{alt}" width="720" style="{style}" src="data:image/png;base64,{data}">'

    def _details(self) -> Iterator[str]:
        if self.state.error.strip() and self.state.error.strip() != summary.reason(self.state):
            yield _fold("Error", _pre(format.shorten(self.state.error.strip(), MAX_ERROR_LENGTH)))
        inside = ""
        if self.state.prepared:
            inside += _paragraph(escape(format.shorten("; ".join(summary.setup(self.state.prepared)), 2_000)))
        inside += "".join(_paragraph(escape(format.shorten(line, 2_000))) for line in summary.details(self.state))
        if self.config.strip():
            inside += _pre(format.shorten(self.config.strip(), MAX_CONFIG_LENGTH))
        if self.directory:
            inside += _paragraph(f"Run directory: <code>{escape(format.shorten(self.directory, 1_000))}</code>")
        if inside:
            legend = f"<small>Bar on the left: {COLORS}</small>"
            yield _fold("Configuration and files", inside + _paragraph(legend))


def about(run: str, part: str) -> dict[str, Any]:
    """The metadata of an output that shows `part` of a run: its "panel" or its "record"."""
    return {"nbtrain": {"run": run, "part": part}}


def escape(text: str) -> str:
    """Escape `text` for the content of an element; not safe in an attribute."""
    return escape_quotes(text, quote=False)


def _headline(state: RunState) -> str:
    reason = summary.reason(state)
    return summary.status(state) + (f": {reason}" if reason else "")


def _head(state: RunState, rows: Sequence[Row]) -> Iterator[str]:
    reason = summary.reason(state)
    title = summary.title(state)
    about_run = [*([f"<b>{escape(title)}</b>"] if title else []), *map(escape, summary.subject(state))]
    if about_run:
        yield f'<p style="margin:0">{" · ".join(about_run)}</p>'
    yield f'<p style="margin:0"><b>{escape(summary.status(state))}</b>{": " + escape(reason) if reason else ""}</p>'
    results = [f"{escape(name)} <b>{value}</b>" for name, value in summary.scores(state, rows)]
    results += [escape(score) for score in [summary.best_score(state, rows)] if score]
    if results:
        yield f'<p style="margin:0">{" · ".join(results)}</p>'


def _effort(facts: Sequence[str]) -> str:
    return f'<p style="margin:0 0 6px;opacity:0.75">{" · ".join(facts)}</p>' if facts else ""


def _table(state: RunState, rows: Sequence[Row], newest: int) -> Iterator[str]:
    if not rows:
        return
    names = summary.metric_names(rows)
    left_out, names = len(names) - MAX_COLUMNS, names[:MAX_COLUMNS]
    main, winner = state.objective.main(names), summary.marked_row(state, rows)
    yield '<div style="overflow-x:auto">'
    yield '<table style="border-collapse:collapse;border:none;margin:8px 0;font-size:inherit">'
    yield f"<thead>{_row('th', [*_titles(names)], head=True)}</thead>\n<tbody>"
    shown, cells = select_rows(state, rows, newest), _cells(rows, names)
    for gap, index in shown:
        if gap:
            yield f'<tr><td colspan="{len(names) + 4}" align="left" style="{GAP}">... {format_omitted(gap)}</td></tr>'
        yield _row("td", cells[index], marked=rows[index] is winner)
    yield "</tbody></table></div>"
    if winner is not None or left_out > 0:
        legend = (
            [f"Bold: best {escape(format.shorten(str(main), summary.MAX_NAME_LENGTH))}"] if winner is not None else []
        )
        legend += [f"{left_out} more metrics are not shown"] if left_out > 0 else []
        yield f'<p style="margin:0;opacity:0.6"><small>{"; ".join(legend)}</small></p>'


def _titles(names: Sequence[str]) -> list[str]:
    loss = [name for name in names if name == LOSS]
    others = [format.shorten(name, summary.MAX_NAME_LENGTH) for name in names if name != LOSS]
    return ["step", "epoch", "training loss", *loss, *others, "time"]


def _cells(rows: Sequence[Row], names: Sequence[str]) -> list[list[str]]:
    """The table's cells by row; all numbers in a column have the same number of digits."""
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
    names = summary.metric_names(rows)[:MAX_TEXT_COLUMNS]
    main, winner = state.objective.main(names), summary.marked_row(state, rows)
    titles, cells = _titles(names), _cells(rows, names)
    widths = [max(format.columns(line[place]) for line in [titles, *cells]) for place in range(len(titles))]
    lines = ["  " + "  ".join(map(format.right, titles, widths))]
    for gap, index in select_rows(state, rows, MAX_TEXT_ROWS):
        lines += [f"  ... {format_omitted(gap)}"] if gap else []
        lines.append(("* " if rows[index] is winner else "  ") + "  ".join(map(format.right, cells[index], widths)))
    return lines + ([f"* best {format.shorten(str(main), summary.MAX_NAME_LENGTH)}"] if winner is not None else [])


def _notes(state: RunState) -> Iterator[str]:
    shown, others = select_notes(state, MAX_NOTES)
    told = advice.sentences(state)
    if not shown and not told:
        return
    items = [_with_code(text) for text in told]
    items += [
        f"<b>Warning:</b> {_short(note)}" if note.level in ("warning", "error") else _short(note) for note in shown
    ]
    lines = "".join(f'<li style="margin:0">{item}</li>' for item in [*items, *map(escape, others)])
    yield f'<ul style="margin:6px 0;padding-left:20px;opacity:0.9">{lines}</ul>'


def _with_code(text: str) -> str:
    """Escaped `text`, in which what stands between backticks is code."""
    return "".join(
        f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(escape(text).split("`"))
    )


def _short(note: summary.Note) -> str:
    return escape(format.shorten(note.text, MAX_NOTE_LENGTH))


def _fold(title: str, inside: str) -> str:
    title_html = f'<summary style="cursor:pointer;opacity:0.75">{title}</summary>'
    return f'<details style="margin:4px 0">{title_html}{inside}</details>'


def _paragraph(inside: str) -> str:
    return f'<p style="margin:4px 0">{inside}</p>'


def _pre(text: str) -> str:
    return f'<pre style="white-space:pre-wrap;word-wrap:break-word;{FRAME}">{escape(text)}</pre>'
