"""The inputs of `run.predict`."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from datasets import Dataset

from nbtrain.errors import DataError
from nbtrain.events import TaskSpec
from nbtrain.preprocessing.new_rows import new_rows

PAIR = ["premise", "hypothesis"]


def rows_of(data: Any, text: list[str], **options: Any) -> Dataset:
    spec = TaskSpec("text_classification", tuple(text), ("label",), ("no", "yes"))
    return new_rows(data, spec, **options).rows


def refused(data: Any, text: list[str], **options: Any) -> str:
    with pytest.raises(DataError) as error:
        rows_of(data, text, **options)
    return str(error.value)


@pytest.mark.parametrize(
    "data",
    [
        ["a", "b"],
        ("a", "b"),
        pd.Series(["a", "b"]),
        [("a",), ["b"]],
        [{"text": "a"}, {"text": "b"}],
        {"text": ["a", "b"]},
        pd.DataFrame({"text": ["a", "b"]}),
        Dataset.from_dict({"text": ["a", "b"]}),
    ],
)
def test_single_texts(data: Any) -> None:
    assert rows_of(data, ["text"]).to_dict() == {"text": ["a", "b"]}


def test_pairs() -> None:
    wanted = {"premise": ["a", "c"], "hypothesis": ["b", "d"]}
    assert rows_of([("a", "b"), ["c", "d"]], PAIR).to_dict() == wanted
    assert rows_of({"premise": "a", "hypothesis": "b"}, PAIR).to_dict() == {"premise": ["a"], "hypothesis": ["b"]}


def test_a_split_by_name() -> None:
    splits = {"validation": Dataset.from_dict({"text": ["a"], "label": ["yes"]})}
    assert rows_of("validation", ["text"], splits=splits) is splits["validation"]
    message = refused("validaton", ["text"], splits=splits)
    assert '"validaton"' in message
    assert "Did you mean `validation`?" in message
    assert 'a list of strings such as ["first text"' in refused("I like it.", ["text"])


def test_labels_and_other_columns_stay() -> None:
    frame = pd.DataFrame({"id": [7, 8], "text": ["a", "b"], "label": ["yes", "no"]})
    assert rows_of(frame, ["text"]).column_names == ["id", "text", "label"]
    assert rows_of(frame.assign(label=pd.Series(["yes", None])), ["text"]).column_names == ["id", "text"]
    assert ": maybe. Known labels: no, yes." in refused(frame.assign(label=["yes", "maybe"]), ["text"])


@pytest.mark.parametrize(
    ("data", "text", "message"),
    [
        ([], ["text"], "no rows"),
        (pd.DataFrame({"text": []}), ["text"], "no rows"),
        (
            ["a", "b"],
            PAIR,
            "Item 0 has 1 string, but the model reads 2 (`premise`, `hypothesis`). Expected a list of tuples",
        ),
        ([("a", "b"), ("c", "d", "e")], PAIR, "Item 1 has 3 strings, but the model reads 2"),
        ([("a", "b")], ["text"], "Item 0 has 2 strings, but the model reads 1 (`text`)"),
        (["a", 3], ["text"], "Item 1 is not a string: 3."),
        (["a", None], ["text"], "new data: 1 of 2 rows has no text in column `text`."),
        ({"txt": ["a"]}, ["text"], "text: no column `text` in new data. Did you mean `txt`?"),
        ({"premise": ["a"], "hypothesis": ["b", "c"]}, PAIR, "`premise` 1, `hypothesis` 2"),
        (3, ["text"], "object of type int"),
    ],
)
def test_what_cannot_be_predicted(data: Any, text: list[str], message: str) -> None:
    assert message in refused(data, text)
