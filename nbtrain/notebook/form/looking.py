"""What a form's configuration comes to, with whatever is in the way in words."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from nbtrain.config import Config
from nbtrain.errors import NbTrainError
from nbtrain.preview import DataPreview, Estimate, Preview

Answer = TypeVar("Answer")


class Looking:
    """Asks a `Preview`; in one thread, one question after the other."""

    def __init__(self) -> None:
        self._preview = Preview()

    def data(self, config: Config) -> DataPreview | str:
        """The data, or why they cannot be read."""
        return self._asked(self._preview.data, config)

    def rows(self, config: Config) -> list[dict[str, str]] | str:
        """The first rows with all columns, also where it is not clear yet which of them are text and label."""
        return self._asked(self._preview.rows, config)

    def columns(self, config: Config) -> list[str] | str:
        """Its columns, in the same case."""
        return self._asked(self._preview.columns, config)

    def estimate(self, config: Config) -> Estimate | str:
        """What training would take, or why that cannot be told."""
        return self._asked(self._preview.estimate, config)

    def _asked(self, question: Callable[[Config], Answer], config: Config) -> Answer | str:
        try:
            return question(config)
        except NbTrainError as error:
            return str(error)
        except Exception as error:  # it is a look ahead only: whoever trains nevertheless is told all of it
            return f"{type(error).__name__}: {error}"
