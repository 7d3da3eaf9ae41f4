"""Groups of the rows of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbtrain.errors import RunError, did_you_mean

LENGTH = "length"
BINS = 5
"""Ranges of numbers."""

MAX_VALUES = 20
"""A column of more values that are no numbers has one group for the less frequent ones."""

OTHERS = "other values"


@dataclass(frozen=True)
class Groups:
    """Groups of rows.

    Args:
        keys: What the rows of a group have in common.
        codes: The position of the key of each row; -1 for none.
    """

    keys: pd.Index
    codes: NDArray[np.int64]


def groups(
    rows: pd.DataFrame,
    inputs: Sequence[str],
    by: str | Callable[[pd.DataFrame], Any],
    bins: int,
    classes: Sequence[str] = (),
) -> Groups:
    """The groups of rows by a column, by length, or by a function; numbers become ranges, but not those of the columns
    `classes`.

    Raises:
        RunError: There is no such column, the function gives something else, or each row has another value.
    """
    if isinstance(bins, bool) or not isinstance(bins, int) or bins < 1:
        raise RunError(f"`bins` must be an integer of at least 1, got {bins!r}.")
    values = _values(rows, inputs, by)
    is_number = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    is_number = is_number and not (isinstance(by, str) and by in classes)
    is_time = pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_timedelta64_dtype(values)
    if (is_number or is_time) and values.nunique() > 2 * bins:
        return _ranges(values, bins)
    return _by_value(values)


def _values(rows: pd.DataFrame, inputs: Sequence[str], by: Any) -> pd.Series[Any]:
    """A value for each row."""
    if isinstance(by, str):
        if by in rows:
            return rows[by]
        if by == LENGTH:
            return _length(rows, inputs)
        names = [LENGTH, *(name for name in map(str, rows.columns))]
        known = ", ".join(f'"{name}"' for name in names)
        fix = did_you_mean(by, names, 'By length: run.analysis.slices(by="length")')
        raise RunError(f'`by = "{by}"`: there is no such column. Columns: {known}.\n    {fix}')
    if not callable(by):
        raise RunError(f'`by` must be "length", the name of a column, or a function of the rows, got {by!r:.80}.')
    given = by(rows)
    if isinstance(given, str) or not hasattr(given, "__len__") or len(given) != len(rows):
        size = (
            f"{len(given):,} values" if hasattr(given, "__len__") and not isinstance(given, str) else f"{given!r:.60}"
        )
        raise RunError(
            f"The function of `by` must return a value for each of the {len(rows):,} rows, got {size}.\n"
            '    It takes the whole table: run.analysis.slices(by=lambda rows: rows["text"].str.len())'
        )
    name = getattr(given, "name", None) or getattr(by, "__name__", "").replace("<lambda>", "") or "value"
    return pd.Series(np.asarray(given) if not isinstance(given, pd.Series) else given.to_numpy(), name=str(name))


def _length(rows: pd.DataFrame, inputs: Sequence[str]) -> pd.Series[Any]:
    """Characters of all texts of the input, or elements of lists, of each row."""
    if not inputs:
        raise RunError(
            "The lengths of the inputs are not known: the input columns are not stored with the predictions, or are no "
            'texts.\n    Slice by a column: run.analysis.slices(by="label")'
        )
    lengths = np.zeros(len(rows), dtype=np.int64)
    for name in inputs:
        lengths += np.array([len(cell) if hasattr(cell, "__len__") else 0 for cell in rows[name]], dtype=np.int64)
    is_text = any(isinstance(cell, str) for cell in rows[inputs[0]].head(1))
    return pd.Series(lengths, name=f"length ({'characters' if is_text or not len(rows) else 'words'})")


def _ranges(values: pd.Series[Any], bins: int) -> Groups:
    """Ranges with about as many rows in each. Missing values are in none."""
    binned = pd.qcut(values, bins, duplicates="drop")
    keys = pd.Index(binned.cat.categories, name=values.name)
    return Groups(keys, np.asarray(binned.cat.codes, dtype=np.int64))


def _by_value(values: pd.Series[Any]) -> Groups:
    """A group for each value, in their order; for the less frequent of many together."""
    cells = [tuple(cell) if isinstance(cell, (list, np.ndarray)) else cell for cell in values]
    if any(isinstance(cell, (tuple, dict, set)) for cell in cells):
        cells = [str(list(cell)) if isinstance(cell, tuple) else str(cell) for cell in cells]
    codes, found = pd.factorize(pd.Series(cells, dtype=object if not len(cells) else None))
    count = len(found)
    if count > max(MAX_VALUES, len(values) // 2):
        raise RunError(
            f"`{values.name}` has {count:,} values in {len(values):,} rows: nearly each row would be a group.\n"
            '    Group them by a function: run.analysis.slices(by=lambda rows: rows["text"].str.len())'
        )
    if count <= MAX_VALUES:
        order = _sorted(list(found))
        return Groups(pd.Index([found[at] for at in order], name=values.name), _renumbered(codes, order))
    frequent = np.argsort(-np.bincount(codes[codes >= 0], minlength=count), kind="stable")[: MAX_VALUES - 1]
    order = [int(frequent[at]) for at in _sorted([found[at] for at in frequent])]
    numbers = _renumbered(codes, order)
    numbers[(numbers < 0) & (codes >= 0)] = len(order)
    return Groups(pd.Index([*(found[at] for at in order), OTHERS], dtype=object, name=values.name), numbers)


def _sorted(values: list[Any]) -> list[int]:
    """The positions of values in their order; as text if they cannot be compared."""
    try:
        return sorted(range(len(values)), key=lambda at: values[at])
    except TypeError:
        return sorted(range(len(values)), key=lambda at: str(values[at]))


def _renumbered(codes: NDArray[Any], order: Sequence[int]) -> NDArray[np.int64]:
    """Codes by the position of their value in `order`; -1 for all others."""
    new = np.full(int(codes.max(initial=-1)) + 2, -1, dtype=np.int64)
    new[list(order)] = np.arange(len(order))
    found: NDArray[np.int64] = new[codes]  # -1 is the last one, which has no place
    return found
