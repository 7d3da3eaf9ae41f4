"""Several labels in one cell of text: lists that were written as text (by `to_csv`), and names with a separator."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import FeatureType, feature_type
from nbtrain.data.values import arrow_values, distinct, name_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa
    from datasets import Dataset

LIST = "[]"
"""The form of cells that are lists written as text. Every other form is the separator of the names."""

SEPARATORS = ("|", ";", ",")

_BRACKETS = {"[": "]", "(": ")", "{": "}"}
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")


def find_form(cells: Sequence[str], *, is_sure: bool = False) -> str | None:
    """How the cells hold several labels: `LIST`, a separator, or None if each is one name.

    Args:
        cells: The distinct values of a column.
        is_sure: Whether it is known that they hold several. If not, a comma is a separator only if some name between
            commas occurs in several cells: "Science, Technology" may be the name of one class.
    """
    if cells and all(parse_list(cell) is not None for cell in cells):
        return LIST
    for separator in SEPARATORS:
        several = [names for cell in cells if len(names := split_cell(cell, separator)) > 1]
        if several and (is_sure or separator != "," or _shares_names(several, cells)):
            return separator
    return None


def _shares_names(several: list[list[str]], cells: Sequence[str]) -> bool:
    """Whether a name of the cells with several ones is also in another cell."""
    found = [name for names in several for name in {*names}]
    return len({*found}) < len(found) or not {*found}.isdisjoint(cells)


def form_of(rows: Dataset, column: str) -> str | None:
    """How the cells of a column that is to hold several labels do so; None if they are lists, or one name each."""
    if feature_type(rows.features[column]) is not FeatureType.TEXT:
        return None
    return find_form(distinct(arrow_values(rows, column))[0], is_sure=True)


def lists_of(rows: Dataset, column: str, form: str | None) -> tuple[pa.Array, Any]:
    """The labels of each row, and their feature: lists, also if cells of the form `form` have to be split."""
    import pyarrow as pa
    from datasets import Features

    values, feature = arrow_values(rows, column), rows.features[column]
    if form is None or feature_type(feature) is FeatureType.LISTS:
        return values, feature
    lists = [None if cell is None else _parse(cell, form) for cell in values.to_pylist()]
    try:
        parsed = pa.array(lists)
    except (pa.ArrowException, TypeError):  # names and numbers
        parsed = pa.array([None if entries is None else [name_of(entry) for entry in entries] for entries in lists])
    return parsed, Features.from_arrow_schema(pa.schema([(column, parsed.type)]))[column]


def split_cell(cell: str, separator: str) -> list[str]:
    """The names in a cell."""
    return [name for part in cell.split(separator) if (name := part.strip())]


def _parse(cell: Any, form: str) -> list[Any]:
    """The labels in a cell; one that is no text is one label."""
    if not isinstance(cell, str):
        return [cell]
    if form == LIST:
        found = parse_list(cell)
        return [cell] if found is None else found
    return split_cell(cell, form)


def parse_list(cell: str) -> list[Any] | None:
    """The entries of a list that Python, JSON or NumPy has written, "['a', 'b']" or "[0 1]"; None if it is no list.

    `ast.literal_eval` is no help: it joins NumPy's "['a' 'b']" to "ab".
    """
    cell = cell.strip()
    if len(cell) < 2 or _BRACKETS.get(cell[0]) != cell[-1]:
        return None
    try:
        found = json.loads(cell)
        return found if isinstance(found, list) else None
    except json.JSONDecodeError:
        pass
    inner = cell[1:-1].strip()
    if quoted := _QUOTED.findall(inner):
        between = _QUOTED.sub("", inner)
        entries = [re.sub(r"\\(.)", r"\1", one or two) for one, two in quoted]
        return entries if re.fullmatch(r"[\s,]*", between) else None
    entries = [entry for entry in re.split(r"\s*,\s*" if "," in inner else r"\s+", inner) if entry]
    return None if ":" in inner else _typed(entries)


def _typed(entries: list[str]) -> list[Any]:
    """Numbers and booleans by their type, if all entries are of it."""
    if all(entry in ("True", "False") for entry in entries):
        return [entry == "True" for entry in entries]
    for number in (int, float):
        try:
            return [number(entry) for entry in entries]
        except ValueError:
            continue
    return entries
