from __future__ import annotations

import json
import math

import pytest

from nbtrain import format
from tests.format_cases import FILE, FUNCTIONS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.84313, "0.8431"),
        (1, "1.0000"),
        (0, "0.0000"),
        (12.34567, "12.346"),
        (12_345.6, "12,346"),
        (3.2e-5, "3.2e-5"),
        (-0.5, "-0.5000"),
        (4e9, "4e+9"),
        (math.nan, "nan"),
        (-math.inf, "-inf"),
        (None, "-"),
    ],
)
def test_number(value: float | None, text: str) -> None:
    assert format.number(value) == text


@pytest.mark.parametrize("name", FUNCTIONS)
def test_python_and_the_browser_format_numbers_alike(name: str) -> None:
    """The other half is `tests/js/chart_format.test.mjs`."""
    write, _ = FUNCTIONS[name]
    for value, text in json.loads(FILE.read_text(encoding="utf-8"))[name]:
        assert write(value) == text, f"{name} of {value}"


def test_column_has_one_number_of_digits() -> None:
    assert format.column([0.5, 13.71667, None, math.nan, 1e-9]) == ["0.500", "13.717", "-", "nan", "1e-9"]
    assert format.column([]) == []


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (7.4, "0:07"), (59.7, "1:00"), (133, "2:13"), (3733, "1:02:13"), (180_000, "50:00:00")],
)
def test_duration(seconds: float, text: str) -> None:
    assert format.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(5e-5, "5e-5"), (1.25e-4, "1.25e-4"), (0.01, "0.01"), (0, "0"), (None, "-")]
)
def test_hyperparameter(value: float | None, text: str) -> None:
    assert format.hyperparameter(value) == text


def test_small_things() -> None:
    assert [format.rate(value) for value in (0.416, 8.25, 82.46, 1240.2)] == ["0.42", "8.25", "82.5", "1,240"]
    assert format.percent(0.2614) == "26.1%"
    assert format.epochs([1, 2.0]) == ["1", "2"]
    assert format.epochs([0.5, 1]) == ["0.50", "1.00"]
    assert format.shorten("abcdefghij", 6) == "abc..."
    assert format.listed(list("abcd"), 2) == "a, b and 2 more"


def test_wide_characters_take_two_columns() -> None:
    assert format.right("精度", 6) == "  精度"
    assert format.right("e\u0301", 3) == "  e\u0301"
