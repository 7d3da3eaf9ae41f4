"""Column values as arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
    """The label `value` as text: "1" for 1 and 1.0. Labels are compared in this form, so that "1" in a file is 1."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def sorted_labels(labels: Iterable[Any]) -> list[Any]:
    """Sorted labels: numerically if all are integers, also as text ("2" before "10"), else alphabetically."""
    found = list(labels)
    if all(name_of(label).lstrip("-").isdecimal() for label in found):
        return sorted(found, key=int)
    return sorted(found, key=name_of)


def doubles(numbers: NDArray[Any]) -> NDArray[np.float64]:
    """Numbers in double precision. One of single precision becomes the number that it is written as, 0.3 and not
    0.30000001192092896: what was 0.3 before it went into a model's batch is 0.3 again.
    """
    import numpy as np

    array = np.asarray(numbers)
    return (array.astype(str) if array.dtype in (np.float32, np.float16) else array).astype(np.float64)


def label_array(labels: Sequence[Any]) -> NDArray[Any]:
    """Labels as an array of their own type, which a column of a table keeps: int64, bool, or objects for text."""
    import numpy as np

    array = np.array(labels)
    return array if array.dtype.kind in "bi" else np.array(labels, dtype=object)
