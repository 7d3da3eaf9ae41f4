"""The runs as a table: HTML that can be sorted, and text for terminals."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from nbtrain import format
from nbtrain.events import disk
from nbtrain.runs.find import all_runs, labels, of_notebook, start_time
from nbtrain.runs.run import Run
from nbtrain.views import summary
from nbtrain.views.comparison.settings import NOT_RECORDED, differing, format_value

MAX_LENGTH = 48
MAX_TEXT_LENGTH = 36
"""Characters of a cell in the text table."""

SHOWN_APART = ("model", "dataset", "train")
"""Keys with columns of their own."""

TITLES = ("name", "status", "started", "model", "data", "changed", "steps", "result", "time", "size")
NONE = "No runs here yet. `%finetune --template` inserts a starter cell."
GREY = "rgba(128,128,128,0.35)"
CELL = "padding:3px 10px 3px 0;text-align:left;vertical-align:top;font-variant-numeric:tabular-nums;border:none"
HEAD = f"border-bottom:1px solid {GREY};font-weight:600;white-space:nowrap"
SORT = """
(() => {
  const table = document.getElementById("%s");
  if (!table) return;
  const heads = [...table.querySelectorAll("th")], body = table.tBodies[0];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.style.cssText = "all:unset;cursor:pointer;text-decoration:underline dotted;outline:revert";
    button.title = "Sort by " + head.textContent;
    button.append(...head.childNodes);
    head.append(button);
    button.onclick = () => {
      const down = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
      heads.forEach(each => each.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", down > 0 ? "ascending" : "descending");
      const key = row => row.cells[column].dataset.sort ?? row.cells[column].textContent;
      const compare = (a, b) => (isNaN(a) || isNaN(b) || a === "" || b === "" ? a.localeCompare(b) : a - b);
      body.append(...[...body.rows].sort((a, b) => down * compare(key(a), key(b))));
    };
  });
})();
"""
"""Makes the headings buttons. Where scripts are removed, the table stays in the order of the runs."""


@dataclass(frozen=True)
class Cell:
    """A cell of the table.

    Args:
        text: What it shows.
        sort: What it is sorted by; None for the text.
        wraps: Whether its text may take several lines.
    """

    text: str = ""
    sort: float | None = None
    wraps: bool = False


@dataclass(frozen=True)
class Listing:
    """The table of some runs.

    Args:
        runs: The runs, oldest first.
        variables: The variables that may hold them.
        others: How many more runs the folder has.
    """

    runs: Sequence[Run]
    variables: Mapping[str, Any] = field(default_factory=dict)
    others: int = 0

    @classmethod
    def of(cls, variables: Mapping[str, Any], *, everything: bool = False) -> Listing:
        """The runs of this notebook, or all runs of the folder."""
        every = all_runs(variables)
        runs = every if everything else of_notebook(every, variables)
        return cls(runs, variables, len(every) - len(runs))

    def __repr__(self) -> str:
        table = [[format.shorten(cell.text, MAX_TEXT_LENGTH) for cell in row] for row in self._table()]
        if len(table) == 1:
            return "\n".join([NONE, *self._below()])
        widths = [max(map(format.columns, column)) for column in zip(*table, strict=True)]
        lines = [
            "  ".join(text + " " * (width - format.columns(text)) for text, width in zip(row, widths, strict=True))
            for row in table
        ]
        return "\n".join([*(line.rstrip() for line in lines), *self._below()])

    def _repr_html_(self) -> str:
        head, *rows = self._table()
        below = "".join(f'<p style="margin:4px 0;opacity:0.75">{_code(line)}</p>' for line in self._below())
        if not rows:
            return f"<p>{_code(NONE)}</p>{below}"
        name = f"nbtrain-runs-{time.time_ns():x}"
        heads = "".join(f'<th scope="col" style="{_style(cell)};{HEAD}">{escape(cell.text)}</th>' for cell in head)
        lines = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
        style = "border-collapse:collapse;border:none;font-size:inherit;margin:4px 0"
        table = f'<table id="{name}" style="{style}"><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>'
        return f'<div style="overflow-x:auto">{table}</div>{below}<script>{SORT % name}</script>'

    def _below(self) -> list[str]:
        if not self.others:
            return []
        are = "1 more run" if self.others == 1 else f"{format.count(self.others)} more runs"
        return [f"{are} in this folder, of other notebooks: `%finetune --list --all`."]

    def _table(self) -> list[list[Cell]]:
        """The heading and a row for each run, the newest first. Columns without any value are left out."""
        names, changes = labels(self.runs, self.variables), _changes(self.runs)
        rows = [_row(*each) for each in zip(self.runs, names, changes, strict=True)][::-1]
        used = [at for at in range(len(TITLES)) if at == 0 or any(row[at].text for row in rows)]
        return [[row[at] for at in used] for row in [[Cell(title) for title in TITLES], *rows]]


def _row(run: Run, name: str, changed: str) -> list[Cell]:
    state, began = run.state, start_time(run)
    subject = [*summary.subject(state), "", ""]
    scores = summary.scores(state, summary.rows(state))
    steps = f"{format.count(state.step)} of {format.count(state.max_steps)}" if state.max_steps else ""
    used = disk.size(run.directory)
    status = summary.status(state).partition(" at step")[0].partition(":")[0]
    first = scores[0][1] if scores else ""
    return [
        Cell(name if run.state.alias in name else f"{name} ({run.state.alias})"),
        Cell(status),
        Cell(summary.format_date(began) if began else "", began),
        Cell(_short(subject[0])),
        Cell(_short(subject[1])),
        Cell(changed, wraps=True),
        Cell(steps, state.step),
        Cell(", ".join(f"{name} {value}" for name, value in scores), _number(first), wraps=True),
        Cell(format.duration(state.time) if state.time else "", state.time),
        Cell(format.memory(used) if used else "", used),
    ]


def _changes(runs: Sequence[Run]) -> list[str]:
    """The keys in which each run differs from the others, with their values."""
    found = differing([run.state for run in runs]) if len(runs) > 1 else {}
    shown = {key: values for key, values in found.items() if key not in SHOWN_APART}
    given = [run.config.given.keys() | {"training examples", "continues"} for run in runs]
    return [
        format.shorten(
            ", ".join(
                f"{key} {format_value(values[index])}"
                for key, values in shown.items()
                if key in given[index] and values[index] is not NOT_RECORDED and values[index] is not None
            ),
            2 * MAX_LENGTH,
        )
        for index in range(len(runs))
    ]


def _short(text: str) -> str:
    """A long path by its last part."""
    name = Path(text).name if len(text) > MAX_LENGTH // 2 and "/" in text else text
    return format.shorten(name, MAX_LENGTH)


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def _cell(cell: Cell) -> str:
    sort = "" if cell.sort is None else f' data-sort="{cell.sort}"'
    return f'<td style="{_style(cell)}"{sort}>{escape(cell.text)}</td>'


def _style(cell: Cell) -> str:
    return CELL + ("" if cell.wraps else ";white-space:nowrap")


def _code(text: str) -> str:
    return "".join(
        f"<code>{part}</code>" if number % 2 else part for number, part in enumerate(escape(text).split("`"))
    )
