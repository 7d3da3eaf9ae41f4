"""How numbers, durations and texts are written, for every static view."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence

MISSING = "-"
"""What stands where there is no value."""

SMALLEST = 1e-3
LARGEST = 1e7
"""Outside of these, a number is written as 3.2e-5."""

DECIMALS = 4
"""Digits after the point of a number below 10; each power of ten more takes one away."""


def count(value: int) -> str:
    """A number of things: "3,668"."""
    return f"{value:,}"


def number(value: float | None, decimals: int | None = None) -> str:
    """A metric or a loss: "0.8431", "12.345", "3.2e-5", "nan"; with `decimals` digits after the point where given."""
    if value is None:
        return MISSING
    if not math.isfinite(value):
        return str(float(value))
    if value != 0 and not SMALLEST <= abs(value) < LARGEST:
        return scientific(value)
    digits = _decimals(value) if decimals is None else decimals
    if value != 0 and abs(value) < 0.5 * 10**-digits:
        return scientific(value)
    return f"{value:,.{digits}f}"


def scientific(value: float) -> str:
    """At most three significant digits: "5e-5", "1.25e+9"."""
    mantissa, exponent = f"{value:.2e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{'+' if exponent[0] == '+' else '-'}{exponent[1:].lstrip('0') or '0'}"


def learning_rate(value: float | None) -> str:
    """A learning rate as one would type it: "5e-5", "0.01"."""
    if value is None:
        return MISSING
    if not math.isfinite(value):
        return str(float(value))
    return scientific(value) if 0 < abs(value) < SMALLEST else f"{value:.3g}"


def column(values: Sequence[float | None]) -> list[str]:
    """The numbers of one table column, all with the same digits after the point, so that the points stand in a line."""
    sizes = [abs(value) for value in values if value is not None and math.isfinite(value)]
    digits = _decimals(max(sizes, default=0.0))
    return [number(value, digits) for value in values]


def epochs(values: Sequence[float]) -> list[str]:
    """A column of epochs: whole ones if all are whole, else with two digits after the point."""
    whole = all(abs(value - round(value)) < 0.005 for value in values)
    return [f"{value:.0f}" if whole else f"{value:.2f}" for value in values]


def rate(value: float) -> str:
    """Things per second, three significant digits: "0.42", "8.25", "82.5", "1,240"."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def percent(fraction: float) -> str:
    """A share of one: "26.1%"."""
    return f"{100 * fraction:.1f}%"


def duration(seconds: float) -> str:
    """Minutes and seconds, hours before them where there are any: "2:13", "1:02:13"."""
    whole = max(0, round(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def shorten(text: str, limit: int) -> str:
    """`text`, cut to `limit` characters, with dots where it was cut."""
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."


def listed(names: Sequence[str], limit: int = 6) -> str:
    """Names with commas, the first `limit` of them: "a, b and 12 more"."""
    if len(names) <= limit:
        return ", ".join(names)
    return f"{', '.join(names[:limit])} and {count(len(names) - limit)} more"


def right(text: str, width: int) -> str:
    """`text` flush right in `width` terminal columns (Asian wide characters take two, combining ones none)."""
    return " " * (width - columns(text)) + text


def columns(text: str) -> int:
    """Terminal columns that `text` takes."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _decimals(value: float) -> int:
    magnitude = math.floor(math.log10(abs(value))) if abs(value) >= 1 else 0
    return max(0, DECIMALS - magnitude)
