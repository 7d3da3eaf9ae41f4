"""Edit one key of a TOML text and nothing else: comments, order, spacing and invalid lines stay."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from nbtrain.config.toml import insertion, parser
from nbtrain.config.toml.lines import raw_lines, rewritten, without_end
from nbtrain.config.toml.recovery import BrokenLine
from nbtrain.config.toml.statement_edit import with_new_value
from nbtrain.config.toml.statements import Statement
from nbtrain.config.toml.writing import toml_key, toml_value


def with_value(text: str, key: str, value: Any) -> str:
    """`text` with `key = value`: in place if the text has the key, else where a reader would look for it.

    Args:
        text: Any text; its errors stay.
        key: A top-level key.
        value: A value that TOML can represent.
    """
    document = parser.read(text)
    wanted = {**document.values, key: value}
    edit = _in_place if key in document.values else _as_new
    for candidate in edit(text, document, key, value):
        result = parser.read(candidate)
        if same(result.values, wanted) and len(result.problems) <= len(document.problems):
            return candidate
    raise AssertionError(f"no edit of this text gives `{key} = {toml_value(value)}`")


def without(text: str, key: str) -> str:
    """`text` without `key`, including duplicates of it."""
    document = parser.read(text)
    if key not in document.values and (number := broken_lines(text, document).get(key)) is not None:
        return rewritten(text, {number: None}, [])
    while key in document.values:
        text = rewritten(text, _removed(_parts(document, key)), [])
        document = parser.read(text)
    return text


def broken_lines(text: str, document: parser.Document) -> dict[str, int]:
    """By key: the index of the line about it that is invalid TOML. Keys with several lines are left out."""
    raw = raw_lines(text)
    numbers = [problem.line - 1 for problem in document.problems if problem.key is None and problem.line is not None]
    found = [(broken.key, at) for at in numbers if (broken := BrokenLine.of(without_end(raw[at]))) is not None]
    keys = [key for key, _ in found]
    return {key: at for key, at in found if keys.count(key) == 1 and key not in document.values}


def same(one: Any, other: Any) -> bool:
    """Whether two values are equivalent: 3 and 3.0, nan and nan, but not 1 and true."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(item, other[key]) for key, item in one.items())
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    return bool(one == other)


def _parts(document: parser.Document, key: str) -> list[Statement]:
    """The statements about `key`: one, or several if it is a table."""
    return [statement for statement in document.statements if statement.path[0] == key]


def _in_place(text: str, document: parser.Document, key: str, value: Any) -> Iterator[str]:
    """Candidate texts with another value for the existing `key`; the one that preserves most comes first."""
    parts, line = _parts(document, key), f"{toml_key(key)} = {toml_value(value)}"
    raw = raw_lines(text)
    if len(parts) == 1 and not parts[0].is_header and len(parts[0].path) == 1:
        statement = "".join(raw[parts[0].start : parts[0].end])
        for changed in with_new_value(statement, document.values[key], value):
            yield rewritten(text, _replaced(parts[0], changed), [])
    elif isinstance(value, Mapping):
        yield from _table_in_place(text, document, key, value)
    if not parts[0].is_header:
        yield rewritten(text, _removed(parts), [(parts[0].start, line)])
    cleared = without(text, key)
    yield from _as_new(cleared, parser.read(cleared), key, value)


def _as_new(text: str, document: parser.Document, key: str, value: Any) -> Iterator[str]:
    """Candidate texts with a new `key`: in place of its broken line if any; the last resort is the first line."""
    if (number := broken_lines(text, document).get(key)) is not None:
        old = raw_lines(text)[number]
        broken = BrokenLine.of(without_end(old))
        if broken is not None:
            yield rewritten(text, {number: broken.with_value(toml_value(value)) + old[len(without_end(old)) :]}, [])
    line = f"{toml_key(key)} = {toml_value(value)}"
    yield rewritten(text, {}, [(insertion.of_new_key(raw_lines(text), document.statements, key), line)])
    yield rewritten(text, {}, [(0, line)])


def _removed(parts: list[Statement]) -> dict[int, str | None]:
    """Lines for `rewritten` that remove `parts`."""
    return {number: None for part in parts for number in range(part.start, part.end)}


def _replaced(statement: Statement, text: str) -> dict[int, str | None]:
    """Lines for `rewritten` that replace `statement` by `text`."""
    return {statement.start: text} | dict.fromkeys(range(statement.start + 1, statement.end))


def _table_in_place(text: str, document: parser.Document, key: str, value: Mapping[str, Any]) -> Iterator[str]:
    """The candidate text for a table with a header or dotted keys: only changed entries are rewritten."""
    raw, parts = raw_lines(text), _parts(document, key)
    if any(part.is_header and raw[part.start].lstrip().startswith("[[") for part in parts):
        return  # a list of tables
    replaced: dict[int, str | None] = {}
    existing = [part.path for part in parts if not part.is_header]
    for part in parts:
        old, (found, new) = _get(document.values, part.path)[1], _get({key: value}, part.path)
        if not found or (part.is_header and not isinstance(new, Mapping)):
            replaced |= _removed([part])
        elif not part.is_header and not same(old, new):
            statement = "".join(raw[part.start : part.end])
            replaced |= _replaced(part, next(with_new_value(statement, old, new)))
    added = [
        insertion.in_table(parts, path, toml_value(item)) for path, item in _leaves((key,), value, existing, parts)
    ]
    yield rewritten(text, replaced, [line for line in added if line is not None])


def _get(values: Mapping[str, Any], path: tuple[str, ...]) -> tuple[bool, Any]:
    """Whether there is a value at `path`, and that value."""
    found: Any = values
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            return False, None
        found = found[key]
    return True, found


def _leaves(
    path: tuple[str, ...], value: Mapping[str, Any], existing: list[tuple[str, ...]], parts: list[Statement]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The entries of the table `value` at `path` for which there is no statement yet."""
    for key, item in value.items():
        inner = (*path, key)
        if inner in existing:
            continue
        if isinstance(item, Mapping) and any(part.path[: len(inner)] == inner for part in parts):
            yield from _leaves(inner, item, existing, parts)
        else:
            yield inner, item
