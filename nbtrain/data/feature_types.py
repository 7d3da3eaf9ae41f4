"""The types of a data set's columns, and how messages name them."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from datasets import Dataset

_UNREADABLE = "nbtrain: "
"""Begins the `id` of an `unreadable_feature`."""


class FeatureType(Enum):
    """What the values of a column are. The value of a member is its label in messages."""

    TEXT = "text"
    INTEGERS = "integers"
    FLOATS = "floats"
    BOOLEANS = "booleans"
    CLASSES = "classes"
    LISTS = "lists"
    IMAGE = "images"
    EMPTY = "only empty cells"
    UNREADABLE = "values of different kinds"
    OTHER = "other"

    @property
    def label(self) -> str:
        """The type in a message: "integers"."""
        return self.value


def feature_type(feature: Any) -> FeatureType:
    """The type of the column that a `datasets` feature describes."""
    from datasets import ClassLabel, Image, LargeList, List, Value

    if isinstance(feature, ClassLabel):
        return FeatureType.CLASSES
    if isinstance(feature, (List, LargeList)):
        return FeatureType.LISTS
    if isinstance(feature, Image):
        return FeatureType.IMAGE
    if not isinstance(feature, Value):
        return FeatureType.OTHER
    if unreadable(feature):
        return FeatureType.UNREADABLE
    dtype: str = feature.dtype
    if dtype in ("string", "large_string", "string_view"):
        return FeatureType.TEXT
    if dtype.startswith(("int", "uint")):
        return FeatureType.INTEGERS
    if dtype.startswith("float"):
        return FeatureType.FLOATS
    return {"bool": FeatureType.BOOLEANS, "null": FeatureType.EMPTY}.get(dtype, FeatureType.OTHER)


def unreadable_feature(reason: str, fix: str) -> Any:
    """The feature of a column that was converted to text only to be kept: the model cannot read or learn it.

    Args:
        reason: What it contains, for a message.
        fix: Code that makes the column usable.
    """
    from datasets import Value

    return Value("string", id=f"{_UNREADABLE}{reason}\n{fix}")


def unreadable(feature: Any) -> tuple[str, str] | None:
    """The reason and the fix of an `unreadable_feature`; None for every other feature."""
    text = getattr(feature, "id", None) or ""
    if not text.startswith(_UNREADABLE):
        return None
    reason, _, fix = text.removeprefix(_UNREADABLE).partition("\n")
    return reason, fix


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
    if kept := unreadable(feature):
        return kept[0]
    if found is FeatureType.OTHER:
        return _describe_other(feature)
    return found.label


def _describe_other(feature: Any) -> str:
    """A nested or unusual type: "objects (start, text)", "timestamp[us]"."""
    languages = getattr(feature, "languages", None)
    fields = languages or (list(feature) if isinstance(feature, dict) else [])
    if fields:
        return f"{'translations' if languages else 'objects'} ({enumerate_names(fields)})"
    return str(getattr(feature, "dtype", None) or type(feature).__name__)


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
