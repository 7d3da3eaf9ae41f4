"""Values in other notations, converted to TOML."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrain.config.toml.lenient import lenient_number, lenient_value


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0,001", "0.001"),
        ("1,5", "1.5"),
        ("1,000", "1000"),
        ("-12,345,678", "-12345678"),
        ("5.", "5.0"),
        (".5", "0.5"),
        ("007", "7"),
        (" 5e-5 ", "5e-5"),
        ("1e5", "1e5"),
        ("1,2,3", None),
        ("1 000", None),
        ("٣", None),
        ("nan", None),
        ("", None),
    ],
)
def test_a_number(text: str, number: str | None) -> None:
    assert lenient_number(text) == number


@pytest.mark.parametrize(("text", "value"), [("null", '"none"'), ("False", "false"), ("a b", '"a b"'), ("|", None)])
def test_a_value(text: str, value: str | None) -> None:
    assert lenient_value(text) == value


@given(st.text(max_size=12) | st.text("[]{},\"'#\\ 0.1eab", max_size=12))
def test_the_result_is_valid_toml(text: str) -> None:
    value = lenient_value(text)
    assert value is None or tomllib.loads(f"x = {value}").keys() == {"x"}
