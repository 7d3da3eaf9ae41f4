"""The analysis of predicted numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbtrain.insight import drawing, intervals, slices
from nbtrain.insight.analysis import Analysis
from nbtrain.insight.table import Table

BINS = 10


class NumberAnalysis(Analysis):
    """Tables about numbers."""

    predicts = "numbers"

    @property
    def residuals(self) -> Table:
        """The errors (prediction - label) for ranges of predictions: their mean (bias) with its 95 % interval, the mean
        absolute error, the standard deviation, and n. `plot()` shows each of them.
        """
        error = self._errors("residuals")
        own = np.flatnonzero(self.has_label)
        groups = slices.groups(self.rows, (), "prediction", BINS)
        lines = []
        for at in range(len(groups.keys)):
            of = error[own[groups.codes[own] == at]]
            absolute = float(np.abs(of).mean()) if len(of) else np.nan
            deviation = float(of.std(ddof=1)) if len(of) > 1 else np.nan
            lines.append([*intervals.mean(of), absolute, deviation, len(of)])
        table = pd.DataFrame(lines, columns=["bias", "low", "high", "mae", "std", "n"], index=groups.keys)
        return self._table(table, drawing.residuals, places=((groups.keys, groups.codes),))

    def _errors(self, table: str) -> NDArray[np.float64]:
        if not self._has_labels:
            raise self._refusal(table, "these predictions have no labels to compare with")
        error: NDArray[np.float64] = (self.rows["prediction"] - self.rows["label"]).to_numpy(dtype=np.float64)
        return error

    def _judged(self, table: str) -> tuple[str, NDArray[Any]]:
        return "mae", np.abs(self._errors(table))

    def _scores(self) -> dict[str, list[float]]:
        from sklearn.metrics import r2_score

        own = self.has_label
        error = self._errors("scores")[own]
        n = float(len(error))
        labels, predictions = (self.rows[name][own].to_numpy(dtype=np.float64) for name in ("label", "prediction"))
        r2 = np.nan
        if len(error) > 1 and np.isfinite(error).all():
            r2 = float(r2_score(labels, predictions))
        return {
            "mae": [*intervals.mean(np.abs(error)), n],
            "mse": [*intervals.mean(error**2), n],
            "bias": [*intervals.mean(error), n],
            "pearsonr": [*_pearson(labels, predictions), n],
            "r2": [r2, np.nan, np.nan, n],
        }


def _pearson(labels: NDArray[np.float64], predictions: NDArray[np.float64]) -> list[float]:
    """Pearson's correlation with its 95 % interval, by Fisher's transformation, as SciPy has it."""
    from scipy.stats import pearsonr

    is_defined = len(labels) > 1 and np.isfinite(predictions).all() and np.ptp(labels) > 0 and np.ptp(predictions) > 0
    if not is_defined:
        return [np.nan] * 3
    found = pearsonr(labels, predictions)
    limits = found.confidence_interval() if len(labels) > 3 else (np.nan, np.nan)
    return [float(found.statistic), float(limits[0]), float(limits[1])]
