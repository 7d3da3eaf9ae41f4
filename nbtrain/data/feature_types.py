"""The types of a data set's columns, and how messages name them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from datasets import Dataset


class FeatureType(Enum):
    """What the values of a column are. The value of a member is its label in messages."""

    TEXT = "text"
    INTEGERS = "integers"
    FLOATS = "floats"
    BOOLEANS = "booleans"
    CLASSES = "classes"
    LISTS = "lists"
    EMPTY = "only empty cells"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The type in a message: "integers"."""
        return self.value


def feature_type(feature: Any) -> FeatureType:
    """The type of the column that a `datasets` feature describes."""
    from datasets import ClassLabel, LargeList, List, Value

    if isinstance(feature, ClassLabel):
        return FeatureType.CLASSES
    if isinstance(feature, (List, LargeList)):
        return FeatureType.LISTS
    if not isinstance(feature, Value):
        return FeatureType.OTHER
    dtype: str = feature.dtype
    if dtype in ("string", "large_string", "string_view"):
        return FeatureType.TEXT
    if dtype.startswith(("int", "uint")):
        return FeatureType.INTEGERS
    if dtype.startswith("float"):
        return FeatureType.FLOATS
    return {"bool": FeatureType.BOOLEANS, "null": FeatureType.EMPTY}.get(dtype, FeatureType.OTHER)


def element_type(feature: Any) -> FeatureType:
    """The type of the entries in a column of lists."""
    return feature_type(feature.feature)


def describe(feature: Any) -> str:
    """A column's type for a message: "text", "lists of integers", "classes: negative, positive"."""
    found = feature_type(feature)
    if found is FeatureType.LISTS:
        return f"lists of {describe(feature.feature)}"
    if found is FeatureType.CLASSES:
        return f"classes: {enumerate_names(feature.names)}"
    if found is FeatureType.OTHER:
        return str(getattr(feature, "dtype", None) or type(feature).__name__)
    return found.label


def describe_columns(rows: Dataset) -> str:
    """Every column with its type, one on each line, for a message."""
    width = max((len(name) for name in rows.column_names), default=0)
    return "\n".join(f"    {name:<{width}}  {describe(feature)}" for name, feature in rows.features.items())


def enumerate_names(names: Iterable[Any], limit: int = 6) -> str:
    """The first `limit` names with commas, and how many there are if there are more."""
    known = [str(name) for name in names]
    more = f", ... ({len(known)} in total)" if len(known) > limit else ""
    return ", ".join(known[:limit]) + more


def quoted(names: Iterable[str]) -> str:
    """Names as code: `a`, `b`."""
    return ", ".join(f"`{name}`" for name in names)


def plural(count: int, noun: str) -> str:
    """A count with its noun: "1 row", "1,200 rows"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def rows_have(count: int, total: int) -> str:
    """Subject and verb of a sentence about `count` rows: "1 of 40 rows has", "2 of 40 rows have"."""
    return f"{count:,} of {plural(total, 'row')} {'has' if count == 1 else 'have'}"


def percent(fraction: float) -> str:
    """A fraction with up to three significant digits: "10%"."""
    return f"{fraction * 100:.3g}%"
