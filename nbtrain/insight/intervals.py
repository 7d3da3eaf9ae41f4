"""95 % intervals of what is computed from some examples: what would come out with other examples of the same kind.

They are percentile intervals of the bootstrap (Efron 1979; Efron and Tibshirani 1993, chapter 13): the statistic of
many samples, drawn with replacement from the examples. How many of k right ones of n are drawn follows a binomial
distribution, so intervals of fractions need no random numbers: SciPy has its quantiles. All others have a fixed seed.

A bootstrap of 5 right ones of 5 would say that nothing else is possible. Where all or none are right, the limit is that
of Clopper and Pearson (1934).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

TAIL = 0.025
"""Probability on each side of an interval."""

RESAMPLES = 1000
"""Samples that are drawn, unless that would need more than `MAX_CELLS` numbers."""

MIN_RESAMPLES = 200
MAX_CELLS = 4_000_000
SEED = 0

MANY = 2000
"""Means of more values than this have the normal distribution, to which that of the bootstrap tends."""

Numbers = NDArray[np.float64]


def fraction(k: ArrayLike, n: ArrayLike) -> tuple[Numbers, Numbers, Numbers]:
    """Of `n` examples, `k` are right: the fraction, and the limits of its interval; NaN where `n` is 0."""
    from scipy.stats import beta, binom

    k, n = np.broadcast_arrays(np.asarray(k, dtype=np.float64), np.asarray(n, dtype=np.float64))
    with np.errstate(invalid="ignore", divide="ignore"):
        value = k / n
        low, high = (binom.ppf(tail, n, value) / n for tail in (TAIL, 1 - TAIL))
        low = np.where(k == n, beta.ppf(TAIL, np.maximum(n, 1), 1), np.where(k == 0, 0.0, low))
        high = np.where(k == 0, beta.ppf(1 - TAIL, 1, np.maximum(n, 1)), np.where(k == n, 1.0, high))
    known = n > 0
    return value, np.where(known, low, np.nan), np.where(known, high, np.nan)


def f1(true_positives: ArrayLike, predicted: ArrayLike, support: ArrayLike) -> tuple[Numbers, Numbers, Numbers]:
    """F1 and the limits of its interval. F1 is 2 J / (1 + J) of the Jaccard index J, which is a fraction: that of the
    true positives among all examples that have the class or are predicted to have it. NaN where there are none.
    """
    true_positives = np.asarray(true_positives)
    of = np.asarray(predicted) + np.asarray(support) - true_positives
    value, low, high = (2 * jaccard / (1 + jaccard) for jaccard in fraction(true_positives, of))
    return value, low, high


def mean(values: ArrayLike) -> tuple[float, float, float]:
    """The mean of values, and the limits of its interval; NaN without a value, or if one is NaN. A single number has no
    interval.
    """
    array = np.asarray(values)
    if array.dtype == bool:
        value, low, high = fraction(array.sum(), len(array))
        return float(value), float(low), float(high)
    array = array.astype(np.float64)
    if len(array) < 2 or not np.isfinite(array).all():
        return (float(array.mean()) if len(array) else np.nan), np.nan, np.nan
    middle = float(array.mean())
    if len(array) > MANY:
        from scipy.stats import norm

        reach = float(norm.ppf(1 - TAIL)) * float(array.std()) / float(np.sqrt(len(array)))
        return middle, middle - reach, middle + reach
    drawn = np.random.default_rng(SEED).integers(len(array), size=(RESAMPLES, len(array)))
    low, high = np.quantile(array[drawn].mean(axis=1), [TAIL, 1 - TAIL])
    return middle, float(low), float(high)


def of_counts(counts: NDArray[Any], statistic: Callable[[Numbers], Numbers]) -> tuple[Any, Any]:
    """The limits of the interval of a statistic that depends only on the sums of some counts over the examples.

    Examples with the same counts can be exchanged, so that what is drawn is how many there are of each kind.

    Args:
        counts: The counts of each example, (examples, counts).
        statistic: Computes the statistic, (samples,) or (samples, statistics), from sums, (samples, counts).
    """
    kinds, frequency = np.unique(counts, axis=0, return_counts=True)
    return of_kinds(kinds, frequency, statistic)


def of_kinds(kinds: Any, frequency: NDArray[Any], statistic: Callable[[Numbers], Numbers]) -> tuple[Any, Any]:
    """As `of_counts`, of examples that are counted: `kinds` (kinds, counts), an array or one of `scipy.sparse`, and how
    many there are of each, (kinds,).
    """
    n = int(frequency.sum())
    if not n:
        nothing = np.full(statistic(np.zeros((1, kinds.shape[1]))).shape[1:], np.nan)
        return nothing[()], nothing[()]
    samples = int(np.clip(MAX_CELLS // len(frequency), MIN_RESAMPLES, RESAMPLES))
    drawn = np.random.default_rng(SEED).multinomial(n, frequency / n, size=samples)
    values = statistic(np.asarray((kinds.T @ drawn.T.astype(np.float64)).T))
    low, high = np.nanquantile(values, [TAIL, 1 - TAIL], axis=0)
    return low, high
