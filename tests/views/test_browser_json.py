from __future__ import annotations

import json
import math

import pytest

from nbtrain import events
from nbtrain.events.series import Curve
from nbtrain.events.state import RunState
from nbtrain.views.browser_json import MAX_BRIEF_BYTES, brief, means
from tests.views.conftest import training


def size(state: RunState) -> int:
    return len(json.dumps(brief(state), ensure_ascii=False, allow_nan=False).encode())


def test_every_kind_of_run_in_brief(states: dict[str, RunState]) -> None:
    for state in states.values():
        assert size(state) <= MAX_BRIEF_BYTES
        assert len(brief(state)["spark"]) <= 60
    assert brief(states["nan"])["metrics"] == {"loss": "nan", "accuracy": 0.684}
    assert "Tried to allocate" in brief(states["failed"])["head"]["error"]


@pytest.mark.parametrize("filling", ["a", "精", "\U0001f600", "\x00"])
def test_it_stays_brief(filling: str) -> None:
    made = training(90, 90, metrics=lambda step: {f"{index}{filling * 50}": 0.5 for index in range(60)})
    made += [events.Phase(step=9, name=filling * 900), events.Paused(step=9, reason=filling * 9_000)]
    made += [events.Phase(step=9, name=filling * 900, done=1, total=2)]
    state = RunState.fold(made)
    state.error = filling * 9_000
    assert size(state) <= MAX_BRIEF_BYTES
    assert brief(state)["head"]["status"] == "paused"
    assert len(brief(state)["metrics"]) == 8


def test_means() -> None:
    curve = Curve()
    for step in range(1, 121):
        curve.add(step, float(step))
    assert means(curve, 60) == [step + 0.5 for step in range(1, 120, 2)]
    assert means(curve, 7)[0] == 9.5 and len(means(curve, 7)) <= 7
    assert means(Curve(), 60) == []
    for step in range(121, 300):
        curve.add(step, 1e308 if math.isfinite(step) else 0.0)
    assert means(curve, 3)[-1] is None
