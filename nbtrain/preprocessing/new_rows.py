"""New rows to predict: convert what a user has in a notebook to a data set with the input columns of the run."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.chunks import slices
from nbtrain.data.columns import check_text
from nbtrain.data.feature_types import plural, quoted
from nbtrain.data.frames import from_columns, from_frame
from nbtrain.data.lists import from_records
from nbtrain.data.source import Examples
from nbtrain.errors import DataError, did_you_mean
from nbtrain.preprocessing.labels import with_labels_if_any

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.events import TaskSpec


def new_rows(data: Any, spec: TaskSpec, splits: Mapping[str, Dataset] | None = None, first: int = 0) -> Examples:
    """The rows of `data` with the input columns, and with their labels if every row has one.

    Args:
        data: A DataFrame, a list of strings, a list of tuples of strings, a list of dicts, a dict of columns or of
            strings, a Dataset, or the name of a split.
        spec: The task of the run.
        splits: The splits of the run, by name.
        first: The number of the first row, for messages, if `data` is a chunk.

    Raises:
        DataError: `data` has another type, has no rows, or lacks an input column.
    """
    rows = _rows(data, spec.inputs, splits or {}, first)
    if not len(rows):
        msg = "Nothing to predict: the data have no rows."
        raise DataError(msg)
    check_text(rows, spec.inputs, "new data")
    if not set(spec.target) & set(rows.column_names):
        return Examples(rows, None)
    return with_labels_if_any(rows, spec, "new data", [])


def is_stream(data: Any) -> bool:
    """Whether `data` is an iterable of unknown length: a generator, an open file, ..."""
    return isinstance(data, Iterable) and not hasattr(data, "__len__")


def iter_new_rows(
    data: Any, rows: int, spec: TaskSpec, splits: Mapping[str, Dataset] | None = None
) -> Iterator[Examples]:
    """As `new_rows`, in chunks of at most `rows` rows; iterators are consumed lazily.

    Args:
        data: As for `new_rows`, or an iterable of strings, tuples of strings or dicts.
        rows: Rows of a chunk.
        spec: The task of the run.
        splits: As for `new_rows`.

    Raises:
        DataError: As `new_rows`.
    """
    if not is_stream(data):
        found = new_rows(data, spec, splits)
        yield from (found.select(range(chunk.start, chunk.stop)) for chunk in slices(len(found), rows))
        return
    items = iter(data)
    for first in itertools.count(0, rows):
        chunk = list(itertools.islice(items, rows))
        if not chunk and first:
            return
        yield new_rows(chunk, spec, splits, first)


def _rows(data: Any, text: Sequence[str], splits: Mapping[str, Dataset], first: int) -> Dataset:
    import pandas as pd
    from datasets import Dataset

    if isinstance(data, str):
        return _split(data, text, splits)
    if isinstance(data, Dataset):
        return data
    if isinstance(data, pd.DataFrame):
        return from_frame(data)
    if isinstance(data, Mapping):
        single = all(isinstance(value, str) for value in data.values())
        return from_columns({str(name): [value] if single else list(value) for name, value in data.items()})
    if isinstance(data, (list, tuple, pd.Series)):
        return _from_list(list(data), text, first)
    msg = (
        f"Cannot predict an object of type {type(data).__name__}. Pass a DataFrame, a Dataset, {_list_example(text)}, "
        "an iterator over such items, or the name of a split."
    )
    raise DataError(msg)


def _split(name: str, text: Sequence[str], splits: Mapping[str, Dataset]) -> Dataset:
    if name in splits:
        return splits[name]
    fix = did_you_mean(name, splits, otherwise=f"To predict a single example, pass {_list_example(text)}.")
    known = f" Splits: {quoted(splits)}." if splits else ""
    msg = f'Unknown split "{name}".{known} {fix}'
    raise DataError(msg)


def _from_list(items: list[Any], text: Sequence[str], first: int) -> Dataset:
    """Rows from a list of strings, of tuples of strings, or of dicts."""
    if items and all(isinstance(item, Mapping) for item in items):
        return from_records(items)
    if not text:
        msg = "The columns of this run are not known. Pass a DataFrame, or a list of dicts with the columns."
        raise DataError(msg)
    rows = [(item,) if isinstance(item, str) or item is None else item for item in items]
    for number, row in enumerate(rows, first):
        if not isinstance(row, (tuple, list)) or not all(isinstance(part, str) or part is None for part in row):
            msg = f"Item {number} is not a string: {row!r:.80}. Expected {_list_example(text)}."
            raise DataError(msg)
        if len(row) != len(text):
            msg = (
                f"Item {number} has {plural(len(row), 'string')}, but the model reads {len(text)} ({quoted(text)}). "
                f"Expected {_list_example(text)}."
            )
            raise DataError(msg)
    return from_columns({name: [row[at] for row in rows] for at, name in enumerate(text)})


def _list_example(text: Sequence[str]) -> str:
    if len(text) == 1:
        return 'a list of strings such as ["first text", "second text"]'
    return f"a list of tuples such as [({', '.join(f'{name!r:.20}' for name in text)}), ...]"
