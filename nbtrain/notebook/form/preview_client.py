"""PreviewClient: computes the preview of a form; errors become values with the key that they are about."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from nbtrain.config import Config
from nbtrain.errors import ConfigError, ModelError, NbTrainError, Problem
from nbtrain.preview import DataPreview, Estimate, Preview
from nbtrain.preview.rows import Row

Answer = TypeVar("Answer")

SOURCES = ("dataset", "train", "validation", "test")
MAX_TRIES = 3
RETRY_SECONDS = 0.4

_NAMED = re.compile(r"^(text|label): |\b(text|label|task|validation) = ")
_LISTED = re.compile(r" Columns:$")


@dataclass(frozen=True)
class PreviewFailure:
    """Why a part of the preview cannot be computed.

    Args:
        text: The whole error message.
        key: The key whose value causes it; "" if unknown.
    """

    text: str
    key: str = ""

    @property
    def problem(self) -> Problem:
        """The error as a problem of a field: its first line, and its last line as the fix. A list of columns between
        them is dropped, because the preview shows the columns.
        """
        first, *rest = self.text.splitlines() or [""]
        return Problem(_LISTED.sub("", first), self.key, fix=rest[-1].strip() if rest else None)


class PreviewClient:
    """Calls a `Preview`; not thread-safe."""

    def __init__(self) -> None:
        self._preview = Preview()

    def data(self, config: Config) -> DataPreview | PreviewFailure:
        """The data, or why they cannot be loaded."""
        return _ask(self._preview.data, config, _meaning_key)

    def rows(self, config: Config) -> list[Row] | PreviewFailure:
        """The first rows with all columns, even if the input and target columns are unknown."""
        return _ask(self._preview.rows, config, _source_key)

    def columns(self, config: Config) -> list[str] | PreviewFailure:
        """The columns, even if the input and target columns are unknown."""
        return _ask(self._preview.columns, config, _source_key)

    def model(self, config: Config) -> PreviewFailure | None:
        """Why the model cannot be loaded; None if it can."""
        return _ask(self._preview.check_model, config, _source_key)

    def estimate(self, config: Config) -> Estimate | PreviewFailure:
        """Steps, examples and memory of the training, or why they cannot be estimated."""
        return _ask(self._preview.estimate, config, _meaning_key)


def _ask(
    question: Callable[[Config], Answer], config: Config, key: Callable[[str, Config], str]
) -> Answer | PreviewFailure:
    tries = 0
    while True:
        try:
            return question(config)
        except Exception as error:  # only a preview: training reports the complete error
            tries += 1
            if tries == MAX_TRIES or not isinstance(error.__cause__ or error, ImportError):
                return _failure(error, config, key)
        time.sleep(RETRY_SECONDS)  # another thread is importing the same package


def _failure(error: Exception, config: Config, key: Callable[[str, Config], str]) -> PreviewFailure:
    if isinstance(error, ConfigError):
        return PreviewFailure(str(error), error.problems[0].key or "")
    if isinstance(error, ModelError):
        return PreviewFailure(str(error), "tokenizer" if "tokenizer" in str(error)[:16] else "model")
    if isinstance(error, NbTrainError):
        return PreviewFailure(str(error), key(str(error), config))
    return PreviewFailure(f"{type(error).__name__}: {error}")


def _source_key(text: str, config: Config) -> str:
    """The key whose data cannot be loaded: the one whose value the error quotes, else the first one given."""
    given = [key for key in SOURCES if key in config]
    quoted = [key for key in given if f"`{key}`" in text or (isinstance(config[key], str) and config[key] in text)]
    return next(iter([*quoted, *given]), "")


def _meaning_key(text: str, config: Config) -> str:
    """The key for columns or task that the error names, if any."""
    named = _NAMED.search(text)
    return (named[1] or named[2]) if named else ""
