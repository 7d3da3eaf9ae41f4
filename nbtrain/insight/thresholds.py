"""From which probability on a label should be predicted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbtrain.errors import RunError, did_you_mean
from nbtrain.insight import intervals

Numbers = NDArray[np.float64]
HALF = 0.5


def _f1(tp: Numbers, fp: Numbers, fn: Numbers, tn: Numbers) -> Numbers:
    return _divided(2 * tp, 2 * tp + fp + fn)


def _accuracy(tp: Numbers, fp: Numbers, fn: Numbers, tn: Numbers) -> Numbers:
    return _divided(tp + tn, tp + fp + fn + tn)


def _balanced_accuracy(tp: Numbers, fp: Numbers, fn: Numbers, tn: Numbers) -> Numbers:
    return (_divided(tp, tp + fn) + _divided(tn, tn + fp)) / 2


def _matthews(tp: Numbers, fp: Numbers, fn: Numbers, tn: Numbers) -> Numbers:
    return _divided(tp * tn - fp * fn, np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))


def _divided(numerator: Numbers, denominator: Numbers) -> Numbers:
    """0 where the denominator is 0, as scikit-learn has it with `zero_division=0`."""
    return np.divide(numerator, denominator, out=np.zeros_like(numerator, dtype=np.float64), where=denominator > 0)


METRICS: Mapping[str, Callable[[Numbers, Numbers, Numbers, Numbers], Numbers]] = {
    "f1": _f1,
    "accuracy": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "matthews_correlation": _matthews,
}
"""What a threshold can be best for: functions of true and false positives, false and true negatives. Precision and
recall alone are best at the ends, where everything or nothing is predicted.
"""


def check(metric: str) -> None:
    """Raises RunError if there is no such metric."""
    if metric not in METRICS:
        fix = did_you_mean(str(metric), METRICS, 'For example: run.analysis.threshold("f1")')
        raise RunError(f'`metric = "{metric}"`: a threshold can be best for {", ".join(METRICS)}.\n    {fix}')


def best(probability: Numbers, has_label: NDArray[np.bool_], metric: str) -> dict[str, Any]:
    """The threshold with the highest value of `metric`, in the middle between two probabilities that occur; of several,
    the one next to 0.5. With it the values there and at 0.5, their difference, and the 95 % intervals.

    The threshold is chosen on the same examples, so its value is a little too good: it should be tested on others.
    """
    known = ~np.isnan(probability)
    probability, has_label = probability[known], has_label[known]
    n, positives = len(probability), int(has_label.sum())
    limits = {f"{name}_{end}": np.nan for name in (metric, "gain") for end in ("low", "high")}
    nothing = {"threshold": np.nan, metric: np.nan, "at_half": np.nan, "gain": np.nan}
    if not n:
        return {**nothing, **limits, "n": 0, "positives": 0}
    order = np.argsort(-probability, kind="stable")
    sorted_p, hits = probability[order], np.cumsum(has_label[order])
    ends = np.append(np.flatnonzero(np.diff(sorted_p)), n - 1)  # the last example of each probability
    true_positives = np.concatenate([[0], hits[ends]]).astype(np.float64)
    chosen = np.concatenate([[0], ends + 1]).astype(np.float64)
    values = _of(metric, true_positives, chosen, positives, n)
    borders = np.concatenate([[1.0], sorted_p[ends], [0.0]])
    middles = (borders[:-1] + borders[1:]) / 2
    top = np.flatnonzero(values >= values.max() - 1e-12)
    at = top[np.argmin(np.abs(middles[top] - HALF))]
    threshold = float(middles[at])
    kinds = np.stack([has_label, probability > threshold, probability > HALF], axis=1)
    half = _value(metric, kinds[:, 0], kinds[:, 2])
    found = {"threshold": threshold, metric: float(values[at]), "at_half": half, "gain": float(values[at]) - half}
    cells = kinds @ np.array([4, 2, 1])
    low, high = intervals.of_kinds(np.eye(8), np.bincount(cells, minlength=8), lambda drawn: _sampled(metric, drawn))
    limits = {f"{metric}_low": low[0], f"{metric}_high": high[0], "gain_low": low[1], "gain_high": high[1]}
    return {**found, **{name: float(value) for name, value in limits.items()}, "n": n, "positives": positives}


def _of(metric: str, true_positives: Numbers, chosen: Numbers, positives: int, n: int) -> Numbers:
    false_positives, false_negatives = chosen - true_positives, positives - true_positives
    return METRICS[metric](true_positives, false_positives, false_negatives, n - chosen - false_negatives)


def _value(metric: str, has_label: NDArray[np.bool_], chosen: NDArray[np.bool_]) -> float:
    hits = np.array([(has_label & chosen).sum()], dtype=np.float64)
    count = np.array([chosen.sum()], dtype=np.float64)
    return float(_of(metric, hits, count, int(has_label.sum()), len(chosen))[0])


def _sampled(metric: str, drawn: Numbers) -> Numbers:
    """For samples of the 8 kinds of examples (has the label, is above the threshold, is above 0.5): the value at the
    threshold, and how much better it is than at 0.5.
    """
    kinds = drawn.reshape(-1, 2, 2, 2)
    best, half = (
        METRICS[metric](each[:, 1, 1], each[:, 0, 1], each[:, 1, 0], each[:, 0, 0])
        for each in (kinds.sum(axis=3), kinds.sum(axis=2))
    )
    return np.stack([best, best - half], axis=1)
