"""New rows to predict: whatever a user holds in a notebook, as a data set with the columns that the run reads."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.chunks import slices
from nbtrain.data.columns import check_text
from nbtrain.data.feature_types import quoted
from nbtrain.data.frames import from_columns, from_frame
from nbtrain.data.source import Examples
from nbtrain.errors import DataError, did_you_mean
from nbtrain.preprocessing.labels import with_labels_if_any

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.events import TaskSpec


def new_rows(data: Any, spec: TaskSpec, splits: Mapping[str, Dataset] | None = None, first: int = 0) -> Examples:
    """The rows of `data` with the columns that the model reads, and with their labels if every row has its label.

    Args:
        data: A DataFrame, a list of texts, a list of tuples of texts, a list of dicts, a dict of columns or of texts, a
            Dataset, or the name of a split.
        spec: What was learned.
        splits: The splits of the run, by name.
        first: The number of the first row, where others came before.

    Raises:
        DataError: It is nothing of these, has no rows, or has not the texts that the model reads.
    """
    rows = _rows(data, spec.inputs, splits or {}, first)
    if not len(rows):
        msg = "There is nothing to predict: no rows were given."
        raise DataError(msg)
    check_text(rows, spec.inputs, "new data")
    if not set(spec.target) & set(rows.column_names):
        return Examples(rows, None)
    return with_labels_if_any(rows, spec, "new data", [])


def is_stream(data: Any) -> bool:
    """Whether the rows of `data` come one by one, and nobody knows how many: a generator, an open file, ..."""
    return isinstance(data, Iterable) and not hasattr(data, "__len__")


def in_parts(data: Any, rows: int, spec: TaskSpec, splits: Mapping[str, Dataset] | None = None) -> Iterator[Examples]:
    """As `new_rows`, `rows` rows at a time. Of data that come one by one, no more is read than is needed.

    Args:
        data: As for `new_rows`, or anything that gives texts, tuples of texts or dicts, one by one.
        rows: Rows of a part.
        spec: What was learned.
        splits: As for `new_rows`.

    Raises:
        DataError: As `new_rows`.
    """
    if not is_stream(data):
        found = new_rows(data, spec, splits)
        yield from (found.select(range(part.start, part.stop)) for part in slices(len(found), rows))
        return
    items = iter(data)
    for first in itertools.count(0, rows):
        part = list(itertools.islice(items, rows))
        if not part and first:
            return
        yield new_rows(part, spec, splits, first)


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
        f"Data of type {type(data).__name__} cannot be predicted. Give a DataFrame, a Dataset, {_list_example(text)}, "
        "a generator of the same, or the name of a split."
    )
    raise DataError(msg)


def _split(name: str, text: Sequence[str], splits: Mapping[str, Dataset]) -> Dataset:
    if name in splits:
        return splits[name]
    fix = did_you_mean(name, splits, otherwise=f"For a single text, give a list: {_list_example(text)}.")
    known = f" The splits are {quoted(splits)}." if splits else ""
    msg = f'There is no split "{name}".{known} {fix}'
    raise DataError(msg)


def _from_list(items: list[Any], text: Sequence[str], first: int) -> Dataset:
    """Rows from texts, from tuples of texts, or from dicts; all items of one kind."""
    if items and all(isinstance(item, Mapping) for item in items):
        names = dict.fromkeys(name for item in items for name in item)
        return from_columns({name: [item.get(name) for item in items] for name in names})
    rows = [(item,) if isinstance(item, str) or item is None else item for item in items]
    for number, row in enumerate(rows, first):
        if not isinstance(row, (tuple, list)) or not all(isinstance(part, str) or part is None for part in row):
            msg = f"Item {number} is no text: {row!r:.80}. Expected: {_list_example(text)}."
            raise DataError(msg)
        if len(row) != len(text):
            given = "1 text" if len(row) == 1 else f"{len(row)} texts"
            msg = (
                f"Item {number} has {given}, the model reads {len(text)} ({quoted(text)}). "
                f"Expected: {_list_example(text)}."
            )
            raise DataError(msg)
    return from_columns({name: [row[at] for row in rows] for at, name in enumerate(text)})


def _list_example(text: Sequence[str]) -> str:
    if len(text) == 1:
        return 'a list of texts such as ["first text", "second text"]'
    return f"a list of tuples such as [({', '.join(f'{name!r:.20}' for name in text)}), ...]"
