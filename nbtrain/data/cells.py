"""The cells of a column as an Arrow array, with the type that all of them have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

_TRUTH = r"^([Tt]rue|TRUE|[Ff]alse|FALSE)$"
_WHOLE = r"^-?(0|[1-9][0-9]*)$"
_NUMBER = r"^-?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?$|^-?([Ii]nf|Infinity)$"
_DECIMAL_COMMA = r"^-?(0|[1-9][0-9]*)(,[0-9]+)?$"
_DIGITS = r"^[-+]?[0-9]+(\.[0-9]+)?$"
_LOST = r"^[-+]?0[0-9]|^\+"

_MISSING = {"NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NULL", "null", "None"}
"""Words for a missing number. In a column of texts they are texts: a class may be called "None" or "NA"."""


def from_text(
    name: str, cells: Sequence[str | None], lines: Sequence[int], delimiter: str, notes: list[str]
) -> pa.Array:
    """The values of a column of a text file: integers, floats, booleans or texts. An empty cell is a missing value.

    What a number would lose stays a text: leading zeros, and digits beyond 64 bits.

    Args:
        name: The column, for notes.
        cells: The cells.
        lines: The number of the line of each cell, for notes.
        delimiter: The delimiter of the file: with semicolons, numbers may have decimal commas.
        notes: Receives a note about everything that is unusual.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.array(cells, pa.string())
    texts = pc.if_else(pc.equal(texts, ""), None, texts)
    if texts.null_count == len(texts):
        return pa.nulls(len(texts))
    trimmed = pc.utf8_trim_whitespace(texts)
    values = texts
    if (truths := _all(texts, _TRUTH)) is not None:
        values = pc.cast(pc.utf8_lower(truths), pa.bool_())
    elif (numbers := _all(trimmed, _NUMBER)) is not None:
        values = _as_numbers(name, texts, numbers, lines, notes)
    elif (numbers := _all(trimmed, _DECIMAL_COMMA)) is not None:
        if delimiter == ";":
            notes.append(f"`{name}` has decimal commas")
            values = pc.cast(pc.replace_substring(numbers, ",", "."), pa.float64())
        else:
            notes.append(f"`{name}` is read as text: its cells are like `{numbers.drop_null()[0]}`")
    elif (numbers := _all(trimmed, _DIGITS)) is not None:
        at = _first(pc.match_substring_regex(numbers, _LOST))
        notes.append(f"`{name}` is read as text: a number would lose a part of `{texts[at]}` (line {lines[at]})")
    if values.null_count > texts.null_count:
        at = _first(pc.and_(pc.is_valid(texts), pc.is_null(values)))
        notes.append(f"`{texts[at]}` in `{name}` (first in line {lines[at]}) is a missing value")
    elif values is texts and (at := _first(pc.is_in(texts, pa.array(sorted(_MISSING))))) >= 0:
        notes.append(f"`{texts[at]}` in `{name}` (first in line {lines[at]}) is a text, not a missing value")
    return values


def _all(texts: pa.Array, pattern: str) -> pa.Array | None:
    """The texts, if all match `pattern`, with words for missing values replaced by None; None if not all match."""
    import pyarrow.compute as pc

    fits = pc.match_substring_regex(texts, pattern)
    others = texts.filter(pc.invert(fits))
    if not len(others):
        return texts
    is_other = others[0].as_py() not in _MISSING or set(pc.unique(others).to_pylist()) - _MISSING
    return None if is_other or not pc.any(fits).as_py() else pc.if_else(fits, texts, None)


def _as_numbers(name: str, texts: pa.Array, numbers: pa.Array, lines: Sequence[int], notes: list[str]) -> pa.Array:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pc.all(pc.match_substring_regex(numbers, _WHOLE)).as_py():
        return pc.cast(numbers, pa.float64())
    try:
        return pc.cast(numbers, pa.int64())
    except pa.ArrowInvalid:
        at = _first(pc.greater(pc.utf8_length(numbers), 18))
        notes.append(f"`{name}` is read as text: `{texts[at]}` (line {lines[at]}) is an integer beyond 64 bits")
        return texts


def _first(mask: pa.Array) -> int:
    """The index of the first True; -1 if there is none."""
    import pyarrow.compute as pc

    return int(pc.index(pc.fill_null(mask, False), True).as_py())


def from_values(
    name: str, values: Sequence[Any], lines: Sequence[int], notes: list[str], line: str = "line"
) -> pa.Array:
    """The values of a column whose cells have types of their own. If these differ, all become text, as in JSON.

    Args:
        name: The column, for notes.
        values: The cells.
        lines: The number of the line of each cell, for notes.
        notes: Receives a note if the types differ.
        line: How notes call a line.
    """
    import pyarrow as pa

    try:
        return pa.array(values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        types = [_type_name(value) for value in values]
        known = list(dict.fromkeys(each for each in types if each))
        at = types.index(known[-1])
        which = f"it has {' and '.join(known)}" if len(known) > 1 else f"its {known[0]} differ"
        notes.append(f"`{name}` is read as text: {which} (first in {line} {lines[at]})")
        return pa.array([_as_text(value) for value in values], pa.string())


def _type_name(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool) and not -(2**63) <= value < 2**63:
        return "integers beyond 64 bits"
    names = {str: "texts", bool: "booleans", int: "numbers", float: "numbers", list: "lists", dict: "objects"}
    return names.get(type(value), type(value).__name__)


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
