"""Work that pauses at each event."""

from __future__ import annotations

import pytest

from nbtrain.events import Phase
from nbtrain.events.recorder import Recorder
from nbtrain.training.turns import in_turns


def test_other_code_runs_between_the_events() -> None:
    recorder, order = Recorder("a"), []

    def work() -> None:
        for name in ("one", "two"):
            recorder.progress(name)
            order.append(name)

    for event in in_turns(work, recorder):
        assert isinstance(event, Phase)
        order.append(f"after {event.name}")
        recorder.note("from outside")
    assert order == ["after one", "one", "after two", "two"]
    assert recorder.views == []


def test_an_error_is_raised_for_whoever_asks_for_the_next_event() -> None:
    recorder = Recorder("a")

    def work() -> None:
        recorder.progress("one")
        raise ValueError("no more")

    turns = in_turns(work, recorder)
    assert next(turns).type == "phase"
    with pytest.raises(ValueError, match="no more"):
        next(turns)
    assert recorder.views == []


def test_closing_it_ends_the_work() -> None:
    recorder, left = Recorder("a"), []

    def work() -> None:
        try:
            recorder.progress("one")
            recorder.progress("two")
        finally:
            left.append(recorder.state.phase)

    turns = in_turns(work, recorder)
    next(turns)
    turns.close()
    assert [phase.name for phase in left if phase is not None] == ["one"]
    assert recorder.views == []
