"""Labels that are not what they look like are asked about, and the lines of the question work."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbtrain.data.label_cells import LIST, find_form, parse_list
from nbtrain.data.source import Source
from nbtrain.preprocessing.dataset import read
from tests.data.conftest import read_frame, refusal

TEXTS = [f"text number {n}" for n in range(40)]
NAMES = [["joy"], ["joy", "love"], ["anger"], ["sad", "anger"]]


def frame(values: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"text": TEXTS, "labels": (values * 40)[:40]})


@pytest.mark.parametrize(
    ("cells", "labels", "first"),
    [
        ([str(names) for names in NAMES], ["anger", "joy", "love", "sad"], [0, 1, 0, 0]),
        ([json.dumps(names) for names in NAMES], ["anger", "joy", "love", "sad"], [0, 1, 0, 0]),
        ([str(np.array(names)) for names in NAMES], ["anger", "joy", "love", "sad"], [0, 1, 0, 0]),
        ([str(tuple(names)) for names in NAMES], ["anger", "joy", "love", "sad"], [0, 1, 0, 0]),
        (["{'joy'}", "{'love', 'joy'}", "{'anger'}"], ["anger", "joy", "love"], [0, 1, 0]),
        (["[0, 1, 0]", "[1, 1, 0]", "[0, 0, 1]"], ["labels_0", "labels_1", "labels_2"], [0, 1, 0]),
        (["[0 1 0]", "[1 1 0]", "[0 0 1]"], ["labels_0", "labels_1", "labels_2"], [0, 1, 0]),
        (["[0. 1. 0.]", "[1. 1. 0.]", "[0. 0. 1.]"], ["labels_0", "labels_1", "labels_2"], [0, 1, 0]),
        (["[7]", "[7, 12]", "[]"], ["7", "12"], [1, 0]),
        (["2", "2,7", "5", "5,7"], ["2", "5", "7"], [1, 0, 0]),
        (["a|b", "b", "a|c"], ["a", "b", "c"], [1, 1, 0]),
        (["a; b", "c; d"], ["a", "b", "c", "d"], [1, 1, 0, 0]),
        (["news, sport", "sport", "news"], ["news", "sport"], [1, 1]),
        (["[joy, love]", "[joy]"], ["joy", "love"], [1, 1]),
        ([str(["it's", "a|b"]), "['x']"], ["a|b", "it's", "x"], [1, 1, 0]),
    ],
)
def test_several_labels_in_a_cell(cells: list[str], labels: list[str], first: list[int], tmp_path: Path) -> None:
    path = tmp_path / "train.csv"
    frame(cells).to_csv(path, index=False)
    message = refusal(str(path))
    assert "Column `labels` seems to contain" in message
    assert 'task = "multi_label"' in message
    assert 'task = "text_classification"' in message
    rows = frame(cells)
    data = read(Source(train=str(path), validation=rows, task="multi_label"))
    assert [str(label) for label in data.spec.labels] == labels
    assert data.labels["train"][0].tolist() == first
    assert data.labels["validation"].tolist() == data.labels["train"].tolist()
    assert read_frame(str(path), task="text_classification").spec.task == "text_classification"


def test_splits_may_have_other_types() -> None:
    train = frame(["2", "2,7", "5"])
    only_single = frame([2, 7, 5])
    lists = frame([["2"], ["7", "5"]])
    data = read(Source(train=train, validation=only_single, test=lists, task="multi_label"))
    assert data.labels["validation"][:3].tolist() == [[1, 0, 0], [0, 0, 1], [0, 1, 0]]
    assert data.labels["test"][:2].tolist() == [[1, 0, 0], [0, 1, 1]]


@pytest.mark.parametrize(
    "cells",
    [
        ["Science, Technology", "Business", "Sports"],
        ["Extremely Positive", "Positive", "Negative"],
        ["Sci/Tech", "World", "Sports"],
        ["comp.sys.mac", "sci.space", "rec.autos"],
        ["(none)", "yes", "no"],
        ["1.5.2", "1.5.3"],
        ["{broken", "whole"],
        ["R&B", "Rock & Roll"],
    ],
)
def test_names_of_classes_are_not_asked_about(cells: list[str]) -> None:
    data = read_frame(frame(cells))
    assert data.spec.task == "text_classification"
    assert {*data.spec.labels} == {*cells}


def test_decimal_commas_are_offered_as_numbers() -> None:
    df = frame(["3,5", "4", "2,7", "3,7", "2,5"])
    message = refusal(df)
    assert "decimal comma" in message
    names = {"df": df}
    exec(message.partition("decimal comma: ")[2], names)
    assert read_frame(names["df"]).spec.task == "regression"


@pytest.mark.parametrize("values", [range(40), [n % 25 * 4 for n in range(40)], [1980 + n % 30 for n in range(40)]])
def test_integers_of_many_values_are_asked_about(values: Any) -> None:
    df = frame(list(values))
    message = refusal(df)
    assert f"`labels` has {len({*values})} distinct values in 40 rows, {min(values)} to {max(values)}" in message
    assert read_frame(df, task="regression").spec.task == "regression"
    if len({*values}) <= 20:
        assert read_frame(df, task="text_classification").spec.task == "text_classification"


def test_numbers_as_text_of_many_values_are_asked_about() -> None:
    df = frame([f"{n}.5" for n in range(30)])
    message = refusal(df)
    assert 'task = "regression"' in message
    [fix] = re.findall(r"df\[.*?\(float\)", message)
    names = {"df": df}
    exec(fix, names)
    assert read_frame(names["df"]).spec.task == "regression"


def test_few_integers_are_classes() -> None:
    assert read_frame(frame([n % 20 for n in range(40)])).spec.task == "text_classification"


@pytest.mark.parametrize("values", [[[0.8, 0.2], [0.3, 0.7]], ["[0.8, 0.2]", "[0.3, 0.7]"]])
def test_soft_labels(values: list[Any]) -> None:
    df = frame(values)
    message = refusal(df)
    assert "soft labels" in message
    assert "nbtrain cannot learn" in message
    names: dict[str, Any] = {"df": df}
    lines = re.findall(r"(?:first|class): (.*)", message)
    assert len(lines) == (2 if isinstance(values[0], str) else 1)
    for line in reversed(lines):
        exec(line, names)
    data = read(Source(train=names["df"], validation=names["df"]))
    assert (data.spec.task, data.labels["train"][:2].tolist()) == ("text_classification", [0, 1])


def test_lists_of_numbers() -> None:
    df = frame([[1.5, 4.0], [3.5, 2.25]])
    message = refusal(df)
    assert "lists of floats (1.5, 4.0, 3.5" in message
    assert "several numbers for a text" in message
    names: dict[str, Any] = {"df": df}
    exec(message.partition("one of them: ")[2], names)
    assert read_frame(names["df"]).spec.task == "regression"


def test_several_columns_of_numbers() -> None:
    df = frame([0]).assign(a=np.arange(40) / 10, b=4 - np.arange(40) / 10)
    for task in (None, "regression"):
        message = refusal(df, label=["a", "b"], task=task)
        assert "cannot be learned in one run" in message
        assert message.endswith('label = "a"')
    assert read_frame(df, label=["a"]).spec.task == "regression"


@pytest.mark.parametrize("nothing", ["-", "", " "])
def test_the_dash_of_snli_and_blanks_are_no_class(nothing: str) -> None:
    df = frame(["neutral", "entailment", nothing, "contradiction"]).rename(columns={"labels": "gold_label"})
    message = refusal(df)
    assert f'df = df[df["gold_label"] != "{nothing}"]' in message
    names = {"df": df}
    exec(message.partition("for example: ")[2].partition(". If")[0], names)
    assert read_frame(names["df"].reset_index(drop=True)).spec.labels == ("contradiction", "entailment", "neutral")
    assert read_frame(frame(["+", "-", "0"])).spec.labels == ("+", "-", "0")


@pytest.mark.parametrize(
    ("cell", "entries"),
    [
        ("['a', 'b']", ["a", "b"]),
        ("['a' 'b']", ["a", "b"]),
        ('["a"]', ["a"]),
        ("[]", []),
        ("[ 1  2]", [1, 2]),
        ("(True, False)", [True, False]),
        ("{'a': 1}", None),
        ("['a'] and ['b']", None),
        ("[a", None),
        ("a, b", None),
    ],
)
def test_lists_that_were_written_as_text(cell: str, entries: list[Any] | None) -> None:
    assert parse_list(cell) == entries


def test_forms() -> None:
    assert find_form(["['a']", "[]"]) == LIST
    assert find_form(["['a']", "b"]) is None
    assert find_form(["a, b"]) is None
    assert find_form(["a, b"], is_sure=True) == ","
    assert find_form([]) is None
