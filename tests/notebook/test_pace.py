"""How often a view of a run sends something."""

from __future__ import annotations

import math

import pytest

from nbtrain.notebook.pace import BOTH_THREADS, SHARE, SLOWEST_SECONDS, Pace


@pytest.mark.parametrize(
    ("took", "wait"),
    [
        (0.0, 0.125),  # what is asked for
        (0.0003, 0.0003 * BOTH_THREADS / SHARE),
        (0.1, SLOWEST_SECONDS),
    ],
)
def test_what_takes_longer_comes_less_often(took: float, wait: float) -> None:
    pace = Pace(most=10)
    pace.sent(7.0, took, apart=0.125)
    assert pace.routine == pytest.approx(7.0 + wait)
    assert pace.slot == -math.inf, "what is urgent does not wait for it"


def test_whoever_asks_for_fewer_gets_fewer() -> None:
    pace = Pace(most=10)
    pace.sent(7.0, 0.1, apart=5.0)
    assert pace.routine == 12.0


def test_what_is_urgent_waits_where_a_second_is_full() -> None:
    pace = Pace(most=3)
    for now in (1.0, 1.1, 1.2):
        pace.sent(now, 0.0, apart=0.1)
    assert pace.slot == 2.0
    assert pace.routine == 2.0
    pace.sent(2.0, 0.0, apart=0.1)
    assert pace.slot == pytest.approx(2.1)
