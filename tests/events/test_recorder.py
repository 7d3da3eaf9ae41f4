"""The recorder writes each event at once, and then shows it."""

from __future__ import annotations

import errno
import inspect
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from nbtrain import events
from nbtrain.events import Diagnosed, Event, Phase, Started, Stepped, journal
from nbtrain.events.commands import Control
from nbtrain.events.recorder import Recorder, View, as_view
from nbtrain.events.state import RunState
from tests.events.test_state import run, step


def code_in(documented: object, number: int) -> str:
    """The Python block `number` of a docstring."""
    return (inspect.getdoc(documented) or "").split("```python\n")[number].partition("```")[0]


def test_the_methods_of_a_view_do_nothing() -> None:
    view, control = View(), Control()
    view.update(RunState(), Phase(name="a"))
    view.steer(control)
    with view.served():
        pass
    assert not control.waiting
    assert as_view(view) is view


def test_any_object_with_update_is_a_view(tmp_path: Path) -> None:
    class OnlyUpdate:
        def __init__(self) -> None:
            self.seen: list[Event] = []

        def update(self, state: RunState, event: Event) -> None:
            self.seen.append(event)

    view = OnlyUpdate()
    recorder = Recorder("r1", tmp_path, [view])  # type: ignore[list-item]
    recorder.emit(Phase(name="a"))
    assert len(view.seen) == 1
    assert recorder.views == [view]
    as_view(view).steer(Control())
    with as_view(view).served():
        pass
    as_view(view).update(recorder.state, Phase(name="b"))
    assert [event.name for event in view.seen if isinstance(event, Phase)] == ["a", "b"]


def test_an_object_with_more_methods_of_a_view() -> None:
    called: list[object] = []

    class Other:
        def update(self, state: RunState, event: Event) -> None:
            called.append(event)

        def steer(self, control: Control) -> None:
            called.append(control)

        @contextmanager
        def served(self) -> Iterator[None]:
            called.append("in")
            yield
            called.append("out")

    control = Control()
    view = as_view(Other())
    view.steer(control)
    with view.served():
        assert called == [control, "in"]
    assert called == [control, "in", "out"]


def test_the_documented_way_to_read_a_journal(tmp_path: Path) -> None:
    with_steps = Recorder("20260101-120000-abcd", tmp_path)
    for event in run():
        with_steps.emit(event)
    with_steps.close()
    names: dict[str, object] = {}
    code = code_in(events, 2)
    assert "nbtrain_runs/20260101-120000-abcd" in code
    exec(code.replace("nbtrain_runs/20260101-120000-abcd", str(tmp_path)), names)
    assert names["losses"] == pytest.approx([1 / number for number in range(1, 21)], rel=1e-6)
    assert isinstance(names["state"], RunState) and names["state"].step == 20


def test_a_view_that_fails_is_removed_with_a_warning(tmp_path: Path) -> None:
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
    message = next(event.message for event in seen if isinstance(event, Diagnosed))
    assert "Broken" in message and "ZeroDivisionError" in message


def test_progress_within_a_phase_is_not_in_the_journal(tmp_path: Path) -> None:
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
    assert os.strerror(errno.ENOSPC) in str(recorder.state.messages[0])
    recorder._journal._file = healthy  # type: ignore[union-attr]
    os.close(full)
    recorder.emit(step(21))
    assert f"{len(run())} events" in str(recorder.state.messages[-1])


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
def test_a_disk_that_is_full_temporarily(tmp_path: Path) -> None:
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
    first, last = (message.message for message in recorder.state.messages)
    assert os.strerror(errno.ENOSPC) in first
    assert "3 events" in last
    assert recorder.state.step == 8
    assert [bin.first for bin in recorder.state.curves["loss"].bins] == list(range(1, 9))
    assert [event.step for event in journal.read(tmp_path) if isinstance(event, Stepped)] == [4, 5, 6, 7, 8]


def test_inherited_events_keep_their_times_and_the_clock_continues(tmp_path: Path) -> None:
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
