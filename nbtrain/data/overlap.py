"""Rows that two splits share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbtrain.data.values import arrow_values

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import Dataset

SEPARATOR = "\x1f"
"""Between the texts of a row; a control character that no text has."""


def shared_rows(train: Dataset, other: Dataset, columns: Sequence[str]) -> int:
    """Rows of `other` whose texts in all of `columns` are those of a row of `train`; 0 if a column is no text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not columns or not len(other):
        return 0
    found = [joined_texts(rows, columns, SEPARATOR) for rows in (train, other)]
    if any(not (pa.types.is_string(texts.type) or pa.types.is_large_string(texts.type)) for texts in found):
        return 0
    return int(pc.sum(pc.is_in(found[1], value_set=found[0])).as_py() or 0)


def joined_texts(rows: Dataset, columns: Sequence[str], separator: str) -> pa.Array:
    """The texts of each row as one. Columns that are no texts stay as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = [arrow_values(rows, name) for name in columns]
    if len(values) == 1 or not all(
        pa.types.is_string(one.type) or pa.types.is_large_string(one.type) for one in values
    ):
        return values[0] if len(values) == 1 else pa.array([], pa.null())
    large = [one.cast(pa.large_string()) for one in values]
    return pc.binary_join_element_wise(*large, pa.scalar(separator, pa.large_string()))
