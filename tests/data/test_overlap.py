"""Rows that two splits share."""

from __future__ import annotations

from datasets import Dataset

from nbtrain.data.overlap import joined_texts, shared_rows


def test_rows_are_shared_if_all_their_texts_are() -> None:
    train = Dataset.from_dict({"left": ["a", "b", "c"], "right": ["x", "y", "z"]})
    other = Dataset.from_dict({"left": ["a", "b", "a", "ax"], "right": ["x", "x", "x", ""]})
    assert shared_rows(train, other, ["left", "right"]) == 2
    assert shared_rows(train, other, ["left"]) == 3


def test_selected_rows_are_compared() -> None:
    rows = Dataset.from_dict({"text": ["a", "b", "a", "d"]})
    assert shared_rows(rows.select([0, 1]), rows.select([2, 3]), ["text"]) == 1


def test_other_columns_are_not_compared() -> None:
    rows = Dataset.from_dict({"tokens": [["a"], ["b"]], "number": [1, 2]})
    assert shared_rows(rows, rows, ["tokens"]) == 0
    assert shared_rows(rows, rows, ["tokens", "number"]) == 0
    assert shared_rows(rows, rows, []) == 0


def test_texts_are_joined() -> None:
    rows = Dataset.from_dict({"left": ["a", "b"], "right": ["x", "y"]})
    assert joined_texts(rows, ["left", "right"], " ").to_pylist() == ["a x", "b y"]
