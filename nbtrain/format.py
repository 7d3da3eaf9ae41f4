"""How numbers, durations and lists are written for people.

The browser formats numbers in the same way, in `labextension/src/common/format.ts`; both are tested with
`tests/views/format_cases.json`.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

MISSING = "-"
"""Shown in place of a missing value."""

MIN_PLAIN = 1e-3
MAX_PLAIN = 1e7
"""Below `MIN_PLAIN` and from `MAX_PLAIN` on, numbers are written in scientific notation: 3.2e-5."""

DECIMALS = 4
"""Decimal places of a number below 10; each further digit before the point takes one away."""


def count(value: int) -> str:
    """A count: "3,668"."""
    return f"{value:,}"


def number(value: float | None, decimals: int | None = None) -> str:
    """A metric or a loss: "0.8431", "12.345", "3.2e-5", "nan"; with `decimals` decimal places if given."""
    if value is None:
        return MISSING
    if not math.isfinite(value):
        return str(float(value))
    digits = _decimals(value) if decimals is None else decimals
    size = abs(value)
    if value != 0 and (not MIN_PLAIN <= size < MAX_PLAIN or size < 0.5 * 10**-digits):
        return scientific(value)
    return f"{_rounded(value, digits):,f}"


def scientific(value: float, digits: int = 3) -> str:
    """At most `digits` significant digits: "5e-5", "1.25e+9"."""
    return f"{_significant(value, digits):e}"


def hyperparameter(value: float | None, digits: int = 3) -> str:
    """A learning rate or the like as one would type it, with at most `digits` significant digits: "5e-5", "0.01"."""
    return MISSING if value is None else _short(value, digits, "f")


def short(value: float) -> str:
    """At most six significant digits, for example for an axis: "0.25", "12,000", "5e-5"."""
    return _short(value, 6, ",f")


def column(values: Sequence[float | None]) -> list[str]:
    """The numbers of a table column, all with the same number of decimal places, so that they align."""
    sizes = [abs(value) for value in values if value is not None and math.isfinite(value)]
    digits = _decimals(max(sizes, default=0.0))
    return [number(value, digits) for value in values]


def epochs(values: Sequence[float]) -> list[str]:
    """A column of epochs: without decimal places if all are whole, otherwise with two."""
    whole = all(abs(value - round(value)) < 0.005 for value in values)
    return [epoch(value, 0 if whole else 2) for value in values]


def epoch(value: float, digits: int = 2) -> str:
    """Epochs done: "0.78"."""
    return f"{_rounded(value, digits):f}"


def rate(value: float) -> str:
    """A rate per second, with three significant digits: "0.42", "8.25", "82.5", "1,240"."""
    return f"{_rounded(value, 0 if value >= 100 else 1 if value >= 10 else 2):,f}"


def percent(fraction: float) -> str:
    """A fraction as a percentage: "26.1%"."""
    return f"{100 * fraction:.1f}%"


def memory(size: float) -> str:
    """An amount of memory in bytes: "60 MB", "0.6 GB", "14 GB"."""
    if size < 95_000_000:
        return f"{max(1, round(size / 1e6))} MB"
    return f"{size / 1e9:.1f} GB" if size < 9.95e9 else f"{count(round(size / 1e9))} GB"


def duration(seconds: float) -> str:
    """Minutes and seconds, with hours if there are any: "2:13", "1:02:13"."""
    whole = max(0, math.floor(seconds + 0.5))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def shorten(text: str, limit: int) -> str:
    """`text`, truncated to `limit` characters and then ending with dots."""
    return text if len(text) <= limit else text[: limit - 3].rstrip() + "..."


def listed(names: Sequence[str], limit: int = 6) -> str:
    """Names separated by commas, at most `limit` of them: "a, b and 12 more"."""
    if len(names) <= limit:
        return ", ".join(names)
    return f"{', '.join(names[:limit])} and {count(len(names) - limit)} more"


def right(text: str, width: int) -> str:
    """`text`, right-aligned in `width` terminal columns."""
    return " " * (width - columns(text)) + text


def left(text: str, width: int) -> str:
    """`text`, left-aligned in `width` terminal columns."""
    return text + " " * (width - columns(text))


def columns(text: str) -> int:
    """Width of `text` in terminal columns: wide Asian characters count twice, combining characters not at all."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _short(value: float, digits: int, form: str) -> str:
    if not math.isfinite(value):
        return str(float(value))
    rounded = _significant(value, digits)
    is_plain = rounded == 0 or MIN_PLAIN <= abs(float(rounded)) < MAX_PLAIN
    return f"{rounded:{form}}" if is_plain else f"{rounded:e}"


def _significant(value: float, digits: int) -> Decimal:
    """`value`, rounded to at most `digits` significant digits."""
    return Context(prec=digits, rounding=ROUND_HALF_UP).create_decimal(float(value) + 0.0).normalize()  # + 0.0: no "-0"


def _rounded(value: float, decimals: int) -> Decimal:
    """`value`, rounded to `decimals` decimal places; halves are rounded up, as in JavaScript: 29/32 is 0.9063."""
    return Decimal(float(value)).quantize(Decimal(10) ** -decimals, ROUND_HALF_UP)


def _decimals(value: float) -> int:
    magnitude = math.floor(math.log10(abs(value))) if abs(value) >= 1 else 0
    return max(0, DECIMALS - magnitude)
