"""Preview of the data of a configuration: columns, first rows, splits, task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import FeatureType, feature_type
from nbtrain.data.images import describe_image, is_array, stored_cells
from nbtrain.format import shorten

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.events import TaskSpec
    from nbtrain.preprocessing.types import Data

MAX_ROWS = 5
MAX_CELL_LENGTH = 160
"""Longer cells are shortened to this many characters."""


@dataclass(frozen=True)
class DataPreview:
    """Data as a run would read them.

    Args:
        columns: All columns of the training split.
        rows: Its first rows, as strings.
        sizes: Number of examples in each final split.
        spec: The task.
        notes: Automatic choices, one sentence each.
    """

    columns: list[str]
    rows: list[dict[str, str]]
    sizes: dict[str, int]
    spec: TaskSpec
    notes: list[str]

    @classmethod
    def of(cls, found: Dataset, data: Data) -> DataPreview:
        """The preview of `data`; `found` is the training split as it was loaded."""
        return cls(
            columns=list(found.column_names),
            rows=first_rows(found),
            sizes={split: len(rows) for split, rows in data.splits.items()},
            spec=data.spec,
            notes=list(data.notes),
        )


def first_rows(rows: Dataset) -> list[dict[str, str]]:
    """The first rows as strings; classes by name, images by their file or size."""
    first = rows.select(range(min(MAX_ROWS, len(rows))))
    columns = {name: stored_cells(first, name) for name in rows.column_names}
    return [
        {name: _as_string(cells[at], rows.features[name]) for name, cells in columns.items()}
        for at in range(len(first))
    ]


def _as_string(value: Any, feature: Any) -> str:
    from datasets import ClassLabel

    if value is None:
        return ""
    if isinstance(feature, ClassLabel) and 0 <= value < feature.num_classes:
        return str(feature.int2str(value))
    if feature_type(feature) is FeatureType.IMAGE or is_array(feature):
        return shorten(describe_image(value), MAX_CELL_LENGTH)
    return shorten(" ".join(str(value).split()), MAX_CELL_LENGTH)
