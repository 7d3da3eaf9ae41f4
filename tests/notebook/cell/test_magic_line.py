"""A cell taken apart and put together again."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtrain.notebook.cell.magic_line import Cell, name_problem

LINES = st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r"), max_size=30)


@given(LINES, LINES)
def test_a_text_that_is_taken_apart_is_the_same_text(head: str, body: str) -> None:
    for text in (f"%%finetune {head}\n{body}", body, f"\n\n%%finetune\n{body}", f"%%finetune {head}"):
        if "--form" not in text:
            assert Cell.of(text).text == text


@pytest.mark.parametrize(
    ("line", "out", "renamed"),
    [
        ("%%finetune --out run", "run", "%%finetune --out new"),
        ("%%finetune --quiet --out=run --background", "run", "%%finetune --quiet --out new --background"),
        ('%%finetune --out "my_run"', "my_run", "%%finetune --out new"),
        ("%%finetune --quiet", "", "%%finetune --out new --quiet"),
        ("%%finetune", "", "%%finetune --out new"),
        ("%%finetune --out --quiet", "", "%%finetune --out new --out --quiet"),
    ],
)
def test_the_name_is_found_and_changed_and_the_other_options_stay(line: str, out: str, renamed: str) -> None:
    cell = Cell.of(f"{line}\nseed = 1\n")
    assert cell.out == out
    assert cell.named("new").text == f"{renamed}\nseed = 1\n"
    assert Cell.of("%%finetune --out run --quiet\n").named("").head == "%%finetune --quiet\n"


def test_a_form_does_not_write_that_it_is_one() -> None:
    cell = Cell.of("%%finetune --form --out run --resume old --step 3\nseed = 1\n")
    assert cell.head == "%%finetune --out run --resume old --step 3\n"
    assert (cell.option("resume"), cell.option("step"), cell.option("list")) == ("old", "3", None)
    assert Cell.of("seed = 1\n").head == ""
    assert Cell.of("seed = 1\n").named("run").text == "%%finetune --out run\nseed = 1\n"


def test_a_name_that_is_none_is_said_so() -> None:
    assert name_problem("run_2") is None
    for name in ("3x", "class"):
        assert f"`{name}`" in str(name_problem(name))
    assert "no such variable" in str(name_problem("$x"))
