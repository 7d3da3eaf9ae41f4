"""The model of a form: text, values, problems, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import nbtrain
from nbtrain.errors import ConfigError
from nbtrain.notebook.form import Form

if TYPE_CHECKING:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

CELL = """%%finetune --quiet --out mine
# what we compare
model   = "demo"      # small
dataset = "demo"
seed = 3
learning_rate=5e-05   # the default, kept
"""


def messages(form: Form) -> list[str]:
    return [problem.message for problem in form.problems()]


def test_a_new_form_writes_what_differs_from_the_defaults() -> None:
    form = Form()
    assert form.text == "%%finetune --out run\n"
    form.set({"model": "demo", "dataset": "demo", "num_train_epochs": 3, "learning_rate": 1e-4, "weight_decay": 0.0})
    assert form.text == '%%finetune --out run\nmodel = "demo"\ndataset = "demo"\nlearning_rate = 1e-4\n'
    form.set({"learning_rate": 5e-5})
    assert form.text == '%%finetune --out run\nmodel = "demo"\ndataset = "demo"\n'
    assert form.problems() == []


def test_a_cell_keeps_all_that_was_not_changed() -> None:
    form = Form(CELL)
    assert form.text == CELL
    form.set({"seed": 4})
    form.name("other")
    assert form.text == CELL.replace("seed = 3", "seed = 4").replace("mine", "other")
    form.set({"seed": None})
    assert form.text == CELL.replace("seed = 3\n", "").replace("mine", "other")


def test_problems_are_those_of_the_parser(shell: InteractiveShell) -> None:
    assert messages(Form()) == ["`model` is missing.", "`dataset` is missing."]
    form = Form('model = "demo"\ntrain = "$piars"\nseed = -1\n', shell=shell)
    shell.push({"pairs": 1})
    [variable, seed] = form.problems()
    assert (variable.key, variable.line, variable.fix) == ("train", 2, "Did you mean `pairs`?")
    assert (seed.key, seed.line) == ("seed", 3)
    with pytest.raises(ConfigError):
        form.config()
    assert messages(Form("%%finetune --resume old\nnum_train_epochs = 5\n")) == [], "only what changes is in it"


def test_a_teacher_bounds_what_students_may_set() -> None:
    form = nbtrain.form(
        only=["learning_rate", "num_train_epochs", "seed"],
        model="demo",
        dataset="demo",
        learning_rate=(1e-4, 1e-2),
        num_train_epochs=[1, 2],
        seed=7,
    )
    assert form.values == {
        "model": "demo", "dataset": "demo", "seed": 7, "learning_rate": 1e-4, "num_train_epochs": 1,
    }, "a default that is outside moves to what is nearest"  # fmt: skip
    assert form.problems() == []
    form.set({"learning_rate": 0.5, "num_train_epochs": 3})
    rate, epochs = messages(form)
    assert all(word in rate for word in ("`learning_rate`", "between 1e-4 and 0.01", "0.5"))
    assert all(word in epochs for word in ("`num_train_epochs`", "1, 2", "3"))
    form.set({"learning_rate": "fast", "num_train_epochs": 2})
    assert messages(form) == ['`learning_rate`: expected a number greater than 0, got the string "fast".']
    form.set({"learning_rate": None})
    [rate] = messages(form)
    assert "between 1e-4 and 0.01" in rate and "5e-5" in rate


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"lerning_rate": 1}, "Did you mean `learning_rate`?"),
        ({"only": ["lerning_rate"]}, "Did you mean `learning_rate`?"),
        ({"learning_rate": (1e-3, 1e-5)}, "learning_rate=(1, 10)"),
        ({"learning_rate": (0, 1e-5)}, "must be greater than 0"),
        ({"num_train_epochs": [1, "two"]}, 'got the string "two"'),
        ({"seed": "one"}, 'got the string "one"'),
        ({"train": object()}, "pass that variable as train"),
    ],
)
def test_what_a_teacher_gets_wrong_is_said_at_once(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=r".") as raised:
        nbtrain.form(**fields)
    assert said in str(raised.value)


def test_objects_and_lists_are_values(shell: InteractiveShell, pairs: pd.DataFrame) -> None:
    shell.push({"pairs": pairs})
    form = nbtrain.form(train=pairs, text=["left", "right"], model="demo")
    assert form.text == '%%finetune --out run\nmodel = "demo"\ntrain = "$pairs"\ntext = ["left", "right"]\n'
    assert form.config()["train"] is pairs


def test_another_text_is_taken_over(shell: InteractiveShell) -> None:
    form = Form(CELL)
    assert not form.read(CELL)
    assert form.read(CELL.replace("seed = 3", "seed = "))
    assert form.has_broken_lines
    form.set({"learning_rate": 2e-3})
    assert form.text == CELL.replace("seed = 3", "seed = ").replace("5e-05", "0.002")
