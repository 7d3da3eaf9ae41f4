"""The recorder: what happens is written at once, and shown when somebody wants to see it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nbtrain import journal
from nbtrain.events import Diagnosed, Evaluated, Event, Phase, Started, Stepped
from nbtrain.recorder import Recorder
from nbtrain.state import RunState
from tests.test_state import run, step


class Seen:
    """A view that keeps the steps at which it was called; `enough` is how long it wants to see no further ones."""

    def __init__(self, enough: float | None) -> None:
        self.enough = enough
        self.steps: list[int] = []
        self.waiting = 0

    def update(self, state: RunState, event: Event) -> float | None:
        self.steps.append(state.step)
        return self.enough

    def asked(self) -> int:
        return self.waiting


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def train(recorder: Recorder, clock: Clock, steps: Iterator[int] | range, seconds: float) -> None:
    """As a session does: a step is emitted if it cannot be deferred."""
    for number in steps:
        clock.now += seconds
        fields = vars(step(number, seconds=seconds))
        if not recorder.defer(fields):
            recorder.emit(Stepped(**fields))


def begun(recorder: Recorder) -> None:
    recorder.emit(Started(max_steps=1000, epochs=1.0, batch_size=8))


def test_a_view_that_fails_is_dropped_and_said(tmp_path: Path) -> None:
    class Broken:
        def update(self, state: RunState, event: Event) -> None:
            raise ZeroDivisionError

    seen: list[Event] = []

    class Fine:
        def update(self, state: RunState, event: Event) -> None:
            seen.append(event)

    recorder = Recorder("r1", tmp_path, [Broken(), Fine()])
    recorder.emit(Phase(name="a"))
    recorder.emit(Phase(name="b"))
    assert [event.name for event in seen if isinstance(event, Phase)] == ["a", "b"]
    assert "Broken failed" in next(event.message for event in seen if isinstance(event, Diagnosed))


def test_progress_within_a_phase_is_not_written_down(tmp_path: Path) -> None:
    recorder = Recorder("r1", tmp_path)
    for done in range(100):
        recorder.progress("tokenize", done, 100)
    recorder.close()
    assert len(list(journal.read(tmp_path))) == 1


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_full_disk_does_not_end_the_run(tmp_path: Path) -> None:
    recorder = Recorder("r1", tmp_path)
    full = os.open("/dev/full", os.O_WRONLY)
    recorder._journal._file, healthy = full, recorder._journal._file  # type: ignore[union-attr]
    for event in run():
        recorder.emit(event)
    assert recorder.state.step == 20
    assert "cannot be written" in str(recorder.state.messages[0])
    recorder._journal._file = healthy  # type: ignore[union-attr]
    os.close(full)
    recorder.emit(step(21))
    assert "events of this run are not in its journal" in str(recorder.state.messages[-1])


def test_steps_are_shown_as_often_as_a_view_wants_to_see_them(tmp_path: Path, clock: Clock) -> None:
    often, seldom = Seen(0.25), Seen(10.0)
    recorder = Recorder("r1", tmp_path, [often, seldom], clock)
    with recorder.deferring():
        begun(recorder)
        train(recorder, clock, range(1, 41), 0.0625)
    assert often.steps == seldom.steps == [0, *range(4, 41, 4)]


@pytest.mark.parametrize("seconds", [0.01, 0.125, 0.3, 0.7, 1.5])
def test_no_step_waits_longer_than_a_second_for_the_disk(tmp_path: Path, clock: Clock, seconds: float) -> None:
    recorder = Recorder("r1", tmp_path, [Seen(3600.0)], clock)
    with recorder.deferring():
        begun(recorder)
        for number in range(1, 30):
            train(recorder, clock, range(number, number + 1), seconds)
            written = [event.step for event in journal.read(tmp_path)]
            waiting = number - written[-1]
            assert waiting * seconds < 1.0
            assert written == list(range(written[-1] + 1))
    assert [event.step for event in journal.read(tmp_path)] == list(range(30))


@pytest.mark.parametrize("views", [[Seen(None)], [Seen(0.0), Seen(5.0)]], ids=["says nothing", "wants each"])
def test_each_step_is_shown_to_a_view_that_does_not_say_otherwise(clock: Clock, views: list[Seen]) -> None:
    recorder = Recorder("r1", None, views, clock)
    with recorder.deferring():
        begun(recorder)
        train(recorder, clock, range(1, 11), 0.01)
    assert [view.steps for view in views] == [list(range(11))] * len(views)


def test_each_step_is_shown_where_other_code_has_its_turns(clock: Clock) -> None:
    view = Seen(1.0)
    recorder = Recorder("r1", None, [view], clock)
    with recorder.deferring():
        begun(recorder)
    train(recorder, clock, range(1, 6), 0.01)
    assert view.steps == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("look", ["settle", "sync", "close"])
def test_a_deferred_step_has_its_own_time_and_is_there_for_whoever_looks(
    tmp_path: Path, clock: Clock, look: str
) -> None:
    recorder = Recorder("r1", tmp_path, [Seen(1.0)], clock)
    with recorder.deferring():
        begun(recorder)
        train(recorder, clock, range(1, 8), 0.01)
        getattr(recorder, look)()
        written = list(journal.read(tmp_path))
        assert [event.step for event in written] == list(range(8))
        assert [event.seq for event in written] == list(range(1, 9))
        assert [event.time for event in written[1:]] == pytest.approx([0.01 * number for number in range(1, 8)])
        assert recorder.state.step == 7
        assert recorder.state.curves["loss"].bins[-1].last == 7


def test_what_is_no_step_comes_after_the_steps_before_it(clock: Clock) -> None:
    view = Seen(1.0)
    recorder = Recorder("r1", None, [view], clock)
    with recorder.deferring():
        begun(recorder)
        train(recorder, clock, range(1, 8), 0.01)
        recorder.emit(Evaluated(step=7, epoch=0.1, metrics={}))
    assert view.steps == [0, 7]


def test_a_page_that_asks_is_not_kept_waiting(clock: Clock) -> None:
    view = Seen(1.0)
    recorder = Recorder("r1", None, [view], clock)
    with recorder.deferring():
        begun(recorder)
        train(recorder, clock, range(1, 4), 0.01)
        view.waiting = 1
        train(recorder, clock, range(4, 6), 0.01)
        view.waiting = 0
        train(recorder, clock, range(6, 8), 0.01)
    assert view.steps == [0, 4, 5]


def test_a_view_that_fails_is_not_asked_any_more(clock: Clock) -> None:
    class Broken(Seen):
        def update(self, state: RunState, event: Event) -> float | None:
            self.waiting = 1
            raise ZeroDivisionError

    fine = Seen(1.0)
    recorder = Recorder("r1", None, [Broken(1.0), fine], clock)
    with recorder.deferring():
        begun(recorder)
        train(recorder, clock, range(1, 6), 0.01)
    assert set(fine.steps) == {0}
    assert recorder.state.step == 5


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_disk_that_is_full_for_a_while_does_not_mix_up_what_is_deferred(tmp_path: Path, clock: Clock) -> None:
    recorder = Recorder("r1", tmp_path, [Seen(1.0)], clock)
    assert recorder._journal is not None
    healthy = recorder._journal._file
    with recorder.deferring():
        begun(recorder)
        recorder._journal._file = os.open("/dev/full", os.O_WRONLY)
        train(recorder, clock, range(1, 4), 0.01)
        recorder.settle()
        os.close(recorder._journal._file)
        recorder._journal._file = healthy
        train(recorder, clock, range(4, 9), 0.01)
    assert [message.message.partition(":")[0] for message in recorder.state.messages] == [
        "The journal cannot be written",
        "The disk was full",
    ]
    assert "3 events" in recorder.state.messages[-1].message
    assert recorder.state.step == 8
    assert [bin.first for bin in recorder.state.curves["loss"].bins] == list(range(1, 9))
    assert [event.step for event in journal.read(tmp_path) if isinstance(event, Stepped)] == [4, 5, 6, 7, 8]


def test_whoever_looks_in_the_midst_of_it_mixes_up_nothing(tmp_path: Path, clock: Clock) -> None:
    """As the handler of an interrupt does."""
    recorder = Recorder("r1", tmp_path, [Seen(1.0)], clock)
    apply, looks = recorder._state.apply, []

    def look(event: Event) -> None:
        looks.append(recorder.state.step)
        apply(event)

    with recorder.deferring():
        begun(recorder)
        train(recorder, clock, range(1, 6), 0.01)
        recorder._state.apply = look  # type: ignore[method-assign]
    assert looks == [0, 1, 2, 3, 4]
    assert [event.step for event in journal.read(tmp_path)] == list(range(6))


def test_other_threads_do_not_fold(clock: Clock) -> None:
    recorder = Recorder("r1", None, [], clock)
    with recorder.deferring():
        begun(recorder)
        train(recorder, clock, range(1, 4), 0.01)
        other = threading.Thread(target=recorder.settle)
        other.start()
        other.join()
        assert recorder._state.step == 0
    assert recorder.state.step == 3
