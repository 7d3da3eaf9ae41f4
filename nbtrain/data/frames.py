"""Convert tables in memory to data sets.

A column whose values have no common type stops nothing as long as nobody reads it: it is kept as text, and its feature
says so (`unreadable_feature`). Which columns are read is decided later.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from nbtrain.data import images
from nbtrain.data.feature_types import plural, unreadable, unreadable_feature
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from datasets import Dataset

KINDS = {
    "bool": "booleans", "int": "integers", "float": "floats", "str": "text", "list": "lists", "tuple": "lists",
    "ndarray": "lists", "dict": "objects",
}  # fmt: skip
"""What messages call the values of a Python type."""


def from_frame(frame: pd.DataFrame) -> Dataset:
    """The rows of a DataFrame, without its index."""
    columns: dict[str, Any] = {}
    names = [str(name) for name in frame.columns]
    for at, name in enumerate(names):
        columns.setdefault(name, frame.iloc[:, at])
    fix = "df = df.loc[:, ~df.columns.duplicated()]"
    twice = {name: count for name, count in Counter(names).items() if count > 1}
    kept = {name: unreadable_feature(f"{count} columns of this name", fix) for name, count in twice.items()}
    return _rows(columns, kept)


def from_columns(columns: Mapping[str, Sequence[Any]]) -> Dataset:
    """The rows of a table given as columns.

    Raises:
        DataError: The columns have different lengths.
    """
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        listed = ", ".join(f"`{name}` {length}" for name, length in lengths.items())
        msg = f"The columns have different lengths: {listed}."
        raise DataError(msg)
    return _rows(columns, {})


def concatenate(parts: Sequence[Dataset]) -> Dataset:
    """The rows of all `parts`. A column that has different types in them gets their common type, or is kept as text."""
    from datasets import concatenate_datasets

    names = list(dict.fromkeys(name for part in parts for name in part.column_names))
    features = {name: [part.features.get(name) for part in parts] for name in names}
    mixed = [name for name, found in features.items() if _differ(found)]
    if not mixed:
        return concatenate_datasets(list(parts))
    columns = {
        name: [value for part in parts for value in (part[name] if name in part.column_names else [None] * len(part))]
        for name in mixed
    }
    rest = [part.remove_columns([name for name in mixed if name in part.column_names]) for part in parts]
    kept = {name: next((one for one in features[name] if unreadable(one)), None) for name in mixed}
    joined = _rows(columns, {name: feature for name, feature in kept.items() if feature is not None})
    if any(part.column_names for part in rest):
        joined = concatenate_datasets([concatenate_datasets(rest), joined], axis=1)
    return joined.select_columns(names)


def _differ(features: Sequence[Any]) -> bool:
    """Whether the values of a column have different types in some parts; class names must be the same in all."""
    from datasets import Value

    some = [feature for feature in features if feature is not None and getattr(feature, "dtype", "") != "null"]
    return all(isinstance(feature, Value) for feature in some) and any(feature != some[0] for feature in some)


def _rows(columns: Mapping[str, Any], kept: Mapping[str, Any]) -> Dataset:
    """A data set of `columns`. Those in `kept`, with their features, are converted to text, as are those without a
    common type.
    """
    import pyarrow as pa
    from datasets import Dataset, DatasetInfo, Features

    arrays: dict[str, Any] = {}
    features = dict(kept)
    for name, values in columns.items():
        found = None if name in kept else _array(values)
        if found is None and name not in kept:
            features[name] = unreadable_feature(_describe(values), f'df["{name}"] = df["{name}"].astype(str)')
        arrays[name], feature = (_text(values), None) if found is None else found
        if feature is not None:
            features[name] = feature
    table = pa.table(arrays)
    if not features:
        return Dataset(table)
    known = Features.from_arrow_schema(table.schema)
    return Dataset(table, DatasetInfo(features=Features({name: features.get(name, known[name]) for name in arrays})))


def _array(values: Any) -> tuple[Any, Any] | None:
    """The values as Arrow values of a type that `datasets` has, and their feature if it is not that of the type; None
    if there is none.
    """
    import pyarrow as pa
    from datasets import Features

    try:
        array = pa.array(values)
        Features.from_arrow_schema(pa.schema([("values", array.type)]))
    except (pa.ArrowException, TypeError, ValueError, OverflowError, NotImplementedError, AttributeError):
        return images.to_arrow(values)
    return images.as_pictures(array) or (array, None)


def _text(values: Iterable[Any]) -> Any:
    import pyarrow as pa

    return pa.array([None if _is_missing(value) else str(value) for value in values], pa.string())


def _is_missing(value: Any) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _describe(values: Iterable[Any]) -> str:
    """What is in a column without a common type: "integers (30 rows, such as 7) and text (1 row, such as 'n/a')"."""
    found: dict[str, list[Any]] = {}
    for value in values:
        if not _is_missing(value):
            name = type(value).__name__
            found.setdefault(KINDS.get(name, f"values of type {name}"), []).append(value)
    if len(found) != 1:
        listed = [f"{kind} ({plural(len(some), 'row')}, such as {some[0]!r:.40})" for kind, some in found.items()]
        return " and ".join(listed)
    [(kind, some)] = found.items()
    if kind == "integers":
        return f"integers of more than 64 bits, such as {max(some, key=abs)}"
    return f"{kind} without a common type, such as {some[0]!r:.40}"
