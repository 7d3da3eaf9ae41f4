"""Find runs by variable, ID or directory, also those of other and of earlier processes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbtrain import format
from nbtrain.errors import RunError, did_you_mean
from nbtrain.events import journal
from nbtrain.events.run_dir import ROOT
from nbtrain.runs.run import Run
from nbtrain.views import summary


def all_runs(variables: Mapping[str, Any] | None = None, root: str | Path = ROOT) -> list[Run]:
    """The runs in folder `root` and those in variables, oldest first."""
    found = {run.directory: run for run in (variables or {}).values() if isinstance(run, Run) and run.id}
    for path in sorted(Path(root).glob(f"*/{journal.FILE_NAME}")):
        if path.parent.absolute() not in found:
            try:
                run = Run.load(path.parent)
            except RunError:
                continue  # not a run directory
            found[run.directory] = run
    return sorted(found.values(), key=lambda run: (_start_time(run), run.id))


def find(name: str | Run | Path, variables: Mapping[str, Any] | None = None, root: str | Path = ROOT) -> Run:
    """The run with this variable name, ID, or directory.

    Raises:
        RunError: There is no such run.
    """
    if isinstance(name, Run):
        return name
    text = str(name).strip("\"'")
    value = (variables or {}).get(text.removeprefix("$"))
    if isinstance(value, Run):
        return value
    if (Path(text).expanduser() / journal.FILE_NAME).is_file():
        return Run.load(text)
    runs = all_runs(variables, root)
    for run in runs:
        if text in (run.id, run.directory.name):
            return run
    names = [name for name, value in (variables or {}).items() if isinstance(value, Run) and not name.startswith("_")]
    known = [*names, *(run.id for run in runs)]
    hint = did_you_mean(text, known, f"Existing runs: {', '.join(known[-5:])}." if known else "No runs here yet.")
    raise RunError(f"Unknown run `{text}`: it is not a variable, ID or directory of a run.\n    {hint}")


def variable_names(variables: Mapping[str, Any]) -> dict[int, str]:
    """Names of the variables that hold runs, by the `id()` of the run."""
    return {id(value): name for name, value in variables.items() if isinstance(value, Run) and not name.startswith("_")}


def table(runs: list[Run], variables: Mapping[str, Any] | None = None) -> str:
    """The runs as a text table, one line each."""
    if not runs:
        return "No runs here yet."
    names = variable_names(variables or {})
    rows: list[tuple[str, ...]] = [("run", "variable", "status", "started", "steps", "result", "directory")]
    rows += [_row(run, names.get(id(run), "")) for run in runs]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(line.rstrip() for line in lines)


def _row(run: Run, variable: str) -> tuple[str, ...]:
    state = run.state
    started = time.strftime("%Y-%m-%d %H:%M", time.localtime(_start_time(run))) if _start_time(run) else ""
    rows = summary.rows(state)
    result = ", ".join(f"{name} {value}" for name, value in summary.scores(state, rows) if rows)
    status = f"{run.status}, {state.error}" if run.status == "interrupted" and state.error else run.status
    steps = f"{format.count(state.step)} of {format.count(state.max_steps)}" if state.max_steps else ""
    inside = run.directory.is_relative_to(Path.cwd())
    return (
        run.id,
        variable,
        status,
        started,
        steps,
        result,
        str(run.directory.relative_to(Path.cwd()) if inside else run.directory),
    )


def _start_time(run: Run) -> float:
    """When the run started, in seconds since the epoch; 0 if its directory is gone."""
    try:
        return journal.read_header(run.directory).began
    except RunError:
        return 0.0
