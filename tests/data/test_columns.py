"""Finding the text and label columns, and errors that ask if they are ambiguous."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from datasets import ClassLabel, Dataset

from tests.data.conftest import read_frame, refusal

TEXT = [f"text {n}" for n in range(20)]
CLASS = [0, 1] * 10


def table(columns: str) -> pd.DataFrame:
    """A table from names with kinds: "text:t stars:i"."""
    values: dict[str, Any] = {
        "t": TEXT, "i": CLASS, "f": [n / 3 for n in range(20)], "n": range(20), "l": [["a"], ["b", "c"]] * 10,
    }  # fmt: skip
    return pd.DataFrame({name: values[kind] for name, kind in (column.split(":") for column in columns.split())})


@pytest.mark.parametrize(
    ("columns", "text", "label", "task"),
    [
        ("text:t label:i", ["text"], ["label"], "text_classification"),
        ("label:i sentence:t idx:n", ["sentence"], ["label"], "text_classification"),
        ("sentence1:t sentence2:t label:i idx:n", ["sentence1", "sentence2"], ["label"], "text_classification"),
        (
            "question1:t question2:t is_duplicate:i id:n",
            ["question1", "question2"],
            ["is_duplicate"],
            "text_classification",
        ),
        ("premise:t hypothesis:t label:i", ["premise", "hypothesis"], ["label"], "text_classification"),
        ("text_a:t text_b:t score:f", ["text_a", "text_b"], ["score"], "regression"),
        ("sentence_A:t sentence_B:t score:f pair_id:t", ["sentence_A", "sentence_B"], ["score"], "regression"),
        ("title:t content:t label:i", ["content"], ["label"], "text_classification"),
        ("text:t label:i label_text:t", ["text"], ["label"], "text_classification"),
        ("id:t review:t polarity:i", ["review"], ["polarity"], "text_classification"),
        ("utterance:t stars:i", ["utterance"], ["stars"], "text_classification"),
        ("text:t labels:l id:t", ["text"], ["labels"], "multi_label"),
        ("Text:t Label:i", ["Text"], ["Label"], "text_classification"),
    ],
)
def test_columns_are_found(columns: str, text: list[str], label: list[str], task: str) -> None:
    data = read_frame(table(columns))
    assert (data.spec.inputs, data.spec.target, data.spec.task) == (tuple(text), tuple(label), task)
    assert any("text = " in note and "label = " in note for note in data.notes)


def test_a_column_with_class_names_is_the_label() -> None:
    rows = Dataset.from_pandas(table("text:t quality:i n:i")).cast_column("quality", ClassLabel(names=["low", "high"]))
    assert read_frame(rows).spec.target == ("quality",)


def test_named_columns_are_used_without_a_note() -> None:
    data = read_frame(table("a:t b:t c:i d:i"), text=["b", "a"], label=["d"])
    assert (data.spec.inputs, data.spec.target) == (("b", "a"), ("d",))
    assert not any("text = " in note for note in data.notes)
    assert data.splits["train"].column_names == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    ("columns", "why", "example"),
    [
        ("a:t b:t label:i", "`a`, `b`", 'text = ["a", "b"]'),
        ("text:t comment:t label:i", "`text`, `comment`", 'text = ["text", "comment"]'),
        ("a:i b:i label:i", "No column contains text", "text ="),
        ("text:t x:i y:i", "`x`, `y`", 'label = "x"'),
        ("text:t score:f rating:i", "`rating`, `score`", 'label = "rating"'),
        ("text:t intent_name:t", "which column is the label", "label ="),
        ("text:t polarity:i sentiment:i", "`polarity`, `sentiment`", 'label = "polarity"'),
        ("claim:t text:t label:i", "`claim`, `text`", 'text = "text"'),
        ("text:t genre:i word_count:i", "Is it `genre`?", 'label = "genre"'),
        ("text:t year:i", "Is it `year`?", 'label = "year"'),
        ("text:t price:f", "Is it `price`?", 'label = "price"'),
        ("text:t score:f", "Is it `score`?", 'label = "score"'),
        ("text:t n_likes:i retweet_count:i", "`n_likes`, `retweet_count`", 'label = "n_likes"'),
        ("text:t topic:i quality:i", "`topic`, `quality`", 'label = "topic"'),
        ("id:t label:i", "Is it `id`?", 'text = "id"'),
    ],
)
def test_ambiguous_columns_are_asked_for(columns: str, why: str, example: str) -> None:
    frame = table(columns)
    message = refusal(frame)
    assert why in message
    assert example in message
    assert all(name in message for name in frame.columns), "every column is listed"


def test_both_questions_are_asked_at_once() -> None:
    message = refusal(table("title:t abstract:t quality:i"))
    assert "Is it `quality`?" in message
    assert "`title`, `abstract`" in message
    assert message.endswith('\n    label = "quality"\n    text = ["title", "abstract"]')


def test_empty_and_constant_columns_are_not_offered() -> None:
    nothing: dict[str, Any] = {"u": [None] * 20, "v": [float("nan")] * 20, "w": [1] * 20, "label": [None] * 20}
    message = refusal(table("v1:i v2:t").assign(**nothing))
    assert "Is it `v1`?" in message
    assert 'label = "v1"' in message
    named = pd.DataFrame({"sms": TEXT, "x": ["ham", "spam"] * 10, "Unnamed: 2": [float("nan")] * 20})
    assert 'label = "x"' in refusal(named)


def test_columns_of_0_and_1_may_be_several_labels() -> None:
    assert 'any number of labels can apply to a text: label = ["rude", "loud"]' in refusal(
        table("text:t rude:i loud:i")
    )


def test_names_that_need_quotes_are_written_as_toml() -> None:
    message = refusal(table("text:t a:i").rename(columns={"a": 'the "real" one'}))
    assert r'label = "the \"real\" one"' in message


def test_long_tables_are_judged_by_rows_from_everywhere() -> None:
    from nbtrain.data.column_facts import MAX_ROWS, ColumnFacts

    size = 2 * MAX_ROWS + 10
    values = {"sorted": [0] * (size // 2) + [1] * (size // 2), "number": range(size)}
    rows = Dataset.from_dict(values)
    assert ColumnFacts.of(rows, "sorted").is_binary
    facts = ColumnFacts.of(rows, "number")
    assert facts.distinct == facts.filled <= MAX_ROWS
    assert not facts.looks_like_classes


def test_few_rows_are_enough_for_a_known_name() -> None:
    frame = pd.DataFrame({"text": ["a", "b"], "label": [0, 1]})
    assert read_frame({"train": frame, "validation": frame}).spec.target == ("label",)


def test_columns_are_listed_with_their_types() -> None:
    message = refusal(table("a:t b:t label:i value:f tags:l"))
    for line in ("a      text", "label  integers", "value  floats", "tags   lists of text"):
        assert line in message


def test_missing_column_names_the_closest() -> None:
    message = refusal(table("sentence:t label:i"), text=["sentnce"])
    assert message.startswith("text: no column `sentnce` in train.")
    assert "Did you mean `sentence`?" in message
    message = refusal(table("sentence:t label:i"), label=["zzz"])
    assert message.startswith("label: no column `zzz` in train.")
    assert 'label = "..."' in message


def test_columns_must_be_in_every_split() -> None:
    frame = table("text:t label:i")
    assert "no column `text` in validation" in refusal(train=frame, validation=frame.rename(columns={"text": "texts"}))
    assert "no column `label` in validation" in refusal(train=frame, validation=frame[["text"]])
    assert "no column `text` in test" in refusal(train=frame, test=frame[["label"]])


def test_a_test_split_that_only_came_along_stops_nothing() -> None:
    frame = table("text:t label:i")
    tests = {
        "no column `text`": frame[["label"]],
        "no text": frame.assign(text=[None, *TEXT[1:]]),
        "does not occur": frame.assign(label=[7, *CLASS[1:]]),
        "cannot be read": frame.assign(text=[3, *TEXT[1:]]),
        "no rows": frame[:0],
    }
    for reason, test in tests.items():
        data = read_frame({"train": frame, "test": test})
        assert list(data.splits) == ["train", "validation"]
        [note] = [note for note in data.notes if note.startswith("The test split is left out")]
        assert reason in note
        assert refusal(train=frame, test=test)


def test_a_column_cannot_be_both() -> None:
    assert "`text` is both text and label" in refusal(table("text:t label:i"), text=["text"], label=["text"])


def test_few_names_next_to_a_text_are_its_classes() -> None:
    rows = pd.DataFrame({"question": [f"question {n}" for n in range(60)], "coarse": ["NUM", "LOC", "HUM"] * 20})
    data = read_frame(rows)
    assert (data.spec.inputs, data.spec.target) == (("question",), ("coarse",))
    assert read_frame(rows[["coarse", "question"]]).spec.target == ("coarse",)
    assert "Set" in refusal(rows.assign(other=["a", "b"] * 30)), "another column could be the label"
    assert "Set" in refusal(rows.rename(columns={"coarse": "source"})), "a name that describes the row"
    assert "Set" in refusal(rows.head(24)), "few repetitions"
