"""Lists as data: records, and texts with labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbtrain.data.lists import from_list
from nbtrain.data.source import Source
from nbtrain.errors import DataError
from nbtrain.preprocessing.dataset import read

TEXTS = [f"text {at}" for at in range(20)]
LABELS = [0, 1] * 10
WANTED = {"text": TEXTS, "label": LABELS}
RECORDS = [{"text": text, "label": label} for text, label in zip(TEXTS, LABELS, strict=True)]


@pytest.mark.parametrize(
    "data",
    [
        RECORDS,
        tuple(RECORDS),
        (TEXTS, LABELS),
        (np.array(TEXTS), np.array(LABELS)),
        (pd.Series(TEXTS, index=range(5, 25)), pd.Series(LABELS, index=range(5, 25))),
        (pd.DataFrame({"text": TEXTS}, index=range(5, 25)), LABELS),
        list(zip(TEXTS, LABELS, strict=True)),
        {"text": np.array(TEXTS), "label": pd.Series(LABELS)},
    ],
    ids=["records", "tuple", "lists", "arrays", "series", "frame", "rows", "columns"],
)
def test_they_train_as_a_frame_does(data: Any) -> None:
    found = read(Source(train=data, validation=data))
    assert found.splits["train"].to_dict() == WANTED
    assert (found.spec.inputs, found.spec.target, found.spec.labels) == (("text",), ("label",), (0, 1))


def test_a_dict_of_splits_of_records() -> None:
    found = read(Source(dataset={"train": RECORDS, "test": RECORDS[:4]}))
    assert len(found.splits["test"]) == 4


def test_pairs_of_texts() -> None:
    rows = from_list(([("a", "b"), ("c", "d")], ["yes", "no"]), "train")
    assert rows.to_dict() == {"text1": ["a", "c"], "text2": ["b", "d"], "label": ["yes", "no"]}


def test_a_record_without_a_name_has_an_empty_cell() -> None:
    assert from_list([{"a": 1}, {"b": "x"}], "train").to_dict() == {"a": [1, None], "b": [None, "x"]}


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (["a", "b"], ["`train`", "list of str", 'columns=["text", "label"]']),
        ([("a", "b"), ("c", "d")], ["list of tuple"]),
        ((TEXTS, [1]), ["20 and 1"]),
        (("a", [1, 2]), ["str"]),
        ([1, "a"], ["int and str"]),
    ],
)
def test_other_lists_are_refused(data: Any, words: list[str]) -> None:
    with pytest.raises(DataError) as caught:
        from_list(data, "train")
    assert all(word in str(caught.value) for word in words)
