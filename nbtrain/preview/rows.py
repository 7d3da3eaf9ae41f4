"""Preview of the data of a configuration: columns, first rows with small pictures, splits, task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.feature_types import FeatureType, feature_type
from nbtrain.data.images import describe_image, is_array, stored_cells
from nbtrain.format import shorten
from nbtrain.preview.thumbnails import Thumbnail, thumbnail

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.events import TaskSpec
    from nbtrain.preprocessing.types import Data

MAX_ROWS = 5
MAX_CELL_LENGTH = 160
"""Longer cells are shortened to this many characters."""

Row = dict[str, "str | Thumbnail"]


@dataclass(frozen=True)
class DataPreview:
    """Data as a run would read them.

    Args:
        columns: All columns of the training split.
        rows: Its first rows, as strings and small pictures.
        sizes: Number of examples in each final split.
        spec: The task.
        notes: Automatic choices, one sentence each.
    """

    columns: list[str]
    rows: list[Row]
    sizes: dict[str, int]
    spec: TaskSpec
    notes: list[str]

    @classmethod
    def of(cls, found: Dataset, data: Data) -> DataPreview:
        """The preview of `data`; `found` is the training split as it was loaded."""
        reads_images = not tasks.get(data.spec.task).reads_tokens
        return cls(
            columns=list(found.column_names),
            rows=first_rows(found, data.spec.inputs if reads_images else ()),
            sizes={split: len(rows) for split, rows in data.splits.items()},
            spec=data.spec,
            notes=list(data.notes),
        )


def first_rows(rows: Dataset, images: Sequence[str] = ()) -> list[Row]:
    """The first rows as strings; classes by name, images as small pictures. `images` are columns that may be paths."""
    first = rows.select(range(min(MAX_ROWS, len(rows))))
    columns = {name: stored_cells(first, name) for name in rows.column_names}
    return [
        {name: _shown(cells[at], rows.features[name], is_path=name in images) for name, cells in columns.items()}
        for at in range(len(first))
    ]


def _shown(value: Any, feature: Any, *, is_path: bool) -> str | Thumbnail:
    from datasets import ClassLabel

    if value is None:
        return ""
    if isinstance(feature, ClassLabel) and 0 <= value < feature.num_classes:
        return str(feature.int2str(value))
    if feature_type(feature) is FeatureType.IMAGE or is_array(feature):
        words = shorten(describe_image(value), MAX_CELL_LENGTH)
        return thumbnail(value, words) or words
    if is_path:
        words = shorten(str(value), MAX_CELL_LENGTH)
        return thumbnail(value, words) or words
    return shorten(" ".join(str(value).split()), MAX_CELL_LENGTH)
