"""Intervals: what they are by theory, and that they cover."""

from __future__ import annotations

import numpy as np
import pytest

from nbtrain.insight import intervals


def test_a_fraction_has_the_quantiles_of_the_binomial_distribution() -> None:
    value, low, high = intervals.fraction([50, 5], [100, 10])
    assert list(value) == [0.5, 0.5]
    assert (low[0], high[0]) == (0.40, 0.60)  # 50 +- 1.96 * 5 = 40.2 ... 59.8, in whole examples
    assert (low[1], high[1]) == (0.2, 0.8)


def test_all_or_none_right_is_not_certain() -> None:
    _, low, high = intervals.fraction([5, 0], [5, 5])
    assert high[0] == 1 and low[1] == 0
    assert low[0] == pytest.approx(0.025 ** (1 / 5))  # 5 of 5 have a chance of 2.5 % at this rate
    assert high[1] == pytest.approx(1 - 0.025 ** (1 / 5))


def test_nothing_is_known_of_nothing() -> None:
    assert np.isnan(intervals.fraction(0, 0)).all()
    assert np.isnan(intervals.f1(0, 0, 0)).all()
    assert np.isnan(intervals.mean([])).all()
    assert np.isnan(intervals.of_counts(np.zeros((0, 2)), lambda sums: sums)).all()


def test_f1_follows_from_the_jaccard_index() -> None:
    value, low, high = intervals.f1(4, 6, 6)  # 4 of 8 examples that have the class or are predicted to: J = 1/2
    assert value == pytest.approx(2 / 3)
    _, of_low, of_high = intervals.fraction(4, 8)
    assert (low, high) == (pytest.approx(2 * of_low / (1 + of_low)), pytest.approx(2 * of_high / (1 + of_high)))


def test_a_mean() -> None:
    middle, low, high = intervals.mean([1.0, 2.0, 3.0, 4.0])
    assert middle == 2.5 and 1.0 <= low < 2.0 and 3.0 < high <= 4.0
    assert intervals.mean([1.0, 2.0, 3.0, 4.0]) == (middle, low, high), "the seed is fixed"
    many = np.arange(10_000) % 2 * 1.0
    assert intervals.mean(many) == pytest.approx((0.5, 0.5 - 1.96 * 0.005, 0.5 + 1.96 * 0.005), abs=1e-5)
    assert np.isnan(intervals.mean([1.0, np.nan])).all()
    middle, *limits = intervals.mean([7.0])
    assert middle == 7 and np.isnan(limits).all()


def test_sums_of_counts_are_those_of_drawn_examples() -> None:
    """By hand: the fraction of the first count among both, of 60 and 40 examples."""
    counts = np.array([[1, 0]] * 60 + [[0, 1]] * 40)
    low, high = intervals.of_counts(counts, lambda sums: sums[:, 0] / sums.sum(axis=1))
    assert (low, high) == (pytest.approx(0.5, abs=0.02), pytest.approx(0.7, abs=0.02))


def test_nineteen_of_twenty_intervals_cover_the_truth() -> None:
    random = np.random.default_rng(1)
    hits = random.binomial(200, 0.3, 2000)
    _, low, high = intervals.fraction(hits, 200)
    assert 0.93 < ((low <= 0.3) & (high >= 0.3)).mean() < 0.98
