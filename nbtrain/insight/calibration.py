"""How often predictions are right, compared with their probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbtrain.insight import intervals

BINS = 10


def bin_of(probability: NDArray[np.float64], bins: int = BINS) -> NDArray[np.int64]:
    """The bin of each probability; -1 for one that is no number. Bins have no left end: 0.1 is in the first."""
    with np.errstate(invalid="ignore"):
        at = np.clip(np.ceil(np.round(probability * bins, 9)) - 1, 0, bins - 1)
    return np.where(np.isnan(probability), -1, at).astype(np.int64)


def table(probability: NDArray[np.float64], happened: NDArray[np.bool_], name: str, bins: int = BINS) -> pd.DataFrame:
    """For each bin: mean probability, how often it happened (called `name`) with its interval, what the bin adds to the
    expected calibration error, and n.
    """
    at = bin_of(probability, bins)
    known = at >= 0
    n = np.bincount(at[known], minlength=bins)
    hits = np.bincount(at[known], weights=happened[known], minlength=bins)
    rate, low, high = intervals.fraction(hits, n)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(at[known], weights=probability[known], minlength=bins) / n
        share = np.abs(np.nan_to_num(rate - mean)) * n / max(1, n.sum())
    keys = pd.IntervalIndex.from_breaks(np.linspace(0, 1, bins + 1).round(9), name="probability")
    columns: dict[str, Any] = {
        "mean": mean,
        name: rate,
        "low": low,
        "high": high,
        "gap": rate - mean,
        "ece": share,
        "n": n,
    }
    return pd.DataFrame(columns, index=keys)


def expected_error(
    probability: NDArray[np.float64], happened: NDArray[np.bool_], bins: int = BINS
) -> tuple[float, float, float, int]:
    """The expected calibration error (Naeini et al. 2015; Guo et al. 2017) and its interval, and n.

    It is the mean distance of probability and frequency over the bins, each with the weight of its examples. With few
    examples it is never 0, however good the probabilities are, and in samples of them it is higher still. So the
    interval is the basic one of the bootstrap (Davison and Hinkley 1997), which corrects for that.
    """
    known = ~np.isnan(probability)
    n = int(known.sum())
    if not n:
        return np.nan, np.nan, np.nan, 0
    probability, happened = probability[known], happened[known]
    at = bin_of(probability, bins)
    # Within a bin only the sum of (happened - probability) counts; the probability of an example is that of its bin.
    count = np.bincount(at, minlength=bins)
    hits = np.bincount(at, weights=happened, minlength=bins)
    sums = np.bincount(at, weights=probability, minlength=bins)
    value = float(np.abs(hits - sums).sum() / n)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nan_to_num(sums / count)
    gaps = np.concatenate([np.diag(1 - mean), np.diag(-mean)])  # what a hit, or a miss, in each bin adds
    low, high = intervals.of_kinds(
        gaps, np.concatenate([hits, count - hits]).astype(np.int64), lambda drawn: np.abs(drawn).sum(axis=1) / n
    )
    return value, max(0.0, 2 * value - float(high)), max(0.0, 2 * value - float(low)), n
