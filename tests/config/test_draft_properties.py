"""Properties of every draft, over the whole schema."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nbtrain.config import Draft, from_toml, schema
from nbtrain.config.toml import parser
from nbtrain.config.toml.edit import broken_lines, same
from nbtrain.config.toml.lines import raw_lines, without_end
from tests.config.strategies import KEYS, VALUES, assignments, texts

FAST = settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def lines_without(text: str, key: str) -> list[str]:
    """The lines of `text` without the statements about `key`, and without a broken line of it, which is replaced."""
    read: dict[int, str] = {
        number: statement.path[0]
        for statement in parser.read(text).statements
        for number in range(statement.start, statement.end)
    }
    own = {number: line.partition("=")[0].strip() for number, line in enumerate(raw_lines(text))} | read
    gone = {number for number, name in own.items() if name == key}
    return [without_end(line) for number, line in enumerate(raw_lines(text)) if number not in gone]


@FAST
@given(texts())
def test_an_unedited_text_is_unchanged(text: str) -> None:
    draft = Draft(text)
    assert draft.text == text
    assert draft.values == parser.read(text).values
    draft.problems()
    assert draft.text == text


@FAST
@given(texts(), KEYS, VALUES)
@example('bf16 = True\nmodel = ""\nlr_scheduler_kwargs = ""', "bf16", "none")
def test_a_key_that_is_set_has_the_value_and_no_other_line_is_touched(text: str, key: str, value: Any) -> None:
    draft = Draft(text)
    before = draft.values
    draft.set(key, value)
    after = draft.values
    if key in after:
        assert same(after.pop(key), value)
    else:
        assert same(schema()[key].parse(value), schema()[key].parse(draft.default(key)))
    before.pop(key, None)
    assert same(after, before)
    assert len(parser.read(draft.text).problems) <= len(parser.read(text).problems)
    assert lines_without(draft.text, key) == lines_without(text, key)


@FAST
@given(texts(), st.lists(st.tuples(KEYS, VALUES), max_size=4), st.booleans())
@example("bf16 = True\n", [("bf16", True), ("seed", 1)], False)
def test_undone_edits_leave_no_trace(text: str, edits: list[tuple[str, Any]], unset: bool) -> None:
    broken = broken_lines(text, parser.read(text))  # what is set in place of such a line cannot be taken back
    edits = [(key, value) for key, value in edits if key not in broken]
    draft = Draft(text)
    before = draft.values
    for key, value in edits:
        draft.set(key, value)
        if unset:
            draft.unset(key)
            assert key not in draft.values
    for key, _ in edits:
        draft.set(key, before[key]) if key in before else draft.unset(key)
    assert draft.text == text


@FAST
@given(texts(), st.lists(st.tuples(KEYS, VALUES), max_size=3))
def test_the_order_of_edits_of_existing_keys_does_not_matter(text: str, edits: list[tuple[str, Any]]) -> None:
    edits = [(key, value) for key, value in dict(edits).items() if key in parser.read(text).values]
    first, second = Draft(text), Draft(text)
    for key, value in edits:
        first.set(key, value)
    for key, value in reversed(edits):
        second.set(key, value)
    assert same(first.values, second.values)
    assert Counter(raw_lines(first.text)) == Counter(raw_lines(second.text))


@FAST
@given(st.lists(assignments(), max_size=6))
def test_set_values_give_the_same_configuration_as_keyword_arguments(edits: list[tuple[str, Any]]) -> None:
    draft = Draft(variables={"name": len}, complete=False)
    for key, value in edits:
        draft.set(key, value)
    for key in ("dataset", "metrics", "task", "lora_alpha", "lora_dropout", "lora_target_modules"):
        draft.unset(key)
    config = from_toml(draft.text, variables={"name": len}, complete=False)
    for key, value in draft.values.items():
        parsed = schema()[key].parse(len if value == "$name" else value)
        assert same(config[key], parsed), key
    left_out = {key: value for key, value in dict(edits).items() if key not in draft.values}
    assert all(same(draft.default(key), config[key]) for key in left_out)
