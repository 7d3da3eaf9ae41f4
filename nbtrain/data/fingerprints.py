"""A content hash of a data set, to detect changes."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datasets import Dataset

ROWS = 10_000
IMAGE_ROWS = 100


def fingerprint(rows: Dataset) -> str:
    """A short hash of the column names and all values of `rows`, in order."""
    import pyarrow as pa

    from nbtrain.data.feature_types import FeatureType, feature_type

    has_images = any(feature_type(feature) is FeatureType.IMAGE for feature in rows.features.values())
    digest = hashlib.blake2b(digest_size=12)
    for batch in rows.with_format("arrow").iter(batch_size=IMAGE_ROWS if has_images else ROWS):
        sink = pa.BufferOutputStream()
        table = pa.Table.from_arrays([column.combine_chunks() for column in batch.columns], names=batch.column_names)
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        digest.update(sink.getvalue())
    return digest.hexdigest()
