"""What the values of a column say about it: the numbers of the rule in `docs/columns.md`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbtrain.data.feature_types import FeatureType, feature_type
from nbtrain.data.values import arrow_values

if TYPE_CHECKING:
    from datasets import Dataset

MAX_CLASS_IDS = 20
"""Integers with more different values may be numbers to predict, not classes."""

MAX_CLASS_NAMES = 150
"""Texts with more different values are no candidates for class names."""

MAX_CLASS_NAME = 40
"""Characters; texts that are longer on average are no candidates for class names."""

MAX_ROWS = 50_000
"""Of longer tables, so many rows are looked at, evenly spaced."""


@dataclass(frozen=True)
class ColumnFacts:
    """What decides whether a column can be a label or a text.

    Args:
        type: The type of its values.
        filled: Rows with a value.
        distinct: Different values; 0 for types without a useful number of them.
        length: Mean number of characters of texts; 0 for other types.
        is_binary: Whether all values are 0 and 1, or booleans.
    """

    type: FeatureType
    filled: int
    distinct: int
    length: float
    is_binary: bool

    @classmethod
    def of(cls, rows: Dataset, column: str) -> ColumnFacts:
        """The facts of a column of `rows`."""
        import pyarrow.compute as pc

        found = feature_type(rows.features[column])
        if found is FeatureType.IMAGE:  # large, and nothing of it is looked at
            return cls(found, len(rows), 0, 0.0, False)
        sample = rows if len(rows) <= MAX_ROWS else rows.select(range(0, len(rows), -(-len(rows) // MAX_ROWS)))
        values = arrow_values(sample, column)
        filled = len(values) - values.null_count
        if not filled or found in (FeatureType.LISTS, FeatureType.OTHER, FeatureType.UNREADABLE):
            return cls(FeatureType.EMPTY if not filled else found, filled, 0, 0.0, False)
        count = pc.count_distinct(values).as_py()
        length = pc.mean(pc.utf8_length(values)).as_py() if found is FeatureType.TEXT else 0.0
        numbers = found in (FeatureType.INTEGERS, FeatureType.BOOLEANS, FeatureType.FLOATS) and count <= 2
        is_binary = numbers and {*pc.unique(values.drop_null()).to_pylist()} <= {0, 1}
        return cls(found, filled, count, length, is_binary)

    @property
    def looks_like_classes(self) -> bool:
        """Whether few values repeat, as class names and class IDs do, also without a name that says so."""
        if self.type in (FeatureType.CLASSES, FeatureType.BOOLEANS):
            return self.distinct > 1
        if self.type is FeatureType.TEXT and self.length > MAX_CLASS_NAME:
            return False
        limit = {FeatureType.TEXT: MAX_CLASS_NAMES, FeatureType.INTEGERS: MAX_CLASS_IDS}.get(self.type, 0)
        return 1 < self.distinct <= min(limit, self.filled // 2)

    @property
    def looks_like_ratings(self) -> bool:
        """Whether they look like classes, or are few numbers with a fraction, as 4.5 stars are."""
        few = 1 < self.distinct <= min(MAX_CLASS_IDS, self.filled // 2)
        return self.looks_like_classes or (self.type is FeatureType.FLOATS and few)
