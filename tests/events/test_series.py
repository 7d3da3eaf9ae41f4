"""A curve of any length has bounded size, and keeps its extremes."""

from __future__ import annotations

import math
import random

from nbtrain.events.series import MAX_BINS, Curve


def test_a_short_curve_has_every_point() -> None:
    curve = Curve()
    for step in range(1, MAX_BINS + 1):
        curve.add(step, float(step))
    assert [bin.mean for bin in curve.bins] == [float(step) for step in range(1, MAX_BINS + 1)]
    assert curve.version == 0


def test_a_long_curve_is_bounded_and_keeps_extremes_and_mean() -> None:
    curve, values = Curve(), []
    generator = random.Random(3)
    for step in range(1, 100_001):
        value = generator.gauss(0, 1) + (50 if step == 77_777 else 0)
        values.append(value)
        curve.add(step, value)
    assert MAX_BINS / 2 <= len(curve.bins) <= MAX_BINS
    assert max(bin.high for bin in curve.bins) == max(values)
    assert min(bin.low for bin in curve.bins) == min(values)
    assert math.isclose(sum(bin.total for bin in curve.bins), sum(values))
    assert (curve.bins[0].first, curve.bins[-1].last) == (1, 100_000)
    assert all(left.last < right.first for left, right in zip(curve.bins, curve.bins[1:], strict=False))


def test_while_the_version_stays_only_the_end_changes() -> None:
    curve = Curve()
    for step in range(1, 5_000):
        before, version = [bin.mean for bin in curve.bins[:-1]], curve.version
        curve.add(step, step % 7)
        if curve.version == version:
            assert [bin.mean for bin in curve.bins[: len(before)]] == before


def test_values_that_are_not_finite_are_ignored() -> None:
    curve = Curve()
    for value in (1.0, math.nan, math.inf, 2.0):
        curve.add(1, value)
    assert [bin.mean for bin in curve.bins] == [1.0, 2.0]


def test_rewind_drops_later_points() -> None:
    curve = Curve()
    for step in range(1, 11):
        curve.add(step, float(step))
    curve.rewind(4)
    assert [bin.last for bin in curve.bins] == [1, 2, 3, 4]
    assert curve.version == 1
    curve.rewind(9)
    assert curve.version == 1


def test_thinned_keeps_the_ends_and_the_extremes() -> None:
    curve = Curve()
    for step in range(1, 102):
        curve.add(step, float(step % 10))
    bins = curve.thinned(20)
    assert len(bins) <= 20
    assert (bins[0].first, bins[-1].last) == (1, 101)
    assert (min(bin.low for bin in bins), max(bin.high for bin in bins)) == (0, 9)
    assert len(curve.bins) == 101, "the curve itself is unchanged"
