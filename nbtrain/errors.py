"""Errors that people read: what was given, where, what is allowed, and one fix."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self


class NbTrainError(Exception):
    """Base of every error that nbtrain raises for a mistake that its user can mend.

    In a notebook it renders as its own text, without a traceback; the cell still ends with an error, so "Run All"
    stops.
    """

    def _render_traceback_(self) -> list[str]:
        return str(self).splitlines()


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a configuration.

    Args:
        message: What was given and why it will not do.
        key: The configuration key it concerns, if there is one.
        line: Its line in the cell or file, counted from 1.
        fix: What to do about it, one sentence.
    """

    message: str
    key: str | None = None
    line: int | None = None
    fix: str | None = None

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line is not None else ""
        return where + self.message + (f"\n    {self.fix}" if self.fix else "")


class ConfigError(NbTrainError):
    """The configuration cannot be run; `problems` has every reason at once."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        count = len(self.problems)
        head = "" if count == 1 else f"{count} problems:\n"
        super().__init__(head + "\n".join(str(problem) for problem in self.problems))


class DataError(NbTrainError):
    """The data cannot be read, or cannot be trained on."""


class ModelError(NbTrainError):
    """The model or its tokenizer cannot be loaded."""


class RunError(NbTrainError):
    """What was asked of a run cannot be done in the state that it is in."""


class NotEnoughMemoryError(NbTrainError):
    """The memory of the device is too small, even for the smallest pieces of work."""


class RunInterrupted(KeyboardInterrupt):
    """A run was stopped by an interrupt; renders as one line, and stops "Run All" as an interrupt does.

    Args:
        message: What became of the run.
        is_whole: It stopped at a step boundary, with everything kept; False if it stopped in the middle of a step.

    Attributes:
        run: The `Run`, with the weights that it had; None if training had not begun.
    """

    def __init__(self, message: str, *, is_whole: bool = False) -> None:
        super().__init__(message)
        self.run: Any = None
        self.is_whole = is_whole

    def of(self, run: Any) -> Self:
        """This error with the handle of the run that was interrupted."""
        self.run = run
        return self

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def closest(word: str, choices: Iterable[str]) -> str | None:
    """The entry of `choices` that `word` was probably meant to be, or None."""
    by_folded = {choice.lower(): choice for choice in choices}
    matches = difflib.get_close_matches(word.lower(), by_folded, n=1, cutoff=0.6)
    return by_folded[matches[0]] if matches else None


def did_you_mean(word: str, choices: Iterable[str], otherwise: str = "") -> str:
    """The sentence "Did you mean ...?" for a close match of `word` in `choices`, else `otherwise`."""
    match = closest(word, choices)
    return f"Did you mean `{match}`?" if match else otherwise
