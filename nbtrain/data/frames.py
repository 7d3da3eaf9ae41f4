"""Convert tables in memory to data sets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import quoted
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from datasets import Dataset


def from_frame(frame: pd.DataFrame) -> Dataset:
    """The rows of a DataFrame, without its index.

    Raises:
        DataError: Two columns have the same name, or a column mixes types.
    """
    import pyarrow as pa
    from datasets import Dataset

    names = [str(name) for name in frame.columns]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        msg = f"Duplicate column name: {quoted(twice)}. Rename the columns so that each name is unique."
        raise DataError(msg)
    try:
        return Dataset.from_pandas(frame.set_axis(names, axis="columns"), preserve_index=False)
    except (pa.ArrowException, TypeError, ValueError) as problem:
        msg = f"A column has values of mixed types: {problem}"
        raise DataError(msg) from problem


def from_columns(columns: Mapping[str, Sequence[Any]]) -> Dataset:
    """The rows of a table given as columns.

    Raises:
        DataError: The columns have different lengths, or a column mixes types.
    """
    import pyarrow as pa
    from datasets import Dataset

    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"`{name}` {length}" for name, length in lengths.items())
        msg = f"The columns have different lengths: {listed}."
        raise DataError(msg)
    arrays: dict[str, Any] = {}
    for name, values in columns.items():
        try:
            arrays[name] = pa.array(values)
        except (pa.ArrowException, TypeError) as problem:
            msg = f"Column `{name}` has values of mixed types: {problem}"
            raise DataError(msg) from problem
    return Dataset(pa.table(arrays))
