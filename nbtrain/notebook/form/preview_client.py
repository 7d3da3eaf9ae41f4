"""What a form's configuration comes to, with whatever is in the way in words, and the key that it is about."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nbtrain.config import Config
from nbtrain.errors import ConfigError, ModelError, NbTrainError, Problem
from nbtrain.preview import DataPreview, Estimate, Preview

Answer = TypeVar("Answer")

SOURCES = ("dataset", "train", "validation", "test")
MAX_TRIES = 3
RETRY_SECONDS = 0.4

_NAMED = re.compile(r"^(text|label): |\b(text|label|task|validation) = ")
_LISTED = re.compile(r" The columns are:$")


@dataclass(frozen=True)
class PreviewFailure:
    """Why something cannot be told.

    Args:
        text: All that the error says.
        key: The key whose value is in the way; "" where it is not clear.
    """

    text: str
    key: str = ""

    @property
    def problem(self) -> Problem:
        """The error as one of a field: its first line, and its last one as what helps. A list of the columns between
        them can do without: the rows show them.
        """
        first, *rest = self.text.splitlines() or [""]
        return Problem(_LISTED.sub("", first), self.key, fix=rest[-1].strip() if rest else None)


class PreviewClient:
    """Asks a `Preview`; in one thread, one question after the other."""

    def __init__(self) -> None:
        self._preview = Preview()

    def data(self, config: Config) -> DataPreview | PreviewFailure:
        """The data, or why they cannot be read."""
        return _ask(self._preview.data, config, _meaning_key)

    def rows(self, config: Config) -> list[dict[str, str]] | PreviewFailure:
        """The first rows with all columns, also where it is not clear yet which of them are text and label."""
        return _ask(self._preview.rows, config, _source_key)

    def columns(self, config: Config) -> list[str] | PreviewFailure:
        """Its columns, in the same case."""
        return _ask(self._preview.columns, config, _source_key)

    def model(self, config: Config) -> PreviewFailure | None:
        """Why there is no such model; None if there is one."""
        return _ask(self._preview.check_model, config, _source_key)

    def estimate(self, config: Config) -> Estimate | PreviewFailure:
        """What training would take, or why that cannot be told."""
        return _ask(self._preview.estimate, config, _meaning_key)


def _ask(
    question: Callable[[Config], Answer], config: Config, key: Callable[[str, Config], str]
) -> Answer | PreviewFailure:
    tries = 0
    while True:
        try:
            return question(config)
        except Exception as error:  # it is a look ahead only: whoever trains nevertheless is told all of it
            tries += 1
            if tries == MAX_TRIES or not isinstance(error.__cause__ or error, ImportError):
                return _failure(error, config, key)
        time.sleep(RETRY_SECONDS)  # a cell imports the same package just now, and has half of it


def _failure(error: Exception, config: Config, key: Callable[[str, Config], str]) -> PreviewFailure:
    if isinstance(error, ConfigError):
        return PreviewFailure(str(error), error.problems[0].key or "")
    if isinstance(error, ModelError):
        return PreviewFailure(str(error), "tokenizer" if "tokenizer" in str(error)[:16] else "model")
    if isinstance(error, NbTrainError):
        return PreviewFailure(str(error), key(str(error), config))
    return PreviewFailure(f"{type(error).__name__}: {error}")


def _source_key(text: str, config: Config) -> str:
    """The key whose data cannot be read: the one whose value the error quotes, else the first that is given."""
    given = [key for key in SOURCES if key in config]
    quoted = [key for key in given if f"`{key}`" in text or (isinstance(config[key], str) and config[key] in text)]
    return next(iter([*quoted, *given]), "")


def _meaning_key(text: str, config: Config) -> str:
    """The key that says what the data mean, where the error names one."""
    named = _NAMED.search(text)
    return (named[1] or named[2]) if named else ""
