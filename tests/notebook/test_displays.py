"""When the record of a run is displayed."""

from __future__ import annotations

from typing import Any

import pytest

from nbtrain.events import Created, Ended, Event, Phase
from nbtrain.events.state import RunState
from nbtrain.notebook import displays
from nbtrain.notebook.displays import HINT, NO_CONTROLS_HINT, NOT_DRAWN, PanelView, RecordView, background_hint
from nbtrain.views.record_json import MIME_TYPE
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


class FakePanel:
    """A panel that a page has drawn or not."""

    drawn = False
    model_id = "a"

    def update(self, state: RunState, event: Event) -> None:
        """Show nothing."""


@pytest.mark.parametrize(("background", "events"), [(False, 1), (True, 2)])
def test_the_record_takes_the_place_of_a_panel_that_is_not_drawn(
    places: list[Place], *, background: bool, events: int
) -> None:
    now, panel, state = [0.0], FakePanel(), RunState(run="a")
    record = RecordView(folded=True, reserved=True)
    record._updates.clock = lambda: now[0]
    view = PanelView(panel, None, background=background, record=record)
    view.clock = lambda: now[0]

    def tell(seconds: float) -> None:
        now[0] = seconds
        event = Phase(name="tokenize", done=int(seconds * 10), total=900)
        state.apply(event)
        view.update(state, event)
        record.update(state, event)

    tell(0.0)
    tell(2.9)
    place = places[1]  # the first is the panel's
    assert len(place.shown) == 1
    for number in range(events):
        tell(3.1 + number / 100)
        assert len(place.shown) == 1 + (number + 1 == events), "the messages to a loop that stood still come first"
    assert NOT_DRAWN in place.shown[-1]["text/html"] and displays.FOLDED_TITLE not in place.shown[-1]["text/html"]
    assert NOT_DRAWN in place.shown[-1][MIME_TYPE]["messages"][0]["text"]
    tell(3.5)
    assert len(place.shown) == 2, "at most once a second"
    tell(4.2)
    assert "tokenizing 42 of 900" in place.shown[-1]["text/html"], "it grows"
    panel.drawn = True
    tell(4.3)
    assert displays.FOLDED_TITLE in place.shown[-1]["text/html"] and NOT_DRAWN not in place.shown[-1]["text/html"]


def test_the_reason_why_a_background_run_did_not_start_is_shown(places: list[Place]) -> None:
    failed = Ended(status="failed", error="text: no column `lift` in train.")
    follow(RecordView(reserved=True, shows_failure=True), [Created(config="", directory=""), failed])
    follow(RecordView(reserved=True), [Created(config="", directory=""), failed])
    assert "no column `lift`" in places[0].shown[-1]["text/html"]
    assert places[1].shown[-1] == displays.EMPTY, "the cell has failed with it"
