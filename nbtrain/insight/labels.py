"""The analysis of predictions of any number of labels for each example."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbtrain.data.values import label_array, name_of
from nbtrain.insight import calibration, confusions, drawing, intervals, thresholds
from nbtrain.insight.analysis import Analysis
from nbtrain.insight.table import Table


class LabelAnalysis(Analysis):
    """Tables about labels, of which an example can have any number."""

    predicts = "any number of labels for each example"
    has_likelihood = True

    @property
    def confusion(self) -> Table:
        """For each label, how many examples have it and are predicted to have it (true_positive), and so on."""
        names = self._labelled("confusion")
        true, found = self._true[self.has_label], self._predicted[self.has_label]
        columns = {
            "true_positive": (true & found).sum(axis=0),
            "false_positive": (~true & found).sum(axis=0),
            "false_negative": (true & ~found).sum(axis=0),
            "true_negative": (~true & ~found).sum(axis=0),
        }
        return self._table(pd.DataFrame(columns, index=names), drawing.mistakes, places=((names, self._true),))

    @property
    def report(self) -> Table:
        """For each label: precision, recall and F1 with their 95 % intervals, the number of examples that have it
        (support), and that are predicted to have it. `rows(label)` has the examples.
        """
        names = self._labelled("report")
        sums = self._sums(self._true[self.has_label], self._predicted[self.has_label])
        return self._table(confusions.report(*sums, names), drawing.report, places=((names, self._true),))

    @property
    def calibration(self) -> Table:
        """How often examples have a label, compared with its probability, for all labels together: for each of ten
        ranges the mean probability, the frequency with its 95 % interval, their difference (gap), the part of the
        expected calibration error (ece, which adds up to it), and n, the number of examples times labels.
        """
        self._labelled("calibration")
        own = self.has_label
        probability, true = self._probabilities[own].reshape(-1), self._true[own].reshape(-1)
        return self._table(calibration.table(probability, true, "frequency"), drawing.calibration)

    def threshold(self, metric: str = "f1") -> Table:
        """For each label: from which probability on it should be predicted, so that `metric` is highest; next to it the
        value at 0.5, the gain, and 95 % intervals.

        Thresholds are chosen on the same examples, so their values are a little too good: test them on others.

        Args:
            metric: "f1", "accuracy", "balanced_accuracy", or "matthews_correlation".

        Raises:
            RunError: There is no such metric.
        """
        thresholds.check(metric)
        names, own = self._labelled("threshold"), self.has_label
        lines = [thresholds.best(self._probabilities[own, at], self._true[own, at], metric) for at in range(len(names))]
        return self._table(pd.DataFrame(lines, index=names), drawing.thresholds, places=((names, self._true),))

    # Details

    @functools.cached_property
    def _names(self) -> pd.Index:
        names: pd.Index = pd.Index(label_array(self.evaluation.spec.labels), name="label")
        return names

    @functools.cached_property
    def _true(self) -> NDArray[np.bool_]:
        """Which labels each row has, (rows, labels)."""
        return self._matrix("label")

    @functools.cached_property
    def _predicted(self) -> NDArray[np.bool_]:
        return self._matrix("prediction")

    @functools.cached_property
    def _probabilities(self) -> NDArray[np.float64]:
        names = [f"p({name})" for name in self.evaluation.spec.shown_names]
        return self.rows[names].to_numpy(dtype=np.float64)

    def _matrix(self, column: str) -> NDArray[np.bool_]:
        matrix = np.zeros((len(self.rows), len(self._names)), dtype=bool)
        if column not in self.rows:
            return matrix
        cells = [cell if isinstance(cell, (list, tuple, np.ndarray)) else () for cell in self.rows[column]]
        row = np.repeat(np.arange(len(cells)), [len(cell) for cell in cells])
        codes, found = pd.factorize(np.array([one for cell in cells for one in cell], dtype=object))
        numbers = {name: at for at, name in enumerate(self.evaluation.spec.label_names)}
        ids = np.array([numbers.get(name_of(value), -1) for value in found], dtype=np.int64)[codes]
        matrix[row[ids >= 0], ids[ids >= 0]] = True
        return matrix

    def _labelled(self, table: str) -> pd.Index:
        self._need_labels(table)
        names: pd.Index = self._names
        return names

    def _judged(self, table: str) -> tuple[str, NDArray[Any]]:
        return "exact_match", super()._judged(table)[1]

    def _sums(self, true: NDArray[Any], found: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        return (true & found).sum(axis=0), found.sum(axis=0), true.sum(axis=0)

    def _scores(self) -> dict[str, list[float]]:
        """The macro averages are over all labels, as metrics have them."""
        lines = super()._scores()
        own = self.has_label
        n, true, found = float(own.sum()), self._true[own], self._predicted[own]
        counts = np.concatenate([true & found, found, true], axis=1)
        macro = ("f1", "precision", "recall")

        def averages(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
            hits, predicted, support = np.split(drawn, 3, axis=1)
            of = {"f1": (predicted + support) / 2, "precision": predicted, "recall": support}
            with np.errstate(invalid="ignore", divide="ignore"):
                each = [np.where(of[name] > 0, hits / of[name], 0.0).mean(axis=1) for name in macro]
            return np.stack(each, axis=1)

        values = averages(counts.sum(axis=0, keepdims=True, dtype=np.float64))[0] if n else np.full(3, np.nan)
        low, high = intervals.of_counts(counts, averages)
        means = {name: [float(values[at]), float(low[at]), float(high[at]), n] for at, name in enumerate(macro)}
        hits, predicted, support = (part.sum() for part in self._sums(true, found))
        micro = {"f1_micro": [*map(float, intervals.f1(hits, predicted, support)), n]}
        error = calibration.expected_error(self._probabilities[own].reshape(-1), true.reshape(-1))
        return {
            "exact_match": lines["exact_match"],
            **means,
            **micro,
            "loss": lines["loss"],
            "calibration_error": list(error),
        }
