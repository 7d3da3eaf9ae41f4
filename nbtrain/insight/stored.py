"""The evaluations that a run has stored, with the columns that the model read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from nbtrain import tasks
from nbtrain.errors import RunError
from nbtrain.events import Evaluated, Started, TaskSpec, journal, run_dir
from nbtrain.tasks.predictions import SET, joined, read_table, with_inputs

if TYPE_CHECKING:
    import pandas as pd

    from nbtrain.training.live_run import StoredRun


@dataclass(frozen=True)
class Evaluation:
    """One evaluation.

    Args:
        step: The step after which it was made.
        epoch: Epochs done then; None if that is not known.
        rows: Its examples in their order: the input columns as far as they are known, and what the task says of each.
        outputs: The columns that are no input columns.
        spec: The task.
    """

    step: int
    epoch: float | None
    rows: pd.DataFrame
    outputs: tuple[str, ...]
    spec: TaskSpec

    @property
    def inputs(self) -> list[str]:
        """The columns that the model read, as far as they are known."""
        names = [f"input_{name}" if name in self.outputs else name for name in self.spec.inputs]
        found = [name for name in names if name in self.rows]
        return found or [name for name in ("prompt",) if name in self.rows]


def version_of(run: StoredRun) -> object:
    """Changes when something is added to the run, or the Trainer that is watched begins another one."""
    files = (run.directory / name for name in (journal.FILE_NAME, run_dir.PREDICTIONS, run_dir.EVALUATIONS))
    return run.directory, *((file.stat().st_size, file.stat().st_mtime_ns) if file.exists() else None for file in files)


def evaluations(run: StoredRun) -> dict[int, Evaluated]:
    """The evaluations with stored results, by their steps. What was repeated from an earlier checkpoint counts once."""
    found: dict[int, Evaluated] = {}
    for event in journal.read(run.directory):
        if isinstance(event, Started):
            found = {step: one for step, one in found.items() if step <= event.step}
        elif isinstance(event, Evaluated) and event.file and (run.directory / event.file).is_file():
            found[event.step] = event
    return dict(sorted(found.items()))


def load(run: StoredRun, step: int | None = None) -> Evaluation:
    """The evaluation after `step`, by default the newest; of a run that only predicted at its end, these predictions.

    Raises:
        RunError: There is none.
    """
    known = evaluations(run)
    if step is None and known:
        step = next(reversed(known))
    if step is None:
        if not (run.directory / run_dir.PREDICTIONS).is_file():
            raise RunError(_nothing(run))
        rows = read_table(run.directory / run_dir.PREDICTIONS)
        return Evaluation(run.state.step, None, rows, _outputs(rows, run.spec), run.spec)
    if step not in known:
        raise RunError(_no_such(step, list(known), run))
    return of_event(run, known[step])


def of_event(run: StoredRun, event: Evaluated) -> Evaluation:
    """The evaluation of an event with a file."""
    outputs = _table(run.directory, event)
    return Evaluation(event.step, event.epoch, _with_inputs(run, outputs), tuple(outputs.columns), run.spec)


def outcomes(run: StoredRun, event: Evaluated) -> pd.DataFrame:
    """The columns `loss` and `correct` of the evaluation of an event with a file, as far as it has them."""
    return _table(run.directory, event, ("loss", "correct"))


def _table(directory: Path, event: Evaluated, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The stored results; of several evaluation sets, one below the other."""
    plain = run_dir.evaluation_file(event.step)
    if event.file == plain:
        return _read(directory / plain, columns)
    stem = plain.removesuffix(".parquet") + "-"
    files = {unquote(path.stem[len(Path(stem).name) :]): path for path in directory.glob(f"{stem}*.parquet")}
    return joined({name: _read(files[name], columns) for name in sorted(files)})


def _read(file: Path, columns: Sequence[str] | None) -> pd.DataFrame:
    return read_table(file, None if columns is None else [name for name in columns if name in _names(file)])


def _names(file: Path) -> list[str]:
    """The columns of a file."""
    import pyarrow.parquet as pq

    return [name for name in pq.read_schema(file).names if not name.startswith("__index_level_")]


def _with_inputs(run: StoredRun, outputs: pd.DataFrame) -> pd.DataFrame:
    """The input columns before those of the task, if they are in the stored predictions or in this process."""
    import pandas as pd

    file = run.directory / run_dir.PREDICTIONS
    if file.is_file():
        inputs = read_table(file, [name for name in _names(file) if name not in outputs or name == SET])
        if len(inputs) != len(outputs):
            return outputs
        if SET in inputs:  # their order is that of the Trainer
            inputs = inputs.sort_values(SET, kind="stable", ignore_index=True).drop(columns=SET)
        return pd.concat([inputs, outputs], axis="columns")
    rows = (run.splits or {}).get("validation")
    if rows is None or len(rows) != len(outputs) or tasks.get(run.spec.task).generates:
        return outputs
    return with_inputs(rows, outputs, run.spec.target)


def _outputs(rows: pd.DataFrame, spec: TaskSpec) -> tuple[str, ...]:
    """The columns of stored predictions that are the task's."""
    known = {
        "label",
        "prediction",
        "probability",
        "loss",
        "correct",
        "error",
        *(f"p({one})" for one in spec.shown_names),
    }
    return tuple(name for name in rows if name in known)


def _nothing(run: StoredRun) -> str:
    status = f"status: {run.state.status}"
    if run.live is not None:
        return f"This run has not been evaluated yet ({status}).\n    To evaluate it now: run.evaluate()"
    return (
        f"This run has no stored predictions to analyse ({status}).\n"
        '    Evaluate while it trains: eval_strategy = "epoch".'
    )


def _no_such(step: int, known: list[int], run: StoredRun) -> str:
    if not known:
        return _nothing(run)
    nearest = min(known, key=lambda one: abs(one - step))
    steps = ", ".join(map(str, known if len(known) <= 20 else [*known[:10], "...", *known[-10:]]))
    return (
        f"There was no evaluation with stored predictions at step {step}.\n"
        f"    Steps with one: {steps}. The nearest: run.analysis(step={nearest})"
    )
