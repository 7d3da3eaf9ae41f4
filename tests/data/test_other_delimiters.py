"""Delimiters besides comma, semicolon, tab and vertical bar: read, or refused with their name and a fix that works."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.data.test_delimited import read_text, refused

NAMES = ["id", "text", "label"]
ROWS = [[1, "a warm and funny film", "pos"], [2, "dull, slow", "neg"], [3, "fine, but long", "pos"], [14, "no", "neg"]]
TABLE = {name: [row[at] for row in ROWS] for at, name in enumerate(NAMES)}


def written(mark: str) -> str:
    return "".join(mark.join(map(str, row)) + "\n" for row in [NAMES, *ROWS])


def done(message: str) -> pd.DataFrame:
    """The table that the fix of a message reads."""
    code = message.partition('pass "$df": ')[2]
    space: dict[str, Any] = {}
    exec(code, space)
    frame: pd.DataFrame = space["df"]
    return frame


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize("mark", ["\x01", "\x1f"])
def test_control_characters_are_read(mark: str, name: str, tmp_path: Path) -> None:
    columns, notes = read_text(tmp_path, written(mark), name)
    assert columns == TABLE
    assert f"the delimiter is the \\x{ord(mark):02x}" in notes


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
@pytest.mark.parametrize(
    ("mark", "word"),
    [(":", "colon"), ("^", "caret"), ("~", "tilde"), ("::", "double colon"), ("#", "number sign"), ("¦", "broken bar")],
)
def test_other_marks_are_refused_with_a_fix(mark: str, word: str, name: str, tmp_path: Path) -> None:
    message = refused(tmp_path, written(mark), name)
    assert f"the delimiter is the {word}." in message
    assert done(message).to_dict("list") == TABLE


def test_marks_in_quoted_cells_do_not_count(tmp_path: Path) -> None:
    message = refused(tmp_path, 'text:label\n"at 10:30":a\n"b":c\nd:e\n')
    assert done(message)["text"].tolist() == ["at 10:30", "b", "d"]


@pytest.mark.parametrize("justify", ["left", "right"])
def test_aligned_columns_are_refused_with_a_fix(justify: str, tmp_path: Path) -> None:
    frame = pd.DataFrame(TABLE)
    widths = [max(len(str(value)) for value in [name, *TABLE[name]]) + 2 for name in NAMES]
    fill = str.ljust if justify == "left" else str.rjust
    lines = [
        "".join(fill(str(value), width) for value, width in zip(row, widths, strict=True)) for row in [NAMES, *ROWS]
    ]
    message = refused(tmp_path, "\n".join(lines) + "\n")
    assert "the delimiter is the width of the columns" in message
    assert done(message).to_dict("list") == frame.to_dict("list")


def test_blanks_are_refused_with_a_fix(tmp_path: Path) -> None:
    message = refused(tmp_path, "id label score\n1 pos 0.25\n22 negative 1\n333 pos 0.5\n")
    assert re.search(r"the delimiter is the blank\.", message)
    assert done(message)["label"].tolist() == ["pos", "negative", "pos"]


@pytest.mark.parametrize(
    "content",
    [
        "text\na: b\nc: d\n",
        "text\na warm film\nb\nc d e f\n",
        "full name\nAnna Maria Schmidt\nBo\nC D\n",
        "text: all\na\nb: c\n",
        "a^b\n",
    ],
)
def test_one_column_stays_one_column(content: str, tmp_path: Path) -> None:
    lines = content.splitlines()
    assert read_text(tmp_path, content)[0] == {lines[0]: lines[1:]}
