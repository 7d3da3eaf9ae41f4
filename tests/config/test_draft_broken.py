"""A draft of a text with invalid lines."""

from __future__ import annotations

import pytest

from nbtrain.config import Draft


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("learning_rate: 5e-5  # yaml", "learning_rate = 3e-5  # yaml"),
        ("learning_rate = fast # why", "learning_rate = 3e-5 # why"),
        ("  learning_rate=0,001", "  learning_rate=3e-5"),
        ('learning_rate = "fast', "learning_rate = 3e-5"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_broken_line_is_replaced_and_keeps_its_comment(line: str, after: str, end: str) -> None:
    draft = Draft(f"seed = 1{end}{line}{end}bf16 = true{end}")
    draft.set("learning_rate", 3e-5)
    assert draft.text == f"seed = 1{end}{after}{end}bf16 = true{end}"
    draft.set("learning_rate", 5e-5)
    assert draft.values["learning_rate"] == 5e-5, "the line stays, though the value is the default"
    draft.unset("learning_rate")
    assert draft.text == f"seed = 1{end}bf16 = true{end}"


@pytest.mark.parametrize("text", ["text = [\nseed = 1\n", "seed: 1\nseed: 2\n", "learning_rate\n", 'model = """\n'])
def test_an_ambiguous_broken_line_stays(text: str) -> None:
    key = text.replace(":", " ").split()[0]
    draft = Draft(text)
    draft.set(key, "x")
    assert draft.values[key] == "x"
    assert all(line in draft.text for line in text.splitlines())
