"""How often a view of a run sends something."""

from __future__ import annotations

import itertools
import math

import pytest

from nbtrain.notebook.pace import BOTH_THREADS, SHARE, SLOWEST_SECONDS, TICK, Pace


def taking(seconds: float) -> float:
    """What a message takes after which one may be sent every so many seconds."""
    return seconds * SHARE / BOTH_THREADS


@pytest.mark.parametrize(
    ("took", "wait"),
    [
        (0.0, 0.25),  # what is asked for
        (taking(0.24), 0.25),
        (taking(0.26), 0.5),
        (taking(0.9), 1.0),
        (0.1, SLOWEST_SECONDS),
    ],
)
def test_what_takes_longer_comes_less_often(took: float, wait: float) -> None:
    pace = Pace(most=10)
    pace.sent(7.0, took, apart=0.25)
    assert pace.routine == 7.0 + wait
    assert pace.slot == -math.inf, "what is urgent does not wait for it"


def test_what_may_take_less_of_the_time_comes_less_often_still() -> None:
    pace = Pace(most=1, share=SHARE / 4)
    pace.sent(8.0, taking(1.0), slowest=8.0)
    assert pace.routine == 12.0
    pace.sent(24.0, 0.1, slowest=8.0)
    assert pace.routine == 32.0
    assert pace.slot == 25.0


def test_whoever_asks_for_fewer_gets_fewer() -> None:
    pace = Pace(most=10)
    pace.sent(8.0, 0.1, apart=3.0)
    assert pace.routine == 12.0


@pytest.mark.parametrize(("one", "other"), [(0.5, 0.5), (0.25, 1.0), (TICK, 0.7)])
def test_views_go_together_wherever_they_began(one: float, other: float) -> None:
    """At steps of 10 ms, two views that began at different moments and take different times."""
    often, seldom = Pace(most=10), Pace(most=10)
    often.sent(100.03, taking(one))
    seldom.sent(100.41, taking(other))
    alone = together = 0
    for step in range(1, 1001):
        now = 100.41 + step / 100
        is_due = now >= often.routine
        if is_due:
            often.sent(now, taking(one))
        if now >= seldom.routine:
            seldom.sent(now, taking(other))
            together, alone = together + is_due, alone + (not is_due)
    assert together >= 9
    assert alone == 0


def test_a_pace_is_kept_up() -> None:
    pace, times = Pace(most=10), []
    for step in range(1001):
        now = 3.3 + step / 100
        if now >= pace.routine:
            times.append(now)
            pace.sent(now, 0.0, apart=0.1)
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert min(gaps) >= TICK / 2
    assert len(times) == pytest.approx(10 / TICK, abs=2)


def test_what_is_urgent_waits_where_a_second_is_full() -> None:
    pace = Pace(most=3)
    for now in (1.0, 1.1, 1.2):
        pace.sent(now, 0.0, apart=0.1)
    assert pace.slot == 2.0
    assert pace.routine == 2.0
    pace.sent(2.0, 0.0, apart=0.1)
    assert pace.slot == pytest.approx(2.1)
