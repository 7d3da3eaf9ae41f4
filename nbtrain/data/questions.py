"""Questions about columns: what is not clear, and the lines that answer it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbtrain.data.feature_types import describe_columns
from nbtrain.errors import did_you_mean

if TYPE_CHECKING:
    from datasets import Dataset


@dataclass(frozen=True)
class Question:
    """A key that the user must set.

    Args:
        key: "text" or "label".
        why: What is not clear, with the columns that come into question.
        example: The columns of the line to paste; empty if nothing is likely.
        hint: Another line, for another case.
    """

    key: str
    why: str
    example: tuple[str, ...]
    hint: str = ""

    @property
    def line(self) -> str:
        """The line to paste."""
        return f"{self.key} = {in_toml(self.example or ('...',))}"


def ask(rows: Dataset, questions: Sequence[Question]) -> str:
    """The message that asks all questions at once, with every column of `rows` and its type."""
    why = "\n".join(question.why for question in questions)
    fix = f"Set the key `{questions[0].key}`, for example: {questions[0].line}"
    if len(questions) > 1:
        fix = "\n    ".join(["Set these keys, for example:", *(question.line for question in questions)])
    hints = "".join(f"\n    {question.hint}" for question in questions if question.hint)
    return f"{why}\nColumns:\n{describe_columns(rows)}\n    {fix}{hints}"


def no_column(key: str, name: str, split: str, columns: Sequence[str], listed: str = "") -> str:
    """The message for a column that does not exist.

    Args:
        key: The key that names it.
        name: Its name.
        split: Where it was looked for.
        columns: The names of the columns that there are.
        listed: The same with what is in them, one on each line, if that is known.
    """
    fix = did_you_mean(name, columns, otherwise=f'Use one of these: {key} = "..."')
    listed = listed or "\n".join(f"    {column}" for column in columns)
    return f"{key}: no column `{name}` in {split}. {fix} Columns:\n{listed}"


def in_toml(names: Sequence[str]) -> str:
    """Column names as the value of a key: `"a"`, `["a", "b"]`."""
    import json

    strings = [json.dumps(name, ensure_ascii=False) for name in names]  # a JSON string is a TOML string
    return strings[0] if len(strings) == 1 else f"[{', '.join(strings)}]"
