from __future__ import annotations

import io
import re
import sys

import pytest

from nbtrain import events
from nbtrain.events import Event
from nbtrain.events.state import RunState
from nbtrain.views.table import TextTable
from tests.views.conftest import finished, training


def printed(made: list[Event]) -> list[str]:
    stream = io.StringIO()
    table, state = TextTable(stream), RunState()
    for event in made:
        state.apply(event)
        table.update(state, event)
    assert "\r" not in stream.getvalue()
    return stream.getvalue().splitlines()


def test_a_line_per_evaluation(runs: dict[str, list[Event]]) -> None:
    lines = [line for line in printed(runs["finished"]) if not line.startswith("Running")]
    assert lines[0].startswith(
        "text classification; sentence1 + sentence2 -> label; classes not_equivalent, equivalent; train 3,668"
    )
    assert lines[1:4] == [
        "note: The label is column 'label': 2 classes.",
        "note: 12 of 3,668 examples are longer than 128 tokens and are cut.",
        "training: 459 steps, 3 epochs, 24 examples per step",
    ]
    assert lines[4].split("  ")[-1].strip() == "time"
    assert lines[5].split() == ["153", "1.00", "0.5458", "0.5356", "0.7507", "0.8400", "0:46"]
    assert len({len(line) for line in lines[4:8]}) == 1
    assert lines[8] == "Finished"
    assert len(lines) == 10


def test_progress_where_evaluations_are_rare(runs: dict[str, list[Event]]) -> None:
    lines = [line for line in printed(runs["no evaluation"]) if line.startswith("Running")]
    assert len(lines) == 4, "134 seconds of training, a line each 30"
    assert re.fullmatch(r"Running: step 104 of 459, training loss 0\.\d{4}, 22\.7% done, 1:43 left", lines[0])


def test_no_progress_where_evaluations_are_frequent() -> None:
    assert not [line for line in printed(finished(training(every=50))) if line.startswith("Running")]


def test_new_metrics_get_a_new_header() -> None:
    made = training(30, 3, metrics=lambda step: {"accuracy": 0.5} if step < 20 else {"f1": 0.7})
    lines = printed(made)
    headers = [line.split() for line in lines if line.lstrip().startswith("step ")]
    assert [header[4:] for header in headers] == [["accuracy", "time"], ["accuracy", "f1", "time"]]
    assert lines[-1].split()[3:5] == ["-", "0.7000"]


def test_warnings_commands_and_the_end(runs: dict[str, list[Event]]) -> None:
    lines = printed(runs["stopped"])
    assert "step 97: learning rate set to 1e-5" in lines
    assert "warning: Validation loss rises: <b>overfitting</b> & co." in lines
    assert lines[-2] == "Stopped at step 200 of 459"
    assert lines[-1].startswith("accuracy 0.7507, f1 0.8400, validation loss 0.5356; 200 steps")


def test_failure_before_training(runs: dict[str, list[Event]]) -> None:
    assert printed(runs["failed before"])[0].startswith("Failed before training: ValueError:")


def test_long_preparation_is_told() -> None:
    made: list[Event] = [events.Phase(time=5.0 * index, name="tokenize", done=index, total=20) for index in range(20)]
    assert printed(made) == [f"Preparing: tokenizing {done} of 20" for done in (6, 12, 18)]


def test_every_kind_of_run_has_a_row_per_evaluation_and_its_end(runs: dict[str, list[Event]]) -> None:
    for name, made in runs.items():
        lines = printed(made)
        rows = [line for line in lines if re.match(r"\s*[\d,]+ ", line)]
        steps = [int(row.split()[0].replace(",", "")) for row in rows]
        assert steps == [event.step for event in made if isinstance(event, events.Evaluated)], name
        assert len({len(row) for row in rows}) <= 1, name
        ends = [line.split()[0] for line in lines if line.startswith(("Finished", "Stopped", "Interrupted", "Failed"))]
        assert ends == [event.status.capitalize() for event in made if isinstance(event, events.Ended)], name


def test_stdout_is_looked_up_when_writing(monkeypatch: pytest.MonkeyPatch) -> None:
    table, stream = TextTable(), io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    table.update(RunState(), events.Diagnosed(message="hello"))
    assert stream.getvalue() == "note: hello\n"


def test_a_stream_that_cannot_write_all_characters() -> None:
    buffer = io.BytesIO()
    stream = io.TextIOWrapper(buffer, encoding="ascii", newline="\n")
    TextTable(stream).update(RunState(), events.Diagnosed(message="精度"))
    assert buffer.getvalue() == b"note: ??\n"
