"""Columns of well-known data sets: found rightly, or asked for; never wrong."""

from __future__ import annotations

import random
import re
import tomllib
from typing import Any

import pandas as pd
import pytest
from datasets import Dataset

from nbtrain import tasks
from nbtrain.data.columns import find_columns
from nbtrain.data.frames import from_frame
from nbtrain.data.source import Source
from nbtrain.errors import DataError
from tests.data.column_sets import ALL, Asks, Known

ANSWERED = [known for known in ALL if not isinstance(known.right, Asks)]
ASKED = [known for known in ALL if isinstance(known.right, Asks)]

SECOND_LABELS = {
    "SetFit/sst2": "label_text",
    "20 newsgroups of scikit-learn": "target_names",
    "conll2003": "pos_tags",
}
"""Columns that are the label, too."""


def rows_of(known: Known) -> Dataset:
    rows = known.rows()
    return from_frame(rows) if isinstance(rows, pd.DataFrame) else rows


def found(rows: Dataset, **source: Any) -> tuple[list[str], list[str]] | str:
    """The text and label columns, or the message that asks for them."""
    named = Source(**source)
    try:
        task = tasks.recognize(rows, named)
        find = find_columns if task is None else task.find_columns
        text, label = find({"train": rows}, named, [])
        return list(text), list(label)
    except DataError as question:
        return str(question)


def lines_to_paste(message: str) -> dict[str, list[str]]:
    """The keys and values of the first example of each key."""
    lines: dict[str, list[str]] = {}
    for line in re.findall(r"(?:^ +|for example: )((?:text|label) = .*)$", message, re.MULTILINE):
        for key, value in tomllib.loads(line).items():
            lines.setdefault(key, [value] if isinstance(value, str) else value)
    return lines


def test_there_are_enough() -> None:
    assert len(ALL) >= 90
    assert len({known.name for known in ALL}) == len(ALL)


@pytest.mark.parametrize("known", ANSWERED, ids=lambda known: known.name)
def test_the_columns_are_found(known: Known) -> None:
    text, label = known.right
    rows = rows_of(known)
    assert found(rows) == (text, [label])
    names = list(rows.column_names)
    random.Random(known.name).shuffle(names)
    answer = found(rows.select_columns(names))
    assert not isinstance(answer, str)
    assert (sorted(answer[0]), answer[1]) == (sorted(text), [label]), "the order of the columns says nothing"


@pytest.mark.parametrize("known", ASKED, ids=lambda known: known.name)
def test_doubt_is_asked_about(known: Known) -> None:
    rows, asks = rows_of(known), known.right
    message = found(rows)
    assert isinstance(message, str), f"took {message}"
    assert isinstance(asks, Asks)
    assert asks.says in message
    offered = {*re.findall(r"`([^`]+)`", message.partition("\nColumns:\n")[0])}
    assert {*asks.offers} <= offered
    assert offered <= {*rows.column_names} or not asks.offers


@pytest.mark.parametrize("known", [one for one in ASKED if one.right.offers], ids=lambda known: known.name)
def test_the_lines_to_paste_answer_every_question(known: Known) -> None:
    rows = rows_of(known)
    message = found(rows)
    assert isinstance(message, str)
    answers = lines_to_paste(message)
    assert answers
    answer = found(rows, **answers)
    assert not isinstance(answer, str), answer
    assert all(answer[("text", "label").index(key)] == columns for key, columns in answers.items())


@pytest.mark.parametrize("known", ANSWERED, ids=lambda known: known.name)
def test_without_its_label_no_other_column_is_taken(known: Known) -> None:
    answer = found(rows_of(known).remove_columns(known.right[1]))
    if known.name in SECOND_LABELS:
        assert answer == (known.right[0], [SECOND_LABELS[known.name]])
    else:
        assert isinstance(answer, str), f"took {answer}"
