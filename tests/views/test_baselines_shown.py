"""Where a run shows what simple answers reach."""

from __future__ import annotations

import io
import re

import pytest

from nbtrain.events import Baselines, Created, Ended, Evaluated, Event, Prepared, Started, Stepped, TaskSpec
from nbtrain.events.state import RunState
from nbtrain.views import summary
from nbtrain.views.browser_json import baselines
from nbtrain.views.record import Record
from nbtrain.views.record_json import record_json
from nbtrain.views.table import TextTable

SIMPLE = Baselines(
    step=1, answer="`it's <spam>`", constant={"accuracy": 0.68, "f1": 0.8}, words={"accuracy": 0.71}, rows=900
)
EVENTS: list[Event] = [
    Created(run="a", config='model = "demo"', directory="a"),
    Started(max_steps=1, epochs=1, batch_size=8),
    Stepped(step=1, epoch=1, loss=0.5, learning_rate=1e-5, grad_norm=1.0, seconds=1, examples=8),
    SIMPLE,
    Evaluated(step=1, epoch=1, metrics={"eval_loss": 0.4, "eval_accuracy": 0.81, "eval_f1": 0.85}),
    Ended(step=1, status="finished", weights=1),
]
STATE = RunState.fold(EVENTS)


def test_they_are_the_first_lines_of_the_text_table() -> None:
    stream, state = io.StringIO(), RunState()
    table = TextTable(stream)
    for event in EVENTS:
        state.apply(event)
        table.update(state, event)
    lines = stream.getvalue().splitlines()
    head = next(at for at, line in enumerate(lines) if "validation loss" in line)
    titles, constant, words, row = lines[head : head + 4]
    assert constant.split() == ["always", "it's", "<spam>", "0.6800", "0.8000"]
    assert words.split() == ["word", "counts", "0.7100"]
    assert row.split()[:6] == ["1", "1.00", "0.5000", "0.4000", "0.8100", "0.8500"]
    for text, number in ((constant, "0.6800"), (words, "0.7100"), (row, "0.8100")):
        assert text.index(number) + len(number) == titles.index("accuracy") + len("accuracy")
    assert (
        lines[-1].startswith("accuracy 0.8100") and "always answering `it's <spam>` gives accuracy 0.6800" in lines[-1]
    )


def test_the_record_has_them_as_text_and_html() -> None:
    record = Record(STATE)
    text = record.text().splitlines()
    assert "always answering `it's <spam>` gives accuracy 0.6800, word counts 0.7100" in text
    assert [line.split() for line in text if line.startswith("  word counts")] == [["word", "counts", "0.7100"]]
    html = record.html()
    assert "always answering <code>it's &lt;spam&gt;</code> gives accuracy 0.6800, word counts 0.7100" in html
    rows = re.findall(r"<tr.*?</tr>", html)
    cells = [re.sub("<.*?>", "|", row) for row in rows]
    assert [re.split(r"\|+", cell)[1:-1] for cell in cells[1:3]] == [
        ["always it's &lt;spam&gt;", "0.6800", "0.8000"],
        ["word counts", "0.7100"],
    ]
    assert all(row.count("<td") + 2 == len(re.findall("<th ", rows[0])) for row in rows[1:3]), "one spans three columns"


def test_the_browser_gets_them_as_data() -> None:
    shown = [
        {"title": "always it's <spam>", "metrics": {"accuracy": 0.68, "f1": 0.8}},
        {"title": "word counts", "metrics": {"accuracy": 0.71}},
    ]
    assert baselines(STATE) == shown
    record = record_json(STATE)
    assert record["baselines"] == shown
    assert record["compared"] == "always answering it's <spam> gives accuracy 0.6800, word counts 0.7100"
    assert (
        "metric:accuracy, always it's <spam>" in record["curves"] and "metric:accuracy, word counts" in record["curves"]
    )


def test_early_journals_have_none() -> None:
    state = RunState.fold([event for event in EVENTS if not isinstance(event, Baselines)])
    assert baselines(state) == [] and record_json(state)["compared"] == ""
    assert "always" not in Record(state).html()


@pytest.mark.parametrize(
    ("simple", "note"),
    [
        (Baselines(constant={"accuracy": 0.5}, skipped="it is too much"), "left out of the baselines: it is too much."),
        (Baselines(words={"accuracy": 0.5}, rows=400), "a linear model on 400 of 1,000 training rows."),
        (Baselines(words={"accuracy": 0.5}, rows=1000), ""),
    ],
)
def test_a_note_says_what_is_special_about_word_counts(simple: Baselines, note: str) -> None:
    prepared = Prepared(spec=TaskSpec("text_classification"), sizes={"train": 1000, "validation": 100})
    notes = [one.text for one in summary.notes(RunState.fold([prepared, simple]))]
    assert len(notes) == bool(note) and all(text.endswith(note) for text in notes)
