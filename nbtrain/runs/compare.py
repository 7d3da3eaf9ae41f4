"""Comparison: the curves and results of several runs, and the settings in which they differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import format
from nbtrain.errors import RunError
from nbtrain.events.best import LOSS
from nbtrain.events.state import RunState
from nbtrain.runs import environment
from nbtrain.runs.find import all_runs, find, labels, of_notebook, start_time, variable_names
from nbtrain.runs.run import Run
from nbtrain.views import summary
from nbtrain.views.annotations import label, merged
from nbtrain.views.browser_types import RunChoice
from nbtrain.views.comparison import table as comparison
from nbtrain.views.comparison.chart import NamedRun, color, figure
from nbtrain.views.comparison.settings import NOT_RECORDED, brief, differing
from nbtrain.views.comparison.table import BEST, Line, result_names

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

MAX_RUNS = 8
"""Number of newest runs that are compared if none is given."""

MAX_CHANGES = 4


class Comparison:
    """Several runs side by side. It always shows their current states, also of runs that are still training.

    Args:
        runs: The runs.
        names: Their display names.
    """

    def __init__(self, runs: Sequence[Run], names: Sequence[str]) -> None:
        self.runs = tuple(runs)
        self._names = tuple(names)

    @property
    def table(self) -> pd.DataFrame:
        """A row per run, indexed by its ID: the keys of the configuration that differ, status, steps, the newest and
        the best value of the main metric, the loss, and the run time in seconds. Missing values are NaN or None.
        """
        import pandas as pd

        lines = self._lines()
        states = [run.state for run in self.runs]
        ids = [run.id for run in self.runs]
        columns: dict[str, list[Any]] = {"name": list(self._names)}
        for key in dict.fromkeys(key for line in lines for key in line.settings):
            values = [line.settings[key] for line in lines]
            columns[key] = [None if value is NOT_RECORDED else value for value in values]
        columns["status"] = [state.status for state in states]
        columns["steps"] = [state.step for state in states]
        for name in result_names(lines):
            columns[name] = [line.results.get(name) for line in lines]
        columns["time"] = [state.time for state in states]
        return pd.DataFrame(columns, index=pd.Index(ids, name="run"))

    def plot(self) -> Figure:
        """The loss curves of all runs, as a matplotlib figure.

        Raises:
            RunError: matplotlib is not installed.
        """
        return figure(self._named_runs())

    def _repr_html_(self) -> str:
        return comparison.html(self._lines())

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}

    def __repr__(self) -> str:
        return comparison.text(self._lines())

    def _named_runs(self) -> list[NamedRun]:
        differences = differing([run.state for run in self.runs])
        return [
            NamedRun(name, run.state, color(index), brief({key: values[index] for key, values in differences.items()}))
            for index, (name, run) in enumerate(zip(self._names, self.runs, strict=True))
        ]

    def _lines(self) -> list[Line]:
        differences = differing([run.state for run in self.runs])
        mains = list(dict.fromkeys(filter(None, (_main(run.state) for run in self.runs))))
        return [
            Line(
                shown,
                {key: values[index] for key, values in differences.items()},
                _results(run, mains),
                _remarks(run.state),
            )
            for index, (shown, run) in enumerate(zip(self._named_runs(), self.runs, strict=True))
        ]


def compare(*runs: Run | str | Path | Iterable[Run | str | Path]) -> Comparison:
    """Compare runs: their loss curves, the settings in which they differ, and their results.

    ```python
    nbtrain.compare(first, second)
    nbtrain.compare("20260101-120000-ab12", "nbtrain_runs/slow").table
    nbtrain.compare()
    ```

    Args:
        *runs: Runs, their names, variables, IDs or directories, or lists of these. By default the newest runs of this
            notebook that have finished.

    Raises:
        RunError: One of them does not exist, or there are no runs to compare.
    """
    variables = environment.variables() or {}
    named = [one for given in runs for one in ([given] if isinstance(given, (Run, str, Path)) else _listed(given))]
    chosen = [find(one, variables) for one in named] if runs else _finished(variables)
    distinct = list({run.directory: run for run in chosen}.values())
    return Comparison(distinct, labels(distinct, variables))


def _finished(variables: Mapping[str, Any]) -> list[Run]:
    """The newest runs of this notebook that have finished.

    Raises:
        RunError: There are none.
    """
    here = of_notebook(all_runs(variables), variables)
    if finished := _by_default(here):
        return finished
    if here:
        names = format.listed([f'"{name}"' for name in labels(here, variables)])
        raise RunError(
            "No run of this notebook has finished, and `compare()` takes only those.\n"
            f"    Name the runs to compare: nbtrain.compare({names})."
        )
    raise RunError("No runs to compare here yet. Train some: `%finetune --template` inserts a starter cell.")


def _by_default(here: Sequence[Run]) -> list[Run]:
    return [run for run in here if run.status == "finished"][-MAX_RUNS:]


def choices(variables: Mapping[str, Any]) -> list[RunChoice]:
    """The runs of the folder, newest first, for a list from which one chooses what to compare."""
    runs = all_runs(variables)
    here = of_notebook(runs, variables)
    chosen, held = _by_default(here), variable_names(variables)
    aliases = [run.state.alias for run in runs]
    return [
        _choice(
            run,
            shown,
            held.get(id(run)) or f'"{run.state.alias if aliases.count(run.state.alias) == 1 else run.id}"',
            here=run in here,
            chosen=run in chosen,
        )
        for run, shown in zip(runs, labels(runs, variables), strict=True)
    ][::-1]


def _choice(run: Run, name: str, code: str, *, here: bool, chosen: bool) -> RunChoice:
    state, began = run.state, start_time(run)
    model, data, *_ = [*summary.subject(state), "", ""]
    scores = summary.scores(state, summary.rows(state), limit=1)
    return {
        "code": code,
        "name": name if state.alias in name else f"{name} ({state.alias})",
        "status": summary.status(state).partition(" at step")[0].partition(":")[0],
        "started": summary.format_date(began) if began else "",
        "model": model,
        "data": data,
        "metric": " ".join(scores[0]) if scores else "",
        "here": here,
        "chosen": chosen,
    }


def _listed(given: Any) -> list[Any]:
    """The items of a list of runs.

    Raises:
        RunError: It is not a list of runs.
    """
    if isinstance(given, (list, tuple, set)) and all(isinstance(one, (Run, str, Path)) for one in given):
        return list(given)
    raise RunError(
        f"`compare` takes runs, run IDs and directories, not an object of type {type(given).__name__}.\n"
        "    Pass runs: `nbtrain.compare(first, second)`."
    )


def _main(state: RunState) -> str | None:
    return state.objective.main(summary.metric_names(summary.rows(state)))


def _results(run: Run, mains: Sequence[str]) -> dict[str, float | None]:
    """The newest and the best value of each main metric, and the validation loss; else the training loss."""
    rows = summary.rows(run.state)
    newest = rows[-1].metrics if rows else {}
    results: dict[str, float | None] = {}
    for name in mains:
        results |= {name: newest.get(name), BEST + name: _best(run, rows, name)}
    return {**results, LOSS: newest.get(LOSS)} if mains else {"training loss": summary.newest_loss(run.state)}


def _best(run: Run, rows: Sequence[summary.Row], name: str) -> float | None:
    """The best value of a metric over all evaluations; read from the journal if the state has dropped some of them."""
    if run.state.evaluation_count <= len(rows):
        row = summary.best_row(run.state, rows, name)
        return row.metrics[name] if row is not None else None
    values = run.metrics.get("loss" if name == LOSS else name)
    if values is None:
        return None
    best = run.state.objective.best_of([{name: value} for value in values], name)
    return None if best is None else float(values[best])


def _remarks(state: RunState) -> list[str]:
    """Why the run failed, and what the user changed while it ran."""
    reason = summary.reason(state)
    changes = [event for event in merged(state.commands) if event.command == "set"]
    texts = [f"{label(event)} from step {event.step:,} on" for event in changes[-MAX_CHANGES:]]
    return [*([f"{summary.status(state)}: {reason}"] if reason else []), *([", ".join(texts)] if texts else [])]
