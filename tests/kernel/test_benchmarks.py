"""What the benchmarks measure in a kernel is what they say."""

from __future__ import annotations

import math

import pytest

from benchmarks.kernels import in_kernel

pytestmark = pytest.mark.full


def test_what_a_step_costs_is_measured_with_all_that_a_cell_shows() -> None:
    """It fails where panel, record or list of runs failed meanwhile: then it would be measured without them."""
    costs = in_kernel("benchmarks.overhead.compare", steps=40, rounds=1, milliseconds=0.0, listed=True)
    assert len(costs) == 1
    assert math.isfinite(costs[0])
    assert costs[0] < 10_000, "microseconds"
