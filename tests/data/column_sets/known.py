"""The columns of well-known data sets: names, types and a few values as on their public cards, the rows made up.

A column is a list of values that is repeated to `ROWS` rows, or a function of the row number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from datasets import ClassLabel, Dataset, Features

ROWS = 60

Column = Callable[[int], Any] | list[Any]


def text(row: int) -> str:
    return f"This is the text of row {row}, long enough to be one and like no other."


def other(row: int) -> str:
    return f"Another sentence, number {row}, that goes with the first one or does not."


def third(row: int) -> str:
    return f"A remark on row {row} by someone who has read both of them with care."


def korean(row: int) -> str:
    return f"{row}번 봐도 재미있는 영화"


def chinese(row: int) -> str:
    return f"酒店{row}的房间很好,早餐也不错"


def short(row: int) -> str:
    return f"Title no. {row}"


def number(row: int) -> int:
    return row


def long_id(row: int) -> int:
    return 570306133677760513 + 7 * row


def key(row: int) -> str:
    return f"a{row:06x}"


def user(row: int) -> str:
    return f"user_{row * 7919 % 1000}"


def url(row: int) -> str:
    return f"https://www.example.org/stories/{row}"


def date(row: int) -> str:
    return f"2015-02-{1 + row % 28:02d} 11:{row % 60:02d}:00 -0800"


def fraction(row: int) -> float:
    return (row * 37 % 60) / 61


def count(row: int) -> int:
    return row * row * 31 % 977


def empty(row: int) -> None:
    return None


BINARY = [0, 1, 1]
STARS = [1, 2, 3, 4, 5]
MOOD = ["neutral", "positive", "negative"]
TOXIC = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
FEELINGS = ["admiration", "amusement", "anger", "annoyance", "approval", "joy", "love", "neutral"]


@dataclass(frozen=True)
class Asks:
    """A question is right: `offers` are columns that it must name in backticks or in a line to paste."""

    offers: list[str] = field(default_factory=list)
    says: str = ""


@dataclass(frozen=True)
class Known:
    """A data set, and what is right.

    Args:
        name: What people call it.
        columns: Its columns.
        right: The text columns and the label column; or the question.
        features: Types that values do not have by themselves.
    """

    name: str
    columns: dict[str, Column]
    right: tuple[list[str], str] | Asks
    features: dict[str, Any] = field(default_factory=dict)

    def frame(self) -> pd.DataFrame:
        return pd.DataFrame(self._values())

    def rows(self) -> Any:
        """The rows as a Dataset if there are types to give, else as a DataFrame."""
        if not self.features:
            return self.frame()
        found = Dataset.from_pandas(self.frame().drop(columns=list(self.features)), preserve_index=False).features
        features = Features({name: self.features.get(name, found.get(name)) for name in self.columns})
        return Dataset.from_dict(self._values(), features=features)

    def _values(self) -> dict[str, list[Any]]:
        return {name: [_value(column, row) for row in range(ROWS)] for name, column in self.columns.items()}


def _value(column: Column, row: int) -> Any:
    return column(row) if callable(column) else column[row % len(column)]


def classes(*names: str) -> dict[str, Any]:
    return {"label": ClassLabel(names=list(names))}


NLI = classes("entailment", "neutral", "contradiction")
NLI_IDS = [0, 1, 2]
NLI_NAMES = ["entailment", "neutral", "contradiction"]
TWO = classes("no", "yes")
