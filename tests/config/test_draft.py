"""Edits of a draft are readable and change nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from nbtrain.config import Draft
from nbtrain.config.toml.writing import toml_value
from nbtrain.errors import ConfigError

CELL = """# Reviews, second try
model = 'demo'   # small
dataset = "demo"
text = [
    "a",   # the first
    "b",
]

num_train_epochs = 3 # few

[lr_scheduler_kwargs]
# how often
num_cycles = 2
"""


def edited(cell: str, /, **values: Any) -> str:
    draft = Draft(cell)
    for key, value in values.items():
        draft.set(key, value)
    return draft.text


def test_a_new_cell_is_readable() -> None:
    draft = Draft()
    changes = dict(learning_rate=2e-5, num_train_epochs=4.0, seed=7, text=["a", "b"], dataset="glue/mrpc", model="demo")
    for key, value in changes.items():
        draft.set(key, value)
    assert draft.text == (
        'model = "demo"\ndataset = "glue/mrpc"\ntext = ["a", "b"]\n'
        "learning_rate = 2e-5\nnum_train_epochs = 4\nseed = 7\n"
    )
    assert draft.values == changes
    assert draft.problems() == []
    assert draft.config()["learning_rate"] == 2e-5


def test_only_the_value_changes() -> None:
    assert edited(CELL, model="bert", num_train_epochs=5) == CELL.replace("demo'", "bert'").replace("= 3 #", "= 5 #")


def test_a_list_over_several_lines_keeps_them_and_its_comments() -> None:
    assert edited(CELL, text=["a", "c"]) == CELL.replace('"b"', '"c"')
    assert '"a",   # the first\n    "b",\n    "c",\n]' in edited(CELL, text=["a", "b", "c"])


@pytest.mark.parametrize(
    ("table", "value", "expected"),
    [
        (CELL, {"num_cycles": 3}, CELL.replace("= 2\n", "= 3\n")),
        (CELL, {"num_cycles": 2, "x": 0.5}, CELL + "x = 0.5\n"),
        ("k.a = 1 # one\nseed = 2\nk.b = 2\n", {"a": 1, "b": 3, "c": 4}, "k.a = 1 # one\nseed = 2\nk.b = 3\nk.c = 4\n"),
        ("k.a = 1\nseed = 2\nk.b = 2\n", {"b": 2}, "seed = 2\nk.b = 2\n"),
        ("k = { a = 1 }  # one\n", {"a": 2}, "k = { a = 2 }  # one\n"),
        ("k = { a = 1 }  # one\n", "none", 'k = "none"  # one\n'),
        ("k.a = 1\nseed = 2\n", {}, "k = {}\nseed = 2\n"),
        ("[k]\n[k.deep]\nx = 1\n\n[other]\ny = 1\n", {"deep": {"x": 1, "z": 2}, "a": 3},
         "[k]\na = 3\n[k.deep]\nx = 1\nz = 2\n\n[other]\ny = 1\n"),
        ("[k.deep]\nx = 1\n", {"deep": {"x": 1}, "a": 3}, "k = {deep = {x = 1}, a = 3}\n"),
        ("[k]\na = 1\n[k.deep]\nx = 1\n", {"a": 2}, "[k]\na = 2\n"),
        ("[k]\na = 1\n[k.deep]\nx = 1\n", {"a": 1, "deep": 2}, "[k]\na = 1\ndeep = 2\n"),
        ("[k]\na = 1\n", {"b": {"c": [5e-5]}}, "[k]\nb = {c = [5e-5]}\n"),
        ("seed = 1\n[[k]]\nx = 1\n", [{"x": 2}], "seed = 1\nk = [{x = 2}]\n"),
    ],
)  # fmt: skip
def test_tables_in_every_form(table: str, value: Any, expected: str) -> None:
    key = "lr_scheduler_kwargs" if table is CELL else "k"
    assert edited(table, **{key: value}) == expected


def test_where_a_new_key_is_inserted() -> None:
    assert 'dataset = "demo"\ntask = "regression"\nlearning_rate' in edited(
        'model = "m"\ndataset = "demo"\nlearning_rate = 1e-4\n', task="regression"
    )
    assert edited("learning_rate = 1e-4\nseed = 1\n", lr_scheduler_type="cosine") == (
        'learning_rate = 1e-4\nlr_scheduler_type = "cosine"\nseed = 1\n'
    )
    assert "num_train_epochs = 3 # few\nseed = 1\n\n[lr" in edited(CELL, seed=1)
    assert edited("# how\nseed = 1\n", model="m") == 'model = "m"\n# how\nseed = 1\n'
    assert edited("seed = 1\n\n# for later\n\n", bf16=True) == "seed = 1\n\n# for later\nbf16 = true\n\n"
    assert edited("# only this", seed=1) == "# only this\nseed = 1"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "seed = 1\n"),
        ("\n", "seed = 1\n\n"),
        ("bf16 = true", "bf16 = true\nseed = 1"),
        ("bf16 = true\r\n", "bf16 = true\r\nseed = 1\r\n"),
        ("bf16 = true\r\n\r\n# x", "bf16 = true\r\n\r\n# x\r\nseed = 1"),
        ("'seed'=2", "'seed'=1"),
        ('"seed" = 2\t# x\r\n', '"seed" = 1\t# x\r\n'),
        ("label = 'a\u2028b'\n  seed = 2", "label = 'a\u2028b'\n  seed = 1"),
    ],
)
def test_line_endings(text: str, expected: str) -> None:
    assert edited(text, seed=1) == expected
    draft = Draft(text)
    draft.set("seed", 1)
    draft.unset("seed")
    assert draft.text == (text if "seed" not in text else draft.text)
    assert "seed" not in draft.values


@pytest.mark.parametrize(
    "broken",
    ["learning_rate: 5e-5", "bf16 = True", "text = [\n  'a',", 'model = """\nx', "]", "seed", "x = 'a", "\x00", "[tab"],
)
def test_invalid_lines_stay_and_the_rest_can_be_edited(broken: str) -> None:
    text = f"bf16 = true\n{broken}\nwarmup_steps = 3  # few\nmax_steps = 5\n"
    draft = Draft(text)
    assert draft.values == {"bf16": True, "warmup_steps": 3, "max_steps": 5}
    draft.set("warmup_steps", 4)
    draft.set("weight_decay", 0.5)
    assert draft.text.replace("weight_decay = 0.5\n", "") == text.replace("= 3", "= 4")
    assert draft.values == {"bf16": True, "warmup_steps": 4, "max_steps": 5, "weight_decay": 0.5}
    draft.unset("weight_decay")
    draft.set("warmup_steps", 3)
    assert draft.text == text


def test_a_key_that_is_given_twice() -> None:
    draft = Draft("seed = 1\nseed = 2\n")
    draft.set("seed", 3)
    assert draft.text == "seed = 3\nseed = 2\n"
    assert [(problem.key, problem.line) for problem in draft.problems() if problem.line] == [("seed", 2)]
    draft.unset("seed")
    assert draft.text == ""


def test_a_new_cell_gets_only_what_differs_from_the_defaults() -> None:
    assert edited("", learning_rate=5e-5, num_train_epochs=3, eval_strategy="epoch", model=None, report_to="none") == ""
    draft = Draft()
    draft.set("seed", 7)
    draft.set("seed", 42)
    assert draft.text == ""


def test_a_key_of_the_original_text_stays() -> None:
    assert edited("seed = 7\n", seed=42) == "seed = 42\n"
    draft = Draft("seed = 7  # lucky\n")
    draft.unset("seed")
    assert draft.text == ""
    draft.set("seed", 42)
    assert draft.text == "seed = 42  # lucky\n"
    draft.set("seed", 7)
    assert draft.text == "seed = 7  # lucky\n"


def test_a_default_can_depend_on_another_key() -> None:
    draft = Draft('early_stopping_patience = 2\nmetric_for_best_model = "mse"\n')
    assert draft.default("load_best_model_at_end") is True
    draft.set("load_best_model_at_end", True)
    draft.set("greater_is_better", False)
    assert "load_best_model_at_end" not in draft.values and "greater_is_better" not in draft.values
    draft.set("load_best_model_at_end", False)
    assert draft.values["load_best_model_at_end"] is False
    draft.unset("load_best_model_at_end")
    assert draft.partial()["load_best_model_at_end"] is True


def test_values_are_as_written() -> None:
    draft = Draft('train = "$df"\nsave_total_limit = "none"\n', variables={"df": len})
    assert draft.values == {"train": "$df", "save_total_limit": "none"}
    draft.set("max_length", None)
    draft.set("save_total_limit", 2)
    draft.set("save_total_limit", None)
    assert draft.values == {"train": "$df", "save_total_limit": "none"}
    draft.set("model", "demo")
    assert draft.config()["train"] is len


def test_problems_are_those_of_the_parser_and_wrong_values_can_be_set() -> None:
    draft = Draft("# none yet\n")
    assert [problem.message for problem in draft.problems()] == [
        "`model` is missing.",
        "`dataset` is missing.",
    ]
    draft.set("model", "demo")
    draft.set("dataset", "demo")
    draft.set("learning_rate", "fast")
    draft.set("seed", 1.5)
    draft.set("sede", [1, {"a": None}])
    assert draft.values["sede"] == [1, {"a": "none"}]
    with pytest.raises(ConfigError) as caught:
        draft.config()
    assert draft.problems() == caught.value.problems
    lines = draft.text.split("\n")
    assert all(problem.key in lines[(problem.line or 0) - 1] for problem in draft.problems() if problem.key)
    assert {problem.key for problem in draft.problems()} == {"learning_rate", "seed", "sede"}
    assert "learning_rate" not in draft.partial()
    assert draft.partial()["model"] == "demo"


def test_a_body_that_changes_another_run_needs_no_model() -> None:
    assert Draft("seed = 3", complete=False).problems() == []


def test_values_that_toml_cannot_represent_are_refused() -> None:
    draft = Draft("seed = 3")
    with pytest.raises(TypeError, match="no values of type object"):
        draft.set("train", object())
    assert draft.text == "seed = 3"


def test_strings_with_special_characters() -> None:
    for text in ("", "a \"b\" \\ 'c'", "a\nb\r\nc", "\x7f\t\0", "é🙂\u2028", "# x", "'''", "[1]"):
        for cell in ("label = 'x' # c\n", 'label = """x\ny"""\n', ""):
            draft = Draft(cell)
            draft.set("label", text)
            assert draft.values["label"] == text
            assert not cell.endswith("# c\n") or draft.text.endswith(" # c\n")


@pytest.mark.parametrize(
    "values", [(False, True), (1e-5, 2e-5), (3, 4), ("a", "b"), (["a"], ["b", "c"]), ({"a": 1}, {"a": 2})]
)
def test_a_value_of_any_kind_changes_without_its_comment(values: tuple[Any, Any]) -> None:
    old, new = (toml_value(value) for value in values)
    draft = Draft(f"seed = 1\nkey =  {old}   # careful\nbf16 = true\n")
    draft.set("key", values[1])
    assert draft.text == f"seed = 1\nkey =  {new}   # careful\nbf16 = true\n"
