"""Rows that two splits share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.chunks import slices
from nbtrain.data.values import arrow_values

if TYPE_CHECKING:
    from datasets import Dataset

MAX_ROWS = 100_000
"""Training rows whose texts are in memory at once."""

SEPARATOR = "\x1f"
"""Between the texts of a row; a control character that no text has."""


def shared_rows(train: Dataset, other: Dataset, columns: Sequence[str]) -> int:
    """Rows of `other` whose texts in all of `columns` are those of a row of `train`; 0 if a column is no text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not columns or not len(other):
        return 0
    texts = joined_texts(other, columns, SEPARATOR)
    found = pa.array([False] * len(texts))
    for chunk in slices(len(train), MAX_ROWS):
        known = joined_texts(train.select(range(chunk.start, chunk.stop)), columns, SEPARATOR)
        if not (_is_text(texts) and _is_text(known)):
            return 0
        found = pc.or_(found, pc.is_in(texts, value_set=known.cast(texts.type)))
    return int(pc.sum(found).as_py() or 0)


def joined_texts(rows: Dataset, columns: Sequence[str], separator: str) -> Any:
    """The texts of each row as one, in an Arrow array. A single column that has no texts stays as it is; of several,
    nothing is left.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    values = [arrow_values(rows, name) for name in columns]
    if len(values) == 1:
        return values[0]
    if not all(map(_is_text, values)):
        return pa.nulls(len(rows))
    large = [one.cast(pa.large_string()) for one in values]
    return pc.binary_join_element_wise(*large, pa.scalar(separator, pa.large_string()))


def _is_text(values: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(values.type) or pa.types.is_large_string(values.type))
