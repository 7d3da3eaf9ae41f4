"""What is typed, and what is meant."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtrain.config.fields import Field
from nbtrain.config.schema import schema
from nbtrain.notebook.form.entry import entry, read

TEXTS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=20)
NUMBERS = st.floats(allow_nan=False) | st.integers(-(2**60), 2**60)
ITEMS = TEXTS | NUMBERS | st.booleans()
VALUES = {
    "int": st.integers(-(2**60), 2**60),
    "float": NUMBERS,
    "bool": st.booleans(),
    "str": TEXTS,
    "object": TEXTS,
    "list": st.lists(ITEMS, max_size=3),
    "dict": st.dictionaries(TEXTS, ITEMS, max_size=3),
}


@settings(deadline=None)
@given(st.data())
def test_every_value_of_every_key_is_read_as_it_is_shown(data: st.DataObject) -> None:
    field = data.draw(st.sampled_from(list(schema().values())))
    value = data.draw(st.one_of([VALUES[kind] for kind in field.kinds]))
    if "float" in field.kinds and isinstance(value, int) and not isinstance(value, bool):
        assert read(field, entry(field, value)) == value  # 3 and 3.0 are one number where any will do
    else:
        shown = read(field, entry(field, value))
        assert shown == value
        assert type(shown) is type(value) or isinstance(value, float)


@pytest.mark.parametrize(
    ("kinds", "text", "value"),
    [
        ("int", " 12 ", 12),
        ("int", "12.5", 12.5),
        ("int", "many", "many"),
        ("float int", "1e-4", 1e-4),
        ("float int", ".5", 0.5),
        ("float int", "1,000", "1,000"),
        ("str", "3", "3"),
        ("str", "true", "true"),
        ("str", '"3"', "3"),
        ("str object", "$df", "$df"),
        ("str list", '["a", "b"]', ["a", "b"]),
        ("str list", "[a, b]", "[a, b]"),
        ("dict str", "{a = 1}", {"a": 1}),
        ("str bool", "true", True),
        ("str", "  ", None),
        ("bool", "value = true", "value = true"),
    ],
)
def test_what_is_typed_is_taken_as_it_is_meant(kinds: str, text: str, value: Any) -> None:
    read_value = read(Field("key", tuple(kinds.split())), text)
    assert read_value == value
    assert type(read_value) is type(value)


def test_numbers_are_shown_as_people_write_them() -> None:
    assert entry(schema()["learning_rate"], 5e-5) == "5e-5"
    assert entry(schema()["num_train_epochs"], 3.0) == "3"
    assert entry(schema()["weight_decay"], 0.01) == "0.01"
