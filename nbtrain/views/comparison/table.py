"""A comparison of runs, as HTML and as text: their curves in one chart, and a table of different settings and results.

Like the record, it is plain HTML without scripts, SVG or widget state, and inherits the colors of the page.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from nbtrain import format
from nbtrain.views.comparison.chart import NamedRun, figure, swatch
from nbtrain.views.comparison.settings import NOT_RECORDED, format_value
from nbtrain.views.drawing import NOT_DRAWN, can_draw, encoded

MAX_KEYS = 8
MAX_LENGTH = 40
MAX_PATH_LENGTH = 24
"""Maximum number of keys in the table, of characters in a value, and of characters in an unabbreviated path."""

BEST = "best "
"""Name prefix of a metric's best value."""

GREY = "rgba(128,128,128,0.35)"
SHADE = "rgba(47,158,100,0.16)"
CELL = "padding:2px 0 2px 14px;text-align:{side};font-variant-numeric:tabular-nums;white-space:nowrap;border:none"
HEAD = f"border-bottom:1px solid {GREY};font-weight:600;white-space:normal;vertical-align:bottom"


@dataclass(frozen=True)
class Line:
    """A run in the table.

    Attributes:
        settings: The values of the keys that differ.
        results: Values by name: the best of all evaluations if the name starts with `BEST`, else the newest.
        remarks: Why the run failed, and what the user changed while it ran.
    """

    run: NamedRun
    settings: dict[str, Any] = field(default_factory=dict)
    results: dict[str, float | None] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def winners(lines: Sequence[Line], name: str) -> list[Line]:
    """The runs with the best value of result `name`; empty if all values are the same, or if it is not known, or not
    the same for all runs, whether a higher value is better.
    """
    values = {index: line.results.get(name) for index, line in enumerate(lines)}
    rated = {index: value for index, value in values.items() if value is not None and math.isfinite(value)}
    if len(set(rated.values())) < 2:
        return []
    directions = {line.run.state.objective.direction(name.removeprefix(BEST)) for line in lines}
    if directions not in ({1}, {-1}):
        return []
    best = (min if directions == {-1} else max)(rated.values())
    return [lines[index] for index, value in rated.items() if value == best]


def result_names(lines: Sequence[Line]) -> list[str]:
    """The names of all results."""
    return list(dict.fromkeys(name for line in lines for name, value in line.results.items() if value is not None))


def html(lines: Sequence[Line]) -> str:
    """The comparison as HTML."""
    parts = [*_chart(lines), *_table(lines), *_remarks(lines)]
    return '<div style="line-height:1.5;max-width:100%">\n' + "\n".join(parts) + "\n</div>"


def text(lines: Sequence[Line]) -> str:
    """The comparison as text, one line per run."""
    best = _best_lines(lines)
    columns = [["run", *(line.run.name for line in lines)]]
    columns += [[title, *cells] for title, cells, _ in _columns(lines)]
    widths = [max(map(format.columns, column)) for column in columns]
    rows = []
    for index, cells in enumerate(zip(*columns, strict=True)):
        mark = "* " if index and lines[index - 1] in best else "  "
        first, *others = map(format.right, cells, widths)
        rows.append(mark + cells[0] + " " * (len(first) - len(cells[0])) + "".join(f"  {cell}" for cell in others))
    legend = [f"* {_first_best(lines)}"] if best else []
    remarks = [f"{line.run.name}: {remark}" for line in lines for remark in line.remarks]
    return "\n".join([*rows, *legend, *_left_out(lines), *remarks])


def _chart(lines: Sequence[Line]) -> Iterator[str]:
    if not any(curve.bins for line in lines for curve in line.run.state.curves.values()):
        return
    if not can_draw():
        yield f"<p>{escape(NOT_DRAWN)}</p>"
        return
    fig = figure([line.run for line in lines])
    names = ", ".join(line.run.name for line in lines)
    style = "display:block;width:720px;max-width:100%;height:auto;margin:6px 0 6px -6px;background:none"
    alt = f"Training and validation losses of {names}"
    yield f'<img alt="{escape(alt)}" width="720" style="{style}" src="{_data(encoded(fig))}">'


def _table(lines: Sequence[Line]) -> Iterator[str]:
    columns = _columns(lines)
    best = _best_lines(lines)
    yield '<div style="overflow-x:auto">'
    yield '<table style="border-collapse:collapse;border:none;margin:8px 0;font-size:inherit">'
    heads = "".join(_cell("th", title, HEAD) for title, _, _ in columns)
    run = _cell("th", "run", f"{HEAD};padding-left:6px", side="left")
    yield f'<thead><tr style="background:none">{run}{heads}</tr></thead>\n<tbody>'
    for index, line in enumerate(lines):
        cells = "".join(_cell("td", cells[index], bold=line in bests) for _, cells, bests in columns)
        name = _swatch(line.run.color) + escape(format.shorten(line.run.name, MAX_LENGTH))
        style = CELL.format(side="left").replace("0 2px 14px", "0 2px 6px")
        shade = SHADE if line in best else "none"
        yield f'<tr style="background:{shade}"><td align="left" style="{style}">{name}</td>{cells}</tr>'
    yield "</tbody></table></div>"
    legend = [f"Shaded: {escape(_first_best(lines))}"] if best else []
    legend += map(escape, _left_out(lines))
    if legend:
        yield f'<p style="margin:0;opacity:0.6"><small>{"; ".join(legend)}</small></p>'


def _swatch(color: str) -> str:
    """A swatch in the color of a run. `max-width: none`, since a style sheet that limits images to a share of their
    column would give it no width.
    """
    style = "display:inline;vertical-align:middle;margin:0 8px 0 0;max-width:none"
    return f'<img alt="" width="18" height="4" style="{style}" src="{_data(swatch(color))}">'


def _cell(tag: str, content: str, more: str = "", *, side: str = "right", bold: bool = False) -> str:
    inside = escape(content).replace("_", "_<wbr>") if tag == "th" else escape(content)
    inside = f"<b>{inside}</b>" if bold else inside
    return f'<{tag} align="{side}" style="{CELL.format(side=side)};{more}">{inside}</{tag}>'


def _remarks(lines: Sequence[Line]) -> Iterator[str]:
    remarks = [f"{line.run.name}: {remark}" for line in lines for remark in line.remarks]
    if remarks:
        items = "".join(f'<li style="margin:0">{escape(remark)}</li>' for remark in remarks)
        yield f'<ul style="margin:6px 0;padding-left:20px;opacity:0.9">{items}</ul>'


def _columns(lines: Sequence[Line]) -> list[tuple[str, list[str], list[Line]]]:
    """The columns after the name: title, cells, and the runs with the best value, if there is one."""
    keys = list(dict.fromkeys(key for line in lines for key in line.settings))[:MAX_KEYS]
    columns: list[tuple[str, list[str], list[Line]]] = [
        (key, _cells([line.settings.get(key, NOT_RECORDED) for line in lines]), []) for key in keys
    ]
    states = [line.run.state for line in lines]
    if any(state.status != "finished" for state in states):
        columns.append(("status", [state.status for state in states], []))
    columns.append(("steps", [format.count(state.step) for state in states], []))
    for name in result_names(lines):
        cells = format.column([line.results.get(name) for line in lines])
        columns.append((format.shorten(name, MAX_LENGTH), cells, winners(lines, name)))
    columns.append(("time", [format.duration(state.time) for state in states], []))
    return columns


def _cells(values: Sequence[Any]) -> list[str]:
    """Values of a key as text. Long paths are shortened to their last part, if they are still distinct then."""
    texts = [format_value(value) for value in values]
    ends = [_end(text) if len(text) > MAX_PATH_LENGTH else text for text in texts]
    chosen = ends if len(set(ends)) == len(set(texts)) else texts
    return [format.shorten(text, MAX_LENGTH) for text in chosen]


def _end(path: str) -> str:
    _, slash, name = path.rstrip("/").rpartition("/")
    return f"…/{name}" if slash else path


def _best_lines(lines: Sequence[Line]) -> list[Line]:
    """The runs to highlight; none if more than half of them are equally good."""
    best = winners(lines, _first_best(lines))
    return best if len(best) <= len(lines) / 2 else []


def _first_best(lines: Sequence[Line]) -> str:
    """The result that decides which run is the best: the best value of the first run's main metric."""
    return next((name for name in result_names(lines) if name.startswith(BEST)), "")


def _left_out(lines: Sequence[Line]) -> list[str]:
    keys = list(dict.fromkeys(key for line in lines for key in line.settings))[MAX_KEYS:]
    return [f"more differences, not shown: {format.listed(keys)}"] if keys else []


def _data(image: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(image).decode()}"
