"""The record of a run as data, which the JupyterLab extension renders; all other front ends show the HTML."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from typing import Any

from nbtrain import format
from nbtrain.events import disk
from nbtrain.events.series import Bin, Curve
from nbtrain.events.state import RunState
from nbtrain.views import browser_json, diagnosis, marked_text, summary
from nbtrain.views.selection import fit, select_notes, select_rows

MIME_TYPE = "application/vnd.nbtrain.run.v1+json"

MAX_BYTES = 50_000
"""Maximum size in the notebook file."""

LINE_BYTES = 12
"""Maximum size of a line break with its indentation in a notebook file, where each number takes a line."""

MAX_LINES = 12
MAX_NOTE_LENGTH = 500
MAX_DIRECTORY_LENGTH = 300


@dataclass(frozen=True)
class _Size:
    """Maximum number of each kind of item."""

    bins: int
    rows: int
    metrics: int
    notes: int
    marks: int
    texts: int
    characters: int


SIZES = (
    _Size(500, 50, 40, 20, 100, 2, 8_000),
    _Size(250, 50, 40, 20, 100, 2, 4_000),
    _Size(250, 20, 24, 20, 50, 2, 2_000),
    _Size(125, 10, 12, 10, 20, 0, 1_000),
    _Size(60, 5, 8, 5, 10, 0, 400),
    _Size(30, 1, 4, 2, 5, 0, 60),
)
"""Tried in this order until the record is small enough."""


def record_json(
    state: RunState, config: str = "", directory: str = "", parent: RunState | None = None
) -> dict[str, Any]:
    """The record as plain JSON, at most `MAX_BYTES` of it.

    Numbers have 7 significant digits; those that are not finite are strings ("nan").

    Args:
        state: The run.
        config: Its configuration as TOML.
        directory: Its run directory.
        parent: The run that it continues, if it does.
    """
    return fit(
        SIZES,
        lambda size: _record(state, config, directory, parent, size),
        lambda record: stored_bytes(record) <= MAX_BYTES,
    )


def stored_bytes(record: dict[str, Any]) -> int:
    """Upper bound of the bytes that `record` takes in a notebook file."""
    text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return len(text.encode()) + LINE_BYTES * sum(text.count(sign) for sign in ",[]{}")


def _record(state: RunState, config: str, directory: str, parent: RunState | None, size: _Size) -> dict[str, Any]:
    rows = summary.rows(state)
    first = state.evaluation_count - len(rows) + 1
    notes, others = select_notes(state, size.notes)
    told = [{"level": one.level, "text": one.sentence} for one in diagnosis.diagnose(state)]
    messages = [{"level": note.level, "text": format.shorten(note.text, MAX_NOTE_LENGTH)} for note in notes]
    shown = select_rows(state, rows, size.rows)
    curves = {
        "loss": _packed(state.curves["loss"], size.bins),
        **{name: _packed(curve, size.bins // 2 // len(state.validation)) for name, curve in state.validation.items()},
        **{name: _packed(curve, size.bins // 5) for name, curve in state.curves.items() if _is_extra(name)},
    }
    if parent is not None:
        curves["parent"] = _packed(parent.curves["loss"], size.bins // 2)
    return {
        "version": 1,
        "run": state.run,
        "directory": format.shorten(directory, MAX_DIRECTORY_LENGTH),
        "config": format.shorten(config.strip(), size.characters),
        "head": browser_json.head(state),
        "status": summary.status(state),
        "reason": summary.reason(state),
        "scores": [f"{name} {value}" for name, value in summary.scores(state, rows)],
        "best": summary.best_score(state, rows),
        "compared": summary.compared(state, rows).replace("`", ""),
        "baselines": browser_json.baselines(state, size.metrics),
        "effort": [*summary.effort(state), *filter(None, [disk.described(directory)])],
        "setup": _lines(
            [*(summary.setup(state.prepared) if state.prepared else []), *summary.details(state)], size.characters
        ),
        "rows": [_row(state, rows[index], first + index, index, size) for _, index in shown],
        "evaluations": state.evaluation_count,
        "best_row": browser_json.best_row(state),
        "best_metric": state.objective.main(summary.metric_names(rows)) or "",
        "texts": [{"title": block.title, "lines": block.lines} for block in marked_text.blocks(state)[: size.texts]],
        "messages": [*told, *messages, *({"level": "note", "text": line} for line in others)],
        "marks": browser_json.marks(state.commands, moves=False)[-size.marks :],
        "curves": curves,
    }


def _row(state: RunState, row: summary.Row, number: int, index: int, size: _Size) -> dict[str, Any]:
    sent = browser_json.row(number, state.evaluations[index])
    return {
        **sent,
        "metrics": dict(islice(sent["metrics"].items(), size.metrics)),
        "training_loss": browser_json.number(row.training_loss),
        "seconds": browser_json.number(row.seconds),
    }


def _packed(curve: Curve, most: int) -> str:
    """A curve as a single string, "1 0.69;2 3 0.5 0.7 0.6", since a notebook file needs a line per number of a list.

    Each bin has first step, last step, low, high and mean; or step and value if it is a single step.
    """
    return ";".join(_bin(bin) for bin in curve.thinned(most))


def _is_extra(name: str) -> bool:
    """Whether a curve is no loss."""
    return name != "loss" and not name.startswith("eval_")


def _bin(bin: Bin) -> str:
    values = [bin.mean] if bin.first == bin.last else [bin.low, bin.high, bin.mean]
    steps = [bin.first] if bin.first == bin.last else [bin.first, bin.last]
    return " ".join([*map(str, steps), *(f"{value:.7g}" for value in values)])


def _lines(lines: list[str], length: int) -> list[str]:
    return [format.shorten(line, min(length, MAX_NOTE_LENGTH)) for line in lines[:MAX_LINES]]
