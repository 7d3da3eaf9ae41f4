"""Change the value of a statement; key, spacing, comment and quote style stay."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array, InlineTable, Item, String

from nbtrain.config.toml.statements import value_start
from nbtrain.config.toml.writing import toml_value


def with_new_value(statement: str, old: Any, new: Any) -> Iterator[str]:
    """Candidates for `statement` with the value `new`; the one that preserves most comes first.

    Args:
        statement: A key with its value, comment and line ending.
        old: The current value.
        new: The new value.
    """
    start = value_start(statement)
    rest = "x =" + statement[start:]
    item = _item(rest)
    if item is None:
        yield f"{statement[:start]} {toml_value(new)}"
        return
    before = item.as_string()
    space, _, after = rest.removeprefix("x =").partition(before)
    for value in _candidates(item, old, new):
        yield statement[:start] + space + value + after


def _item(text: str) -> Item | None:
    """The value of the key `x` in `text`, with its formatting; None if tomlkit cannot parse it."""
    try:
        item = tomlkit.parse(text).item("x")  # indexing would return a plain bool without its text
    except TOMLKitError:
        return None
    if isinstance(item, Item) and text.removeprefix("x =").lstrip(" \t").startswith(item.as_string()):
        return item
    return None


def _candidates(item: Item, old: Any, new: Any) -> Iterator[str]:
    """Candidates for `new` in place of `item`."""
    if isinstance(item, String) and isinstance(new, str) and item.as_string().startswith("'"):
        if _parses_to(f"'{new}'", new):
            yield f"'{new}'"
    elif isinstance(item, Array) and isinstance(new, list):
        _change_list(item, old, new)
        yield item.as_string()
    elif isinstance(item, InlineTable) and isinstance(new, Mapping):
        _change_table(item, old, new)
        yield item.as_string()
    yield toml_value(new)


def _parses_to(text: str, value: Any) -> bool:
    try:
        return bool(tomllib.loads(f"x = {text}")["x"] == value)
    except tomllib.TOMLDecodeError:
        return False


def _change_list(array: Array, old: list[Any], new: list[Any]) -> None:
    """Change `array` to `new` item by item, so that its line breaks and comments stay."""
    for number in range(min(len(old), len(new))):
        if old[number] != new[number]:
            array[number] = tomlkit.value(toml_value(new[number]))
    while len(array) > len(new):
        del array[-1]
    for added in new[len(old) :]:
        array.append(tomlkit.value(toml_value(added)))


def _change_table(table: InlineTable, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    """Change `table` to `new` key by key."""
    for key in old.keys() - new.keys():
        del table[key]
    for key, value in new.items():
        if key not in old or old[key] != value:
            table[key] = tomlkit.value(toml_value(value))
