"""What `run.predict` takes."""

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
    assert message == 'There is no split "validaton". The splits are `validation`. Did you mean `validation`?'
    assert 'For a single text, give a list: a list of texts such as ["first text"' in refused("I like it.", ["text"])


def test_labels_and_other_columns_stay() -> None:
    frame = pd.DataFrame({"id": [7, 8], "text": ["a", "b"], "label": ["yes", "no"]})
    assert rows_of(frame, ["text"]).column_names == ["id", "text", "label"]
    assert rows_of(frame.assign(label=pd.Series(["yes", None])), ["text"]).column_names == ["id", "text"]
    assert "have a label in `label` that the training examples do not have: maybe" in refused(
        frame.assign(label=["yes", "maybe"]), ["text"]
    )


@pytest.mark.parametrize(
    ("data", "text", "message"),
    [
        ([], ["text"], "There is nothing to predict: no rows were given."),
        (pd.DataFrame({"text": []}), ["text"], "There is nothing to predict"),
        (
            ["a", "b"],
            PAIR,
            "Item 0 has 1 text, the model reads 2 (`premise`, `hypothesis`). Expected: a list of tuples",
        ),
        ([("a", "b"), ("c", "d", "e")], PAIR, "Item 1 has 3 texts, the model reads 2"),
        ([("a", "b")], ["text"], "Item 0 has 2 texts, the model reads 1 (`text`)"),
        (["a", 3], ["text"], "Item 1 is no text: 3."),
        (["a", None], ["text"], "new data: 1 of 2 rows have no text in column `text`."),
        ({"txt": ["a"]}, ["text"], "text: no column `text` in new data. Did you mean `txt`?"),
        ({"premise": ["a"], "hypothesis": ["b", "c"]}, PAIR, "different numbers of rows: `premise` 1, `hypothesis` 2"),
        (3, ["text"], "Data of type int cannot be predicted. Give a DataFrame"),
    ],
)
def test_what_cannot_be_predicted(data: Any, text: list[str], message: str) -> None:
    assert message in refused(data, text)
