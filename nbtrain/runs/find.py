"""Find runs by variable, ID or directory, also those of other and of earlier processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nbtrain.errors import RunError, did_you_mean
from nbtrain.events import journal, names
from nbtrain.events.run_dir import ROOT
from nbtrain.runs.run import Run
from nbtrain.training.environment import notebook_path


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
    return sorted(found.values(), key=lambda run: (start_time(run), run.id))


def find(name: str | Run | Path, variables: Mapping[str, Any] | None = None, root: str | Path = ROOT) -> Run:
    """The run with this variable, directory, ID, or name (of several the newest).

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
    for is_meant in (
        lambda run: text in (run.id, run.directory.name, run.state.alias),
        lambda run: text == run.name,
    ):
        if found := [run for run in runs if is_meant(run)]:
            return found[-1]  # several runs may have had the same name
    held = variable_names(variables or {}).values()
    known = list(dict.fromkeys([*held, *(run.name for run in runs)]))
    ids = [run.id for run in runs]
    hint = did_you_mean(
        text, [*known, *ids], f"Existing runs: {', '.join(known[-5:])}." if known else "No runs here yet."
    )
    raise RunError(f"Unknown run `{text}`: it is not the name, variable, ID or directory of a run.\n    {hint}")


def of_notebook(runs: Sequence[Run], variables: Mapping[str, Any] | None) -> list[Run]:
    """Those of `runs` that this notebook has started, in this kernel or an earlier one, or holds in variables. All of
    them where it is not known in which notebook the code runs.
    """
    here = notebook_path(variables)
    if not here:
        return list(runs)
    held = variable_names(variables or {})
    return [run for run in runs if run.state.notebook == here or id(run) in held]


def labels(runs: Sequence[Run], variables: Mapping[str, Any] | None = None) -> list[str]:
    """A name for each of the runs: the one that the user set, else that of its variable, else its own. Where two have
    the same, the two words that stand for its ID are added, except for the one that the variable holds now.
    """
    held = variable_names(variables or {})
    found = [names.read(run.directory) or held.get(id(run)) or run.name or run.id or "not started" for run in runs]
    return [
        f"{name} ({run.state.alias})" if found.count(name) > 1 and id(run) not in held and run.state.alias else name
        for name, run in zip(found, runs, strict=True)
    ]


def variable_names(variables: Mapping[str, Any]) -> dict[int, str]:
    """Names of the variables that hold runs, by the `id()` of the run."""
    return {id(value): name for name, value in variables.items() if isinstance(value, Run) and not name.startswith("_")}


def start_time(run: Run) -> float:
    """When the run started, in seconds since the epoch; 0 if its directory is gone."""
    try:
        return journal.read_header(run.directory).began
    except RunError:
        return 0.0
