"""What Shift+Tab finds in a cell."""

from __future__ import annotations

import pytest

from nbtrain.config import Field
from nbtrain.config.schema import schema
from nbtrain.notebook.cell.key_help import WIDTH, help_of, target_at

CELL = """
%%finetune --out run
model = "demo"  # seed
learning_rate = 5e-5
train = "$pairs"
colour = 1
[lr_scheduler_kwargs]
"""


def at(marked: str) -> Field | str | None:
    """The target at the | in a part of the cell."""
    return target_at(CELL, CELL.index(marked.replace("|", "")) + marked.index("|"))


@pytest.mark.parametrize(
    ("marked", "key"),
    [
        ("|model", "model"),
        ("learning|_rate", "learning_rate"),
        ("learning_rate = 5e|-5", "learning_rate"),
        ("tr|ain", "train"),
        ("[lr_sch|eduler_kwargs]", "lr_scheduler_kwargs"),
        ('"demo"  # se|ed', "model"),
    ],
)
def test_a_key_has_its_help_on_all_of_its_line(marked: str, key: str) -> None:
    assert at(marked) is schema()[key]


def test_a_variable_has_its_own() -> None:
    assert at("$pai|rs") == at("$pairs|") == "pairs"


def test_what_is_nothing_is_not_taken_for_something_else() -> None:
    assert at("colo|ur") == ""
    assert target_at(CELL, len(CELL)) == ""


def test_other_cells_are_python() -> None:
    assert at("%%fine|tune") is None
    assert target_at("learning_rate = 3", 3) is None
    assert target_at("%%time\nlearning_rate = 3", 12) is None
    assert target_at("%%finetune-x\nlearning_rate = 3", 18) is None


def test_every_help_has_its_key_and_fits() -> None:
    for name, field in schema().items():
        first, *lines = help_of(field).splitlines()
        assert first.startswith(name)
        assert lines and all(len(line) <= WIDTH for line in lines)
    assert help_of(schema()["learning_rate"]).splitlines()[0] == "learning_rate (default 5e-5)"
