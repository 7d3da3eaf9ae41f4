"""Marked text in records: the first example, entities, answers, written texts."""

from __future__ import annotations

import re

import pandas as pd
import pytest

from nbtrain.events import Predicted, Prepared, TaskSpec
from nbtrain.events.state import RunState
from nbtrain.tasks import get
from nbtrain.tasks.entities import marked_entities
from nbtrain.views.marked_text import MAX_LENGTH, MAX_UNMARKED, Block, blocks, html
from nbtrain.views.record import Record


@pytest.fixture
def state() -> RunState:
    example = [("the user asks ", "", False), ("an answer", "learned", False)]
    shown = [[("In ", "", False), ("Paris", "place, should be person", True), (" <b>", "", False)]]
    events = [
        Prepared(spec=TaskSpec("chat"), sizes={"train": 2}, example=example),
        Predicted(file="predictions.parquet", rows=1, shown=shown),
    ]
    return RunState.fold(iter(events))


def test_a_record_has_the_example_and_the_predictions(state: RunState) -> None:
    first, second = blocks(state)
    assert first.lines == [[("the user asks ", "", False), ("an answer", "learned", False)]]
    assert second.lines[0][1] == ("Paris", "place, should be person", True)
    record = Record(state)
    page = record.html()
    assert re.search(r"<span[^>]*>an answer<small[^>]*> learned</small></span>", page)
    assert "&lt;b&gt;" in page and " <b></" not in page
    texts = record.json()["texts"]
    assert [block["lines"] for block in texts] == [first.lines, second.lines]


def test_there_is_nothing_to_show_of_other_runs() -> None:
    state = RunState.fold(iter([Prepared(spec=TaskSpec("regression"), sizes={"train": 2})]))
    assert blocks(state) == []
    assert Record(state).json()["texts"] == []


def test_long_texts_keep_their_marks() -> None:
    example = [("a " * 900, "", False), ("b" * 2 * MAX_LENGTH, "learned", False), ("end", "", False)]
    state = RunState.fold(iter([Prepared(spec=TaskSpec("chat"), sizes={}, example=example)]))
    [block] = blocks(state)
    (before, _, _), (marked, label, _), *_ = block.lines[0]
    assert len(before) <= MAX_UNMARKED + 5 and " ... " in before
    assert label == "learned" and marked.startswith("bbb") and len(marked) <= MAX_LENGTH
    assert block.lines[0][-1][0] == " ..."


def test_line_breaks_are_shown() -> None:
    assert "one<br>two" in html(Block("x", [[("one\ntwo", "", False)]]))


def test_entities_are_marked_with_what_is_wrong() -> None:
    frame = pd.DataFrame(
        {
            "tokens": [["Anna", "saw", "Oslo"], ["no", "names"], ["Bob", "Lee", "at", "Acme"]],
            "label": [["B-person", "O", "B-place"], ["O", "O"], ["B-person", "I-person", "O", "O"]],
            "prediction": [["B-person", "O", "B-person"], ["O", "O"], ["B-person", "O", "O", "B-place"]],
        }
    )
    lines = marked_entities(frame, "tokens")
    marked = [[piece for piece in line if piece[1]] for line in lines]
    assert marked == [
        [("Anna", "person", False), ("Oslo", "person, should be place", True)],
        [("Bob Lee", "person, wrong boundary", True), ("Acme", "place, should be nothing", True)],
    ]
    assert "".join(text for text, *_ in lines[1]).split() == ["Bob", "Lee", "at", "Acme"]


def test_answers_are_marked_in_their_context() -> None:
    context = "Anna lives in Oslo."
    frame = pd.DataFrame(
        {
            "question": ["Who?", "Where?", "When?"],
            "context": [context] * 3,
            "label": ["Anna", "Oslo", ""],
            "prediction": ["Anna", "Anna", ""],
            "start": [0, 0, -1],
            "correct": [True, False, True],
        }
    )
    spec = TaskSpec("question_answering", ("question", "context"), ("answers",))
    lines = get("question_answering").shown_predictions(frame, spec)
    assert [line[1] for line in lines] == [
        ("Anna", "answer", False),
        ("Anna", "answer, should be Oslo", True),
        ("(no answer)", "answer", False),
    ]
    assert "".join(text for text, *_ in lines[0]) == f"Who? {context}"


def test_written_texts_are_wrong_if_they_are_not_the_reference() -> None:
    columns = {
        "source": ["1 May", "2 May", "3 May"],
        "reference": ["05-01", "05-02", "05-03"],
        "generated": ["01-05", "05-02", ""],
        "correct": [False, True, False],
    }
    lines = get("seq2seq").shown_predictions(pd.DataFrame(columns), TaskSpec("seq2seq", ("source",), ("target",)))
    differs = "generated, differs from the reference"
    assert lines == [
        [("1 May ", "", False), ("01-05", differs, True), (" ", "", False), ("05-01", "reference", False)],
        [("2 May ", "", False), ("05-02", "generated", False)],
        [("3 May ", "", False), ("(nothing)", differs, True), (" ", "", False), ("05-03", "reference", False)],
    ]
    shown = html(Block("Predictions", lines))
    assert shown.count(f'01-05<small style="opacity:0.75"> {differs}</small>') == 1, "not by the color alone"


def test_an_answer_in_a_chat_is_not_wrong_but_beside_its_reference() -> None:
    spec, frame = TaskSpec("chat", ("prompt",), ("answer",)), pd.DataFrame({"prompt": ["Hi"], "generated": ["Hello!"]})
    [line] = get("chat").shown_predictions(frame, spec)
    assert line == [("Hi ", "", False), ("Hello!", "generated", False)]
    [line] = get("chat").shown_predictions(frame.assign(reference="Good day. " * 100), spec)
    assert line[:3] == [("Hi ", "", False), ("Hello!", "generated", False), (" ", "", False)]
    assert line[3][0].startswith("Good day.") and len(line[3][0]) <= 300 and line[3][1:] == ("reference", False)
