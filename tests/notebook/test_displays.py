"""When the record of a run is displayed."""

from __future__ import annotations

from typing import Any

import pytest

from nbtrain.events import Created, Event, Phase
from nbtrain.events.state import RunState
from nbtrain.notebook import displays
from nbtrain.notebook.displays import HINT, NO_CONTROLS_HINT, RecordView, background_hint
from tests.views.conftest import finished


class Place:
    """A display that records its content."""

    def __init__(self) -> None:
        self.shown: list[dict[str, Any]] = []
        self.metadata: list[dict[str, Any]] = []

    def display(self, bundle: dict[str, Any], *, raw: bool, metadata: dict[str, Any]) -> None:
        self.shown.append(bundle)
        self.metadata.append(metadata)

    update = display


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> list[Place]:
    made: list[Place] = []

    def make() -> Place:
        made.append(Place())
        return made[-1]

    monkeypatch.setattr(displays, "DisplayHandle", make)
    return made


def follow(view: RecordView, events: list[Event]) -> None:
    state = RunState(run="a")
    for event in events:
        state.apply(event)
        view.update(state, event)


def test_a_reserved_record_is_there_before_the_first_evaluation(places: list[Place]) -> None:
    created = Created(config='model = "demo"', directory="runs/a")
    follow(RecordView(folded=True, reserved=True), [created, Phase(name="tokenize", done=1, total=9)])
    [place] = places
    assert place.metadata == [{"nbtrain": {"run": "a", "part": "record"}}]
    assert displays.FOLDED_TITLE in place.shown[0]["text/html"] and "runs/a" in place.shown[0]["text/html"]


def test_a_reserved_record_gives_way_to_the_result(places: list[Place]) -> None:
    follow(RecordView(is_result=True, folded=True, reserved=True), finished())
    [place] = places
    assert place.shown[-1] == displays.EMPTY


def test_hints_name_nothing_that_may_not_be_there() -> None:
    assert "`" not in HINT + background_hint() + NO_CONTROLS_HINT
    assert "run." not in HINT + background_hint()
