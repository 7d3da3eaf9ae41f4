"""Values written in TOML."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrain.config.toml.edit import same
from nbtrain.config.toml.writing import toml_value
from tests.config.strategies import VALUES


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5e-5, "5e-5"),
        (0.0003, "3e-4"),
        (0.00012, "1.2e-4"),
        (0.001, "0.001"),
        (0.1, "0.1"),
        (0.0, "0.0"),
        (1e16, "1e16"),
        (float("inf"), "inf"),
        (3, "3"),
        (True, "true"),
        (None, '"none"'),
        ('a "b"', '"a \\"b\\""'),
        (["a", 1.5], '["a", 1.5]'),
        ({"a": 1, "b c": [2e-7]}, '{a = 1, "b c" = [2e-7]}'),
    ],
)
def test_a_value(value: Any, text: str) -> None:
    assert toml_value(value) == text


@given(VALUES | st.floats())
def test_round_trip(value: Any) -> None:
    read = tomllib.loads(f"x = {toml_value(value)}")["x"]
    assert same(read, value)
    assert type(read) is type(value)
