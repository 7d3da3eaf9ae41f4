"""What a column holds, in the words that messages use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from datasets import Dataset

Kind = Literal["text", "integers", "decimal numbers", "true/false", "classes", "lists", "nothing", "other"]


def kind(feature: Any) -> Kind:
    """The kind of column that a `datasets` feature describes."""
    from datasets import ClassLabel, LargeList, List, Value

    if isinstance(feature, ClassLabel):
        return "classes"
    if isinstance(feature, (List, LargeList)):
        return "lists"
    if not isinstance(feature, Value):
        return "other"
    dtype: str = feature.dtype
    if dtype in ("string", "large_string", "string_view"):
        return "text"
    if dtype.startswith(("int", "uint")):
        return "integers"
    if dtype.startswith("float"):
        return "decimal numbers"
    return {"bool": "true/false", "null": "nothing"}.get(dtype, "other")  # type: ignore[return-value]


def element_kind(feature: Any) -> Kind:
    """The kind of the entries of a column of lists."""
    return kind(feature.feature)


def describe(feature: Any) -> str:
    """A column's kind for a message: "text", "lists of integers", "classes: negative, positive"."""
    found = kind(feature)
    if found == "lists":
        return f"lists of {describe(feature.feature)}"
    if found == "classes":
        return f"classes: {enumerate_names(feature.names)}"
    return found if found != "other" else str(getattr(feature, "dtype", None) or type(feature).__name__)


def describe_columns(rows: Dataset) -> str:
    """Every column with its kind, one to a line, for a message."""
    width = max((len(name) for name in rows.column_names), default=0)
    return "\n".join(f"    {name:<{width}}  {describe(feature)}" for name, feature in rows.features.items())


def enumerate_names(names: Iterable[Any], limit: int = 6) -> str:
    """`names` with commas, no more than `limit` of them."""
    known = [str(name) for name in names]
    more = f", ... ({len(known)} in all)" if len(known) > limit else ""
    return ", ".join(known[:limit]) + more


def quoted(names: Iterable[str]) -> str:
    """Names as code: `a`, `b`."""
    return ", ".join(f"`{name}`" for name in names)


def percent(share: float) -> str:
    """A share as "10 %"."""
    return f"{share * 100:.3g} %"
