"""DataPreview: how a configuration's data were understood, and the first of their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.format import shorten

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.events import TaskSpec
    from nbtrain.preprocessing.types import Data

FIRST = 5
LONGEST_TEXT = 160
"""Characters of a cell that are shown."""


@dataclass(frozen=True)
class DataPreview:
    """Data, as a run would read them.

    Args:
        columns: Every column of the training split.
        rows: The first rows that it has, as texts.
        sizes: Examples in each split, after cutting.
        spec: What the model reads and what it learns.
        notes: Choices that were made for the user, a sentence each.
    """

    columns: list[str]
    rows: list[dict[str, str]]
    sizes: dict[str, int]
    spec: TaskSpec
    notes: list[str]

    @classmethod
    def of(cls, found: Dataset, data: Data) -> DataPreview:
        """The preview of `data`, whose training split was cut from the rows `found`."""
        return cls(
            columns=list(found.column_names),
            rows=first_rows(found),
            sizes={split: len(rows) for split, rows in data.splits.items()},
            spec=data.spec,
            notes=list(data.notes),
        )


def first_rows(rows: Dataset) -> list[dict[str, str]]:
    """The first rows as texts; classes by their names."""
    return [
        {name: _in_words(value, rows.features[name]) for name, value in row.items()}
        for row in rows.with_format(None).select(range(min(FIRST, len(rows))))
    ]


def _in_words(value: Any, feature: Any) -> str:
    from datasets import ClassLabel

    if value is None:
        return ""
    if isinstance(feature, ClassLabel) and 0 <= value < feature.num_classes:
        return str(feature.int2str(value))
    return shorten(" ".join(str(value).split()), LONGEST_TEXT)
