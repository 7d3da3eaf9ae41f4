"""Column values as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from datasets import Dataset
    from numpy.typing import NDArray


def arrow_values(rows: Dataset, column: str) -> pa.Array:
    """The column as one Arrow array, in the row order of `rows`; NaN counts as missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    values = rows.with_format("arrow")[column][:] if len(rows) else pa.array([])
    values = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    if pa.types.is_floating(values.type):
        return pc.if_else(pc.is_nan(values), None, values)
    return values


def missing(rows: Dataset, column: str) -> NDArray[np.bool_]:
    """A mask of the rows without a value in `column`, (rows,)."""
    mask: NDArray[np.bool_] = arrow_values(rows, column).is_null().to_numpy(zero_copy_only=False)
    return mask


def distinct(values: pa.Array) -> tuple[list[Any], NDArray[np.int64]]:
    """The distinct values in order of appearance, and for each row the index of its value (-1: missing)."""
    import numpy as np
    import pyarrow as pa

    if pa.types.is_null(values.type):
        return [], np.full(len(values), -1)
    encoded = values.dictionary_encode()
    positions = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return encoded.dictionary.to_pylist(), positions.astype(np.int64)


def name_of(value: Any) -> str:
    """The class name of the label `value`: "1" for 1 and 1.0."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def sorted_names(names: set[str]) -> list[str]:
    """Sorted names: numerically if all are integers ("2" before "10"), else alphabetically."""
    if all(name.lstrip("-").isdecimal() for name in names):
        return sorted(names, key=int)
    return sorted(names)
