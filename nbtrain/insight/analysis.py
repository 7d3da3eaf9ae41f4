"""What every analysis of an evaluation has, whatever the task: the worst rows, random rows, slices."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbtrain import format, tasks
from nbtrain.errors import RunError, did_you_mean
from nbtrain.insight import drawing, intervals, slices
from nbtrain.insight.stored import Evaluation, load, version_of
from nbtrain.insight.table import Table

if TYPE_CHECKING:
    from nbtrain.training.live_run import StoredRun

NEEDS: Mapping[str, str] = {
    "confusion": "classes, labels or tags",
    "report": "classes, labels, tags or entities",
    "most_confused": "one class for each example, or tags",
    "calibration": "a probability of each prediction",
    "threshold": "two classes, or any number of labels for each example",
    "residuals": "predicted numbers",
    "entities": "entities",
    "worst": "texts to compare with",
    "top_losses": "a loss for each example",
    "slices": "something to compare predictions with",
    "scores": "something to compare predictions with",
}
"""What a table is made of, for those who ask for one that the task does not have."""

NO_LABELS = "It has no labels to compare with."

SHOWN = 10
"""Rows that are shown without being asked for more."""


class NoTableError(RunError, AttributeError):
    """The task has no such table: `hasattr` is False."""


class Analysis:
    """Tables about an evaluation. Each is a DataFrame that draws itself by `plot()`, and whose `rows(key)` are the rows
    of the evaluation that a line is about.

    This class has the tables that need no more than the columns of predictions. A task names a subclass, by the
    attribute `analysis`, for what it predicts.

    Args:
        evaluation: The evaluation.
        run: The run, for other evaluations.
        version: What `version_of` said before the evaluation was read.
    """

    predicts: ClassVar[str] = "something of its own"
    """What the task predicts, in words."""

    has_likelihood: ClassVar[bool] = False
    """Whether `loss` is the negative logarithm of the probability of the label, or its mean over several."""

    def __init__(self, evaluation: Evaluation, run: StoredRun, version: object = None) -> None:
        self.evaluation = evaluation
        self.version = version
        self._run = run

    def __call__(self, *, step: int) -> Analysis:
        """The analysis of the evaluation after `step`.

        Raises:
            RunError: There was no such evaluation.
        """
        return type(self)(load(self._run, step), self._run, version_of(self._run))

    @property
    def step(self) -> int:
        """The step after which the evaluation was made."""
        return self.evaluation.step

    @property
    def scores(self) -> Table:
        """What is measured over all examples: value, 95 % interval (low, high), and number of examples (n)."""
        table = pd.DataFrame.from_dict(self._scores(), orient="index", columns=["value", "low", "high", "n"])
        table = table.astype({"value": float, "low": float, "high": float, "n": int})
        return self._table(table, drawing.fractions)

    def top_losses(self, n: int = SHOWN) -> Table:
        """The `n` rows with the highest losses: wrong labels, hard examples. A loss that is no number comes first."""
        if "loss" not in self.rows or not self._has_labels:
            raise self._refusal("top_losses")
        loss = self.rows["loss"].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        order = np.argsort(np.where(np.isnan(loss), -np.inf, -loss), kind="stable")
        return self._sample(order[self.has_label[order]][: count_of(n)], drawing.losses)

    def samples(self, n: int = SHOWN, *, seed: int = 0) -> Table:
        """`n` random rows; another `seed` gives others."""
        count = min(count_of(n), len(self.rows))
        return self._sample(np.random.default_rng(seed).choice(len(self.rows), count, replace=False), drawing.losses)

    def slices(self, by: str | Callable[[pd.DataFrame], Any] = slices.LENGTH, *, bins: int = slices.BINS) -> Table:
        """How good the predictions are for groups of examples.

        ```python
        run.analysis.slices(by="length")
        run.analysis.slices(by="source")
        run.analysis.slices(by=lambda rows: rows["text"].str.contains("?", regex=False))
        ```

        Args:
            by: "length" (characters of the input, or words of lists), a column, or a function that takes the table of
                rows and returns a value for each. Numbers become `bins` ranges with about as many rows in each.
            bins: The number of ranges.

        Returns:
            A line for each group: what is measured with its 95 % interval (low, high), the mean loss, and the number of
            rows (n).

        Raises:
            RunError: There is no such column, or no groups can be made of it.
        """
        name, judged = self._judged("slices")
        chosen = np.flatnonzero(self.has_label)
        classes = ("label", "prediction") if self.evaluation.spec.labels else ()
        groups = slices.groups(self.rows, self.evaluation.inputs, by, bins, classes)
        lines = {}
        for at in range(len(groups.keys)):
            own = chosen[groups.codes[chosen] == at]
            lines[at] = [*intervals.mean(judged[own]), self._mean_loss(own), len(own)]
        columns = [name, "low", "high", "loss", "n"]
        table = pd.DataFrame.from_dict(lines, orient="index", columns=columns).set_index(groups.keys)
        if "loss" not in self.rows:
            table = table.drop(columns="loss")
        caption = f"{name} by {groups.keys.name}"
        return self._table(table, drawing.fractions, places=((groups.keys, groups.codes),), caption=caption)

    # For subclasses

    @property
    def rows(self) -> pd.DataFrame:
        """The rows of the evaluation: input columns, and what the task says of each."""
        return self.evaluation.rows

    @property
    def has_label(self) -> NDArray[np.bool_]:
        """Which rows have something to compare predictions with."""
        for name in ("label", "reference"):
            if name in self.rows:
                mask: NDArray[np.bool_] = self.rows[name].notna().to_numpy(dtype=bool)
                return mask
        return np.zeros(len(self.rows), dtype=bool)

    @property
    def _has_labels(self) -> bool:
        """Whether labels are known at all. An evaluation of no examples is no reason to doubt that."""
        return bool(self.has_label.any()) or (not len(self.rows) and ("label" in self.rows or "reference" in self.rows))

    def _need_labels(self, table: str) -> None:
        if not self._has_labels:
            raise self._refusal(table)

    def _judged(self, table: str) -> tuple[str, NDArray[Any]]:
        """What is measured of each example, and its name: whether the prediction is right, or how far off it is."""
        if "correct" not in self.rows or not self._has_labels:
            raise self._refusal(table)
        return "accuracy", self.rows["correct"].astype("boolean").fillna(False).to_numpy(dtype=bool)

    def _scores(self) -> dict[str, list[float]]:
        """The lines of `scores`: value, low, high, n."""
        name, judged = self._judged("scores")
        own = self.has_label
        lines = {name: [*intervals.mean(judged[own]), float(own.sum())]}
        if "loss" in self.rows:
            loss = self.rows["loss"][own].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
            lines["loss"] = [*intervals.mean(loss), float(own.sum())]
        return lines

    def _mean_loss(self, own: NDArray[Any]) -> float:
        if "loss" not in self.rows or not len(own):
            return np.nan
        return float(self.rows["loss"].iloc[own].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan).mean())

    def _sample(self, positions: NDArray[Any], draw: Callable[[Table], Any]) -> Table:
        """Some rows as a table; the index has their number in the evaluation."""
        table = self.rows.iloc[positions]
        place = (self.rows.index.rename("row"), np.arange(len(self.rows)))
        return self._table(table.rename_axis("row"), draw, places=(place,))

    def _table(self, frame: pd.DataFrame, draw: Callable[[Table], Any], **options: Any) -> Table:
        return Table.of(frame, draw, self.rows, **options)

    def _refusal(self, name: str, why: str = "") -> RunError:
        """The error for a table that cannot be made."""
        words = tasks.get(self.evaluation.spec.task).words
        known = ", ".join(self._tables())
        if not why and len(self.rows) and not self._has_labels and NEEDS[name] not in ("entities", "predicted numbers"):
            why = "these predictions have no labels to compare with"
        why = why or f"it needs {NEEDS[name]}; {words} predicts {self.predicts}"
        return RunError(f"There is no `{name}` of this evaluation: {why}.\n    There is: {known}.")

    def __getattr__(self, name: str) -> Any:
        if name in NEEDS:
            raise NoTableError(str(self._refusal(name)))
        fix = did_you_mean(name, NEEDS, f"There is: {', '.join(self._tables())}.")
        raise AttributeError(f"There is no `{name}` in an analysis. {fix}")

    def _tables(self) -> list[str]:
        """The names of its tables, as one writes them."""
        found = []
        for name in (*NEEDS, "samples"):
            own = inspect.getattr_static(self, name, None)
            if own is not None and name not in self._without():
                found.append(name if isinstance(own, property) else f"{name}()")
        return found

    def _without(self) -> set[str]:
        """Tables of the class that cannot be made of this evaluation."""
        if not self._has_labels:
            return {*NEEDS}
        return set() if "loss" in self.rows else {"top_losses"}

    def __repr__(self) -> str:
        head, scores, tables = self._described()
        return f"{head}\n\n{NO_LABELS if scores is None else scores}\n\nIt has: {', '.join(tables)}."

    def _repr_html_(self) -> str:
        head, scores, tables = self._described()
        shown = f"<p>{NO_LABELS}</p>" if scores is None else scores.to_html(notebook=True, float_format="{:.4f}".format)
        names = ", ".join(f"<code>{name}</code>" for name in tables)
        return f"<p>{escape(head)}</p>{shown}<p>It has: {names}.</p>"

    def _described(self) -> tuple[str, Table | None, list[str]]:
        """In words what was evaluated; the scores, if there are labels; the names of the tables."""
        at = self.evaluation
        when = f"step {format.count(at.step)}" + ("" if at.epoch is None else f" (epoch {format.epoch(at.epoch)})")
        head = f"Evaluation after {when}: {format.count(len(self.rows))} rows, {tasks.get(at.spec.task).words}."
        held = self._run.state.weights
        if held and held != at.step:
            head += f" The model has the weights of step {format.count(held)}."
        tables = self._tables()
        return head, self.scores if "scores" in tables else None, tables


def count_of(n: int) -> int:
    """A number of rows. Raises RunError for anything else."""
    if isinstance(n, bool) or not isinstance(n, int) or n < 0:
        raise RunError(f"The number of rows must be an integer of at least 0, got {n!r}.")
    return n
