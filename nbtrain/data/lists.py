"""Convert lists in memory to data sets: dicts, as of `json.load`, and (X, y), as of scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.frames import from_columns, from_frame
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

TEXT, IMAGE, LABEL = "text", "image", "label"
"""Names of the columns of data without names."""


def from_list(data: Sequence[Any], key: str) -> Dataset:
    """The rows of a list of dicts, of a tuple of texts and labels, or of a list of (text, label).

    Args:
        data: The list.
        key: The key of the configuration, for messages.

    Raises:
        DataError: It is none of these.
    """
    if all(isinstance(item, Mapping) for item in data):
        return from_records(data)
    if isinstance(data, tuple) and len(data) == 2 and is_column(data[1]):
        return _from_pair(*data, key)
    if all(isinstance(item, (tuple, list)) and len(item) == 2 and _is_text_and_number(*item) for item in data):
        return from_columns({TEXT: [item[0] for item in data], LABEL: [item[1] for item in data]})
    kinds = " and ".join(dict.fromkeys(type(item).__name__ for item in data[:100]))
    msg = (
        f"`{key}` is a {type(data).__name__} of {kinds}, without names of columns.\n"
        f'    Name them: {key} = pd.DataFrame({key}, columns=["text", "label"])'
    )
    raise DataError(msg)


def from_records(records: Sequence[Mapping[str, Any]]) -> Dataset:
    """The rows of a list of dicts; a dict without some name has an empty cell.

    Raises:
        DataError: A column mixes types.
    """
    names = dict.fromkeys(str(name) for record in records for name in record)
    return from_columns({name: [record.get(name) for record in records] for name in names})


def is_column(value: Any) -> bool:
    """Whether a value is a column: a list of values (not of dicts, which are rows), an array, a Series."""
    if isinstance(value, (list, tuple)):
        return not value or not isinstance(value[0], Mapping)
    return hasattr(value, "tolist") and hasattr(value, "__len__")


def is_table(value: Mapping[str, Any]) -> bool:
    """Whether a dict is one of columns, rather than of splits. A list of dicts is a split, or a column of dicts."""
    lists = [each for each in value.values() if isinstance(each, (list, tuple)) or is_column(each)]
    return len(lists) == len(value) and any(map(is_column, lists))


def is_picture(value: Any) -> bool:
    """Whether a value is a picture of PIL, or an array of two or three dimensions (not a nested list)."""
    return type(value).__module__.startswith("PIL.") or getattr(value, "ndim", 0) in (2, 3)


def _from_pair(texts: Any, labels: Any, key: str) -> Dataset:
    """The rows of (X, y)."""
    import pandas as pd

    if not is_column(texts) and not isinstance(texts, pd.DataFrame):
        msg = f"`{key}` is a tuple: expected texts and labels, got {type(texts).__name__} and {type(labels).__name__}."
        raise DataError(msg)
    if len(texts) != len(labels):
        msg = f"`{key}` is a tuple of texts and labels of different lengths: {len(texts)} and {len(labels)}."
        raise DataError(msg)
    if isinstance(texts, pd.DataFrame):
        return from_frame(texts.reset_index(drop=True).assign(**{LABEL: list(labels)}))
    rows = list(texts)
    if rows and is_picture(rows[0]):
        return from_columns({IMAGE: rows, LABEL: list(labels)})
    if rows and all(isinstance(row, (tuple, list)) for row in rows):
        width = len(rows[0])
        columns = {f"{TEXT}{at + 1}": [row[at] for row in rows] for at in range(width)}
        return from_columns({**columns, LABEL: list(labels)})
    return from_columns({TEXT: rows, LABEL: list(labels)})


def _is_text_and_number(text: Any, label: Any) -> bool:
    return isinstance(text, str) and (isinstance(label, int) or hasattr(label, "item"))
