"""New rows to predict: convert what a user has in a notebook to a data set with the input columns of the run."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.chunks import slices
from nbtrain.data.feature_types import quoted
from nbtrain.data.frames import from_columns, from_frame
from nbtrain.data.lists import from_records, is_column
from nbtrain.data.source import Examples
from nbtrain.errors import DataError, did_you_mean
from nbtrain.preprocessing.labels import with_labels_if_any

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.events import TaskSpec
    from nbtrain.tasks.base import Task


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
    task = tasks.get(spec.task)
    rows = _rows(data, spec.inputs, task, splits or {}, first)
    if not len(rows):
        msg = "Nothing to predict: the data have no rows."
        raise DataError(msg)
    task.check_inputs(rows, spec.inputs, "new data")
    if not task.has_labels or not set(spec.target) & set(rows.column_names):
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


def _rows(data: Any, text: Sequence[str], task: Task, splits: Mapping[str, Dataset], first: int) -> Dataset:
    import numpy as np
    import pandas as pd
    from datasets import Dataset

    if isinstance(data, str):
        return _split(data, task.example_of(text), splits)
    if isinstance(data, Dataset):
        return data
    if isinstance(data, pd.DataFrame):
        return from_frame(data)
    if isinstance(data, Mapping):
        single = not any(is_column(value) for value in data.values())
        return from_columns({str(name): [value] if single else list(value) for name, value in data.items()})
    if isinstance(data, (list, tuple, pd.Series, np.ndarray)):
        return _from_list(list(data), text, task, first)
    msg = (
        f"Cannot predict an object of type {type(data).__name__}. Pass a DataFrame, a Dataset, "
        f"{task.example_of(text)}, an iterator over such items, or the name of a split."
    )
    raise DataError(msg)


def _split(name: str, example: str, splits: Mapping[str, Dataset]) -> Dataset:
    if name in splits:
        return splits[name]
    fix = did_you_mean(name, splits, otherwise=f"To predict a single example, pass {example}.")
    known = f" Splits: {quoted(splits)}." if splits else ""
    msg = f'Unknown split "{name}".{known} {fix}'
    raise DataError(msg)


def _from_list(items: list[Any], text: Sequence[str], task: Task, first: int) -> Dataset:
    """Rows from a list of items as the task takes them, or of dicts."""
    if items and all(isinstance(item, Mapping) for item in items):
        return from_records(items)
    if not text:
        msg = "The columns of this run are not known. Pass a DataFrame, or a list of dicts with the columns."
        raise DataError(msg)
    rows = [task.cells_of(item, number, text) for number, item in enumerate(items, first)]
    return from_columns({name: [row[at] for row in rows] for at, name in enumerate(text)})
