"""The recorder: what happens is written at once, and then shown."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from nbtrain.events import Diagnosed, Event, Phase, Started, Stepped, journal
from nbtrain.events.recorder import Recorder
from nbtrain.events.state import RunState
from tests.test_state import run, step


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


@pytest.mark.parametrize("failing", [None, OSError])
def test_each_event_is_in_the_journal_and_in_the_state_before_a_view_sees_it(
    tmp_path: Path, failing: type[Exception] | None
) -> None:
    seen: list[tuple[int, int, int]] = []

    class Look:
        def update(self, state: RunState, event: Event) -> None:
            written = [one.seq for one in journal.read(tmp_path)]
            assert written == list(range(1, len(written) + 1))
            seen.append((event.step, state.step, len(written)))
            if failing is not None and event.step == 3:
                raise failing

    recorder = Recorder("r1", tmp_path, [Look()])
    recorder.emit(Started(max_steps=1000, epochs=1.0, batch_size=8))
    for number in range(1, 6):
        recorder.emit(step(number))
    assert seen == [(number, number, number + 1) for number in range(6 if failing is None else 4)]
    assert [event.step for event in journal.read(tmp_path) if isinstance(event, Stepped)] == [1, 2, 3, 4, 5]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is always full")
def test_a_disk_that_is_full_for_a_while(tmp_path: Path) -> None:
    recorder = Recorder("r1", tmp_path)
    assert recorder._journal is not None
    recorder.emit(Started(max_steps=1000, epochs=1.0, batch_size=8))
    healthy, recorder._journal._file = recorder._journal._file, os.open("/dev/full", os.O_WRONLY)
    for number in (1, 2, 3):
        recorder.emit(step(number))
    os.close(recorder._journal._file)
    recorder._journal._file = healthy
    for number in range(4, 9):
        recorder.emit(step(number))
    assert [message.message.partition(":")[0] for message in recorder.state.messages] == [
        "The journal cannot be written",
        "The disk was full",
    ]
    assert "3 events" in recorder.state.messages[-1].message
    assert recorder.state.step == 8
    assert [bin.first for bin in recorder.state.curves["loss"].bins] == list(range(1, 9))
    assert [event.step for event in journal.read(tmp_path) if isinstance(event, Stepped)] == [4, 5, 6, 7, 8]


def test_what_is_inherited_keeps_its_times_and_the_clock_goes_on_from_there(tmp_path: Path) -> None:
    recorder = Recorder("r2", tmp_path)
    earlier = [replace(event, seq=number, time=number / 2) for number, event in enumerate(run(), 1)]
    recorder.inherit(earlier)
    recorder.emit(step(21))
    *inherited, newest = journal.read(tmp_path)
    assert [event.time for event in inherited] == [event.time for event in earlier]
    assert [event.seq for event in inherited] == [event.seq for event in earlier]
    assert newest.time == pytest.approx(earlier[-1].time, abs=1.0)
    assert newest.time >= earlier[-1].time
    assert {event.run for event in inherited} == {"r2"}
