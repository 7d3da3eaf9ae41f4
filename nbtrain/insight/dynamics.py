"""How examples went while the model learned: from stored evaluations, or from the steps themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbtrain import tasks
from nbtrain.errors import RunError
from nbtrain.events import TaskSpec, run_dir
from nbtrain.insight import data_map
from nbtrain.insight.kinds import KINDS
from nbtrain.insight.stored import evaluations, of_event, outcomes
from nbtrain.insight.table import Table
from nbtrain.tasks.predictions import with_inputs

if TYPE_CHECKING:
    from nbtrain.training.live_run import StoredRun

HARD_BELOW = 0.5
"""Mean confidence of examples that are hard, unless they are ambiguous."""

AMBIGUOUS = 2 / 3
"""Quantile of the variability above which examples are ambiguous: a third of them."""

COLUMNS = ("confidence", "variability", "correctness", "flips", "forgotten", "learned_step", "never_learned", "region")


def of(run: StoredRun) -> Table:
    """The dynamics of the validation examples that have a label, a row for each.

    Raises:
        RunError: There are fewer than two evaluations with stored predictions, or these have no probability of the
            label.
    """
    _check_task(run)
    known = list(evaluations(run).values())
    newest = of_event(run, known[-1]) if known else None
    tables = [] if newest is None else [outcomes(run, event) for event in known[:-1]]
    same = [(event.step, table) for event, table in zip(known, tables, strict=False) if _fits(table, newest)]
    if newest is None or not same:
        raise RunError(
            f"Dynamics compare evaluations, and this run has {'one' if known else 'none'} with stored predictions.\n"
            '    Evaluate more often: eval_strategy = "steps" and eval_steps = 50, for example.'
        )
    same.append((newest.step, newest.rows))
    analysis = KINDS[tasks.get(run.spec.task).analysis](newest, run)
    if not analysis.has_label.any():
        raise RunError("Dynamics are about the label of each example, and these predictions have no labels.")
    own = np.flatnonzero(analysis.has_label)
    confidence = np.stack([_numbers(table["loss"])[own] for _, table in same])
    right = np.stack([table["correct"].astype("boolean").fillna(False).to_numpy(dtype=bool)[own] for _, table in same])
    steps = np.array([step for step, _ in same])
    found = statistics(np.exp(-confidence), right, np.broadcast_to(steps[:, None], right.shape))
    columns = [name for name in newest.rows if name not in newest.outputs or name == "label"]
    inputs = newest.rows[columns].iloc[own]
    table = pd.concat([_renamed(inputs), found.set_index(inputs.index)], axis="columns")
    caption = f"{len(same)} evaluations, steps {steps[0]:,} to {steps[-1]:,}"
    return _table(table, newest.rows, own, caption)


def of_training(run: StoredRun) -> Table:
    """The dynamics of the training examples: the losses that they had in the steps, before each of these steps changed
    the weights. They have their columns as long as the data are in this process.

    Raises:
        RunError: They were not recorded.
    """
    spec = run.spec
    files = sorted((run.directory / run_dir.TRAIN_EXAMPLES).glob("*.parquet"))
    if not files:
        raise RunError(_not_recorded(run))
    steps = pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)
    steps = steps[np.isfinite(steps["loss"])]  # a batch that was skipped has no effect
    steps = steps.drop_duplicates(["row", "step"], keep="last").sort_values("step", kind="stable", ignore_index=True)
    numbers, rows = np.unique(steps["row"], return_inverse=True)
    times = steps.groupby("row").cumcount().to_numpy()
    shape = (int(times.max(initial=0)) + 1, len(numbers))
    confidence, right, at = np.zeros(shape), np.zeros(shape, dtype=bool), np.zeros(shape, dtype=np.int64)
    confidence[times, rows] = np.exp(-steps["loss"].to_numpy(dtype=np.float64))
    right[times, rows], at[times, rows] = steps["correct"], steps["step"]
    seen = np.bincount(rows, minlength=len(numbers))
    found = statistics(confidence, right, at, seen).assign(seen=seen).set_index(numbers)
    data = (run.splits or {}).get("train")
    inputs = pd.DataFrame(index=numbers)
    whole = inputs
    if data is not None and len(data) > numbers.max(initial=-1):
        whole = with_inputs(data, pd.DataFrame(index=range(len(data))), ()).rename(columns=_name_of_label(spec))
        inputs = whole.iloc[numbers]
    caption = f"{len(numbers):,} training examples, seen up to {shape[0]} times"
    positions = numbers if whole is not inputs else np.arange(len(numbers))
    return _table(pd.concat([_renamed(inputs), found], axis="columns"), whole, positions, caption)


def _name_of_label(spec: TaskSpec) -> dict[str, str]:
    return {spec.target[0]: "label"} if len(spec.target) == 1 else {}


def _not_recorded(run: StoredRun) -> str:
    task = tasks.get(run.spec.task)
    if not task.example_loss:
        return (
            f"Training examples cannot be tracked: {task.words} has no loss of each example.\n    There is: run.history"
        )
    return (
        "The losses of training examples were not recorded.\n"
        "    Write track_train_examples = true in the cell, and train again."
    )


def statistics(
    confidence: NDArray[np.float64],
    right: NDArray[np.bool_],
    steps: NDArray[np.int64],
    seen: NDArray[np.int64] | None = None,
) -> pd.DataFrame:
    """What became of each example.

    `confidence` (the mean probability of the label), `variability` (its standard deviation) and `correctness` (how
    often it was right) are those of Dataset Cartography (Swayamdipta et al. 2020). `forgotten` counts forgetting
    events: right, and then wrong (Toneva et al. 2019). `flips` counts changes in both directions. `learned_step` is
    the first step from which on it was always right; missing if it is wrong at the end.

    Args:
        confidence: The probability of the label, (times, examples).
        right: Whether the prediction was right, in the same shape.
        steps: The step of each, in the same shape.
        seen: How often each example was seen, (examples,): later times do not count; None: always.
    """
    times, examples = right.shape
    seen = np.full(examples, times) if seen is None else seen
    counts = np.arange(times)[:, None] < seen
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(counts, confidence, 0.0).sum(axis=0) / seen
        spread = np.sqrt(np.where(counts, (confidence - mean) ** 2, 0.0).sum(axis=0) / seen)
        correctness = (right & counts).sum(axis=0) / seen
    both = counts[1:]
    forgotten = (right[:-1] & ~right[1:] & both).sum(axis=0)
    learned = (~right[:-1] & right[1:] & both).sum(axis=0)
    wrong = ~right & counts
    last_wrong = np.where(wrong.any(axis=0), times - 1 - wrong[::-1].argmax(axis=0), -1)
    first = np.minimum(last_wrong + 1, times - 1)
    learned_step = pd.array(steps[first, np.arange(examples)], dtype="Int64")
    learned_step[last_wrong + 1 >= seen] = pd.NA
    is_ambiguous = spread > np.nanquantile(spread, AMBIGUOUS) if examples and np.isfinite(spread).any() else spread > 1
    region = np.where(is_ambiguous, "ambiguous", np.where(mean < HARD_BELOW, "hard", "easy")).astype(object)
    region[~np.isfinite(mean)] = None
    values: Sequence[Any] = (
        mean, spread, correctness, forgotten + learned, forgotten, learned_step, ~(right & counts).any(axis=0), region,
    )  # fmt: skip
    return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))


def _check_task(run: StoredRun) -> None:
    """Raises RunError if the predictions of the task have no probability of the label."""
    task = tasks.get(run.spec.task)
    if reason := task.why_no_predictions(run.spec):
        raise RunError(reason)
    if not KINDS[task.analysis].has_likelihood:
        raise RunError(
            f"Dynamics need the probability of the label of each example; {task.words} predicts "
            f"{KINDS[task.analysis].predicts}.\n    For an evaluation: run.analysis"
        )


def _fits(table: pd.DataFrame, newest: Any) -> bool:
    return newest is not None and len(table) == len(newest.rows) and {"loss", "correct"} <= {*table}


def _numbers(column: pd.Series[Any]) -> NDArray[np.float64]:
    return np.asarray(column.astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _renamed(inputs: pd.DataFrame) -> pd.DataFrame:
    """Input columns that have the name of a column of the dynamics get the one that predictions give in such a case."""
    return inputs.rename(columns={name: f"input_{name}" for name in (*COLUMNS, "seen") if name in inputs})


def _table(table: pd.DataFrame, rows: pd.DataFrame, positions: NDArray[Any], caption: str) -> Table:
    where = np.full(len(rows), -1)
    where[positions] = np.arange(len(positions))
    table = table.rename_axis("row")
    return Table.of(table, data_map.draw, rows, places=((table.index, where),), caption=caption)
