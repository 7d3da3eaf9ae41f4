"""Errors for users. Each says what was given, where, what is allowed, and one fix."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, Self


class NbTrainError(Exception):
    """Base of all errors that the user can fix.

    A notebook shows only the message, without a traceback. The cell still fails, so "Run All" stops.
    """

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


@dataclass(frozen=True)
class Edit:
    """The change to the text of a cell that a fix describes.

    Args:
        part: What is replaced: the key, its value, the line without its comment, or a word.
        text: What stands there afterwards, in TOML.
        old: The word: a string without its quotation marks, or an option of the magic line.
    """

    part: Literal["key", "value", "line", "word"]
    text: str
    old: str = ""


class Fix(str):
    """What to do about a problem, in one sentence.

    Attributes:
        edit: The same as a change to the text; None if more is to be done, or something else.
    """

    edit: Edit | None = None

    @classmethod
    def by(cls, edit: Edit, sentence: str) -> Self:
        """The fix that consists of `edit`."""
        fix = cls(sentence)
        fix.edit = edit
        return fix

    @classmethod
    def write(cls, key: str, value: str, more: str = "") -> Self:
        """Write another value (in TOML); `more` is how."""
        return cls.by(Edit("value", value), f"Write {key} = {value}{more}.")


@dataclass(frozen=True)
class Problem:
    """One mistake in a configuration.

    Args:
        message: What was given, and why it is not allowed.
        key: The key that it concerns, if there is one.
        line: Line in the cell or file, counted from 1.
        fix: What to do about it, in one sentence.
    """

    message: str
    key: str | None = None
    line: int | None = None
    fix: str | None = None

    @property
    def edit(self) -> Edit | None:
        """The fix as a change to the text, where it is one."""
        return self.fix.edit if isinstance(self.fix, Fix) else None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line is not None else ""
        return where + self.message + (f"\n    {self.fix}" if self.fix else "")


class ConfigError(NbTrainError):
    """The configuration is invalid; `problems` lists all mistakes at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        count = len(self.problems)
        head = "" if count == 1 else f"{count} problems:\n"
        super().__init__(head + "\n".join(str(problem) for problem in self.problems))


class DataError(NbTrainError):
    """The data cannot be read or used for training."""


class ModelError(NbTrainError):
    """The model or its tokenizer cannot be loaded."""


class RunError(NbTrainError):
    """The run directory or the current state of a run does not allow what was requested."""


class NotEnoughMemoryError(NbTrainError):
    """The device has too little memory, even for the smallest micro-batches."""


class RunInterrupted(KeyboardInterrupt):
    """A run was stopped by an interrupt. A notebook shows one line; like any interrupt, it stops "Run All".

    Args:
        message: Where the run stopped, and what is kept.
        is_whole: Whether it stopped at a step boundary, with everything kept, rather than in the middle of a step.

    Attributes:
        run: The `Run`, with its weights at the interrupt; None if training had not started.
    """

    def __init__(self, message: str, *, is_whole: bool = False) -> None:
        super().__init__(message)
        self.run: Any = None
        self.is_whole = is_whole

    def of(self, run: Any, hint: str = "") -> Self:
        """Set `run`, the handle of the interrupted run, add `hint` to the message, and return this error."""
        self.run = run
        if hint and hint not in str(self):
            self.args = (f"{self} {hint}",)
        return self

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def closest(word: str, choices: Iterable[str]) -> str | None:
    """The closest match of `word` in `choices`, ignoring case; None if none is similar enough."""
    by_folded = {choice.lower(): choice for choice in choices}
    matches = difflib.get_close_matches(word.lower(), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def did_you_mean(
    word: str, choices: Iterable[str], otherwise: str = "", edit: Callable[[str], Edit | None] = lambda _: None
) -> str:
    """The sentence "Did you mean ...?" with the closest match of `word` in `choices`; `otherwise` without one.

    Args:
        word: What was given.
        choices: What it may be.
        otherwise: The sentence if nothing is similar.
        edit: Returns the change to the text of a cell for the match.
    """
    match = closest(word, choices)
    return meant(match, edit(match)) if match else otherwise


def meant(match: str, edit: Edit | None = None) -> Fix:
    """The sentence "Did you mean ...?" with `match`."""
    fix = Fix(f"Did you mean `{match}`?")
    fix.edit = edit
    return fix
