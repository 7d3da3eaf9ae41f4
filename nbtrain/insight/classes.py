"""The analysis of predictions of one class for each example."""

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


class ClassAnalysis(Analysis):
    """Tables about classes."""

    predicts = "one class for each example"
    has_likelihood = True

    @property
    def confusion(self) -> Table:
        """How often each class (rows) is predicted as each (columns); `rows(label, prediction)` has the examples."""
        self._need_labels("confusion")
        names: pd.Index = self._names
        counts = confusions.counted(self._true[self.has_label], self._predicted[self.has_label], names)
        places = (names.rename("label"), self._true), (names.rename("prediction"), self._predicted)
        return self._table(counts, drawing.confusion, places=places)

    @property
    def report(self) -> Table:
        """For each class: precision, recall and F1 with their 95 % intervals, the number of examples that have it
        (support), and that are predicted to have it. `rows(label)` has the examples.
        """
        self._need_labels("report")
        counts = confusions.counted(self._true[self.has_label], self._predicted[self.has_label], self._names).to_numpy()
        sums = np.diagonal(counts).copy(), counts.sum(axis=0), counts.sum(axis=1)
        names = self._names.rename("label")
        return self._table(confusions.report(*sums, names), drawing.report, places=((names, self._true),))

    @property
    def most_confused(self) -> Table:
        """The pairs of a label and another prediction, the most frequent first: how often (confused), the rate among
        the examples with the label, its 95 % interval, and how many these are (n). `rows(0)` has the first pair's.
        """
        self._need_labels("most_confused")
        table = confusions.confused(self.confusion)
        pairs = tuple(self._names.get_indexer(pd.Index(table[name])) for name in ("label", "prediction"))
        code = np.full((len(self._names), len(self._names)), -1)
        code[pairs] = np.arange(len(table))
        where = np.where(self.has_label, code[self._true, self._predicted], -1)
        return self._table(table, drawing.confused, places=((table.index.rename("number"), where),))

    @property
    def calibration(self) -> Table:
        """How often predictions are right, compared with their probability: for each of ten ranges the mean
        probability, the accuracy with its 95 % interval, their difference (gap), the part of the expected calibration
        error (ece, which adds up to it), and n.
        """
        self._need_labels("calibration")
        own = self.has_label
        probability = self.rows["probability"].to_numpy(dtype=np.float64)
        table = calibration.table(probability[own], self._correct[own], "accuracy")
        where = np.where(own, calibration.bin_of(probability), -1)
        return self._table(table, drawing.calibration, places=((table.index, where),))

    def threshold(self, metric: str = "f1") -> Table:
        """For two classes: from which probability of the second class on it should be predicted, so that `metric` is
        highest; next to it the value at 0.5, the gain, and 95 % intervals.

        The threshold is chosen on the same examples, so its value is a little too good: test it on others.

        Args:
            metric: "f1" (of the second class), "accuracy", "balanced_accuracy", or "matthews_correlation".

        Raises:
            RunError: There are more classes, or there is no such metric.
        """
        thresholds.check(metric)
        if len(self._names) != 2:
            why = f"there are {len(self._names)} classes, and the most probable one is predicted"
            raise self._refusal("threshold", why)
        self._need_labels("threshold")
        own, name = self.has_label, self._names[1]
        column = f"p({self.evaluation.spec.shown_names[1]})"
        found = thresholds.best(self.rows[column].to_numpy(dtype=np.float64)[own], self._true[own] == 1, metric)
        index = pd.Index([name], name="label")
        return self._table(pd.DataFrame([found], index=index), drawing.thresholds, places=((index, self._true - 1),))

    # Details

    def _without(self) -> set[str]:
        return super()._without() | ({"threshold"} if len(self._names) != 2 else set())

    @functools.cached_property
    def _names(self) -> pd.Index:
        """The classes, in the type that the data have."""
        names: pd.Index = pd.Index(label_array(self.evaluation.spec.labels))
        return names

    @functools.cached_property
    def _true(self) -> NDArray[np.int64]:
        """The number of the label of each row; -1 for none."""
        return self._ids("label")

    @functools.cached_property
    def _predicted(self) -> NDArray[np.int64]:
        return self._ids("prediction")

    @functools.cached_property
    def _correct(self) -> NDArray[np.bool_]:
        return self._judged("scores")[1]

    def _ids(self, column: str) -> NDArray[np.int64]:
        """Early journals have the labels as text, so that is what is compared."""
        if column not in self.rows:
            return np.full(len(self.rows), -1)
        codes, found = pd.factorize(self.rows[column])
        numbers = {name: at for at, name in enumerate(self.evaluation.spec.label_names)}
        ids = np.array([*(numbers.get(name_of(value), -1) for value in found), -1], dtype=np.int64)
        return ids[codes]

    def _scores(self) -> dict[str, list[float]]:
        lines = super()._scores()
        own = self.has_label
        true, predicted = self._true[own], self._predicted[own]
        per_class = {name: [*value, float(own.sum())] for name, value in self._per_class(true, predicted).items()}
        error = calibration.expected_error(self.rows["probability"].to_numpy(dtype=np.float64)[own], self._correct[own])
        return {"accuracy": lines["accuracy"], **per_class, "loss": lines["loss"], "calibration_error": list(error)}

    def _per_class(self, true: NDArray[np.int64], predicted: NDArray[np.int64]) -> dict[str, Any]:
        """F1, precision and recall as metrics have them: of two classes those of the second, else macro averages."""
        from scipy.sparse import csr_array
        from sklearn.metrics import precision_recall_fscore_support

        if len(self._names) == 2:
            hits, found, known = ((true & predicted) == 1).sum(), (predicted == 1).sum(), (true == 1).sum()
            limits = {
                "f1": intervals.f1(hits, found, known),
                "precision": intervals.fraction(hits, found),
                "recall": intervals.fraction(hits, known),
            }
            return {name: [float(one) for one in value] for name, value in limits.items()}
        if not len(true):
            return dict.fromkeys(("f1", "precision", "recall"), [np.nan] * 3)
        means = precision_recall_fscore_support(true, predicted, average="macro", zero_division=0)
        values = dict(zip(("precision", "recall", "f1"), map(float, means[:3]), strict=True))
        classes = len(self._names)
        cells, count = np.unique(true * classes + predicted, return_counts=True)
        rows, columns = np.divmod(cells, classes)
        at, is_hit = np.arange(len(cells)), rows == columns
        places = np.concatenate([columns[is_hit], columns + classes, rows + 2 * classes])
        kinds = np.concatenate([at[is_hit], at, at])
        counts = csr_array((np.ones(len(places)), (kinds, places)), shape=(len(cells), 3 * classes))

        def averages(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
            parts = np.split(drawn, 3, axis=1)
            sums = dict(zip(("true_positives", "predicted", "support"), parts, strict=True))
            return np.stack([confusions.averaged(kind, sums) for kind in ("f1", "precision", "recall")], axis=1)

        low, high = intervals.of_kinds(counts, count, averages)
        return {
            name: [values[name], float(low[at]), float(high[at])]
            for at, name in enumerate(("f1", "precision", "recall"))
        }
