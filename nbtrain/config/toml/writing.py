"""Write values in TOML, in a readable form. The only place that does so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any

import tomlkit

MIN_DECIMAL = 1e-3
"""Smaller numbers are written in scientific notation: 5e-5."""


def toml_value(value: Any) -> str:
    """A value in TOML.

    Raises:
        TypeError: TOML cannot represent the value.
    """
    if value is None:
        return '"none"'
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{toml_key(key)} = {toml_value(item)}' for key, item in value.items())}}}"
    if isinstance(value, (int, str, date, time)):
        return tomlkit.item(value).as_string()
    raise TypeError(f"TOML has no values of type {type(value).__name__}.")


def toml_key(key: str) -> str:
    """A key, with quotes if required."""
    return tomlkit.key(str(key)).as_string()


def _number(value: float) -> str:
    """The shortest exact form of a number: "5e-5", "0.01", "1e16"."""
    if not math.isfinite(value):
        return repr(value)
    text = repr(value)
    if "e" in text or 0 < abs(value) < MIN_DECIMAL:
        return f"{Decimal(text):e}".replace("e+", "e")
    return text
