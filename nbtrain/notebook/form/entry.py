"""Convert between values and the text of a text box: numbers, strings without quotes, anything else as TOML."""

from __future__ import annotations

import tomllib
from typing import Any

from nbtrain.config.fields import Field
from nbtrain.config.toml.writing import toml_value


def read(field: Field, text: str) -> Any:
    """The value of `text`, as typed for `field`; None for an empty text.

    Invalid values are returned as they are, so that the parser reports what is wrong.
    """
    text = text.strip()
    if not text:
        return None
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return _number(text) if _takes_numbers(field) else text
    if isinstance(value, str) or not {"str", "object"} & set(field.kinds) or _is_of(field, value):
        return value
    return text


def entry(field: Field, value: Any) -> str:
    """The shortest text that `read` converts back to `value`."""
    if isinstance(value, str) and _same(read(field, value), value):
        return value
    if isinstance(value, float) and value.is_integer() and "float" in field.kinds and abs(value) < 1e7:
        return str(int(value))
    return toml_value(value)


def _number(text: str) -> Any:
    """Parse numbers that are not valid TOML, such as ".5" and "5."."""
    try:
        return float(text)
    except ValueError:
        return text


def _takes_numbers(field: Field) -> bool:
    return bool({"int", "float"} & set(field.kinds))


def _is_of(field: Field, value: Any) -> bool:
    kind = type(value).__name__
    return kind in field.kinds or (kind == "int" and "float" in field.kinds)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
