from __future__ import annotations

from array import array

from nbtrain.events.state import RunState
from nbtrain.notebook.panel.curve_feed import MAX_POINTS_BEHIND, CurveFeed, pack_behind


def run(*losses: float) -> RunState:
    state = RunState()
    for step, loss in enumerate(losses, 1):
        state.curves["loss"].add(step, loss)
    return state


def points(curve: dict[str, bytes]) -> list[float]:
    return array("f", curve["points"]).tolist()


def test_curves_behind_are_steps_and_means_by_name() -> None:
    packed = pack_behind([("a", run(0.5, 0.25)), ("no step", run()), ("b", run(2.0))])
    assert [(curve["name"], points(curve)) for curve in packed] == [("a", [1, 0.5, 2, 0.25]), ("b", [1, 2.0])]


def test_however_many_and_long_they_are_they_take_no_more_room() -> None:
    long = run(*[1.0] * 30_000)
    for count in range(1, 9):
        packed = pack_behind([(str(index), long) for index in range(count)])
        assert [curve["name"] for curve in packed] == [str(index) for index in range(count)][-5:]
        assert sum(len(points(curve)) for curve in packed) <= 2 * MAX_POINTS_BEHIND
        for curve in packed:
            assert len(points(curve)) >= 120
            assert points(curve)[-2:] == [30_000, 1.0], "up to the last step"


def test_a_feed_sends_what_changed() -> None:
    state, feed = run(3.0, 2.0), CurveFeed()
    assert feed.pull(state.curves["loss"]) is not None
    assert feed.pull(state.curves["loss"]) is None
    state.curves["loss"].add(3, 1.0)
    change = feed.pull(state.curves["loss"])
    assert change is not None
    start, tail = change
    assert start == 1, "the last bin may have changed, too"
    assert array("f", tail).tolist() == [2, 2, 2, 2, 2, 3, 3, 1, 1, 1]
    assert array("f", bytes(feed.packed)).tolist()[-5:] == [3, 3, 1, 1, 1]
