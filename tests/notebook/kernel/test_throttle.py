"""How often a throttle allows updates."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from nbtrain.notebook.kernel.throttle import MAX_PER_SECOND, MIN_SECONDS, Throttle


class Clock:
    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(Throttle, "clock", clock)
    return clock


def times(throttle: Throttle, clock: Clock, seconds: float, urgent: Callable[[int], bool]) -> list[float]:
    """Times of the updates, if one is requested every 10 ms."""
    done = []
    for number in range(round(seconds * 100)):
        if throttle.allows(urgent=urgent(number)):
            throttle.record()
            done.append(clock.now)
        clock.now += 0.01
    return done


def test_routine_things_are_done_once_a_second(clock: Clock) -> None:
    done = times(Throttle(), clock, 10.0, urgent=lambda number: False)
    assert 9 <= len(done) <= 10
    assert min(after - before for before, after in itertools.pairwise(done)) >= MIN_SECONDS


def test_urgent_things_are_done_at_once(clock: Clock) -> None:
    throttle = Throttle()
    throttle.record()
    assert not throttle.allows()
    assert throttle.allows(urgent=True)


@pytest.mark.parametrize("every", [1, 3, 7])
def test_urgent_things_do_not_flood(clock: Clock, every: int) -> None:
    done = times(Throttle(), clock, 10.0, urgent=lambda number: number % every == 0)
    later = done[MAX_PER_SECOND:]
    assert all(after - before >= 1.0 - 1e-9 for before, after in zip(done, later, strict=False))
    assert len(done) > 90


def test_what_was_done_before_counts_for_another_pace(clock: Clock) -> None:
    throttle = Throttle(0.1)
    throttle.record()
    clock.now += 0.2
    assert throttle.allows()
    throttle.seconds = 1.0
    assert not throttle.allows()
    clock.now += 0.8
    assert throttle.allows()


def test_with_one_a_second_urgent_things_wait_for_it(clock: Clock) -> None:
    throttle = Throttle(4.0, max_per_second=1)
    assert throttle.allows()
    throttle.record()
    clock.now += 0.9
    assert not throttle.allows(urgent=True)
    clock.now += 0.2
    assert throttle.allows(urgent=True)
    assert not throttle.allows()


def test_the_clock_is_a_real_one() -> None:
    throttle = Throttle(0.0)
    throttle.record()
    assert throttle.allows()
    throttle.seconds = 1000.0
    assert not throttle.allows()
