"""Problems of a cell, before it runs."""

from __future__ import annotations

from typing import Any

import pytest

from nbtrain.notebook.cell.check import problems_of

GOOD = 'model = "demo"\ndataset = "demo"\n'


def lines(text: str, **variables: Any) -> list[tuple[int | None, str | None]]:
    return [(problem.line, problem.key) for problem in problems_of(text, variables)]


def test_lines_are_those_of_the_cell() -> None:
    assert lines("%%finetune\n" + GOOD) == []
    assert lines(f"%%finetune --out run\n{GOOD}learning_rate = -1") == [(4, "learning_rate")]
    assert lines(f"\n\n  %%finetune\n{GOOD}seed = 1.5") == [(6, "seed")]
    assert lines("%%finetune\nmodel = demo\n" + GOOD)[0][0] in (2, 3)


def test_every_problem_at_once() -> None:
    found = problems_of("%%finetune --bakground\nepochs = 3\nmodel = 3\n", {})
    assert [(one.line, one.key) for one in found] == [(1, None), (2, "epochs"), (3, "model"), (None, None)]
    assert "`--bakground`" in found[0].message and found[0].fix == "Did you mean `--background`?"


def edits(text: str, **variables: Any) -> list[tuple[str, str, str]]:
    """The changes that the fixes describe: what is replaced, by what, and which word."""
    found = [problem.edit for problem in problems_of(f"%%finetune\n{GOOD}{text}", variables)]
    return [(edit.part, edit.text, edit.old) for edit in found if edit is not None]


def test_a_fix_that_is_a_change_to_the_text_says_which() -> None:
    assert edits("lerning_rate = 1\nepochs = 2") == [("key", "learning_rate", ""), ("key", "num_train_epochs", "")]
    assert edits('lr_scheduler_type = "cosin"') == [("value", '"cosine"', "")]
    assert edits('seed = "4"\nbf16 = "True"') == [("value", "4", ""), ("value", "true", "")]
    assert edits("bf16 = yes") == [("value", "true", "")]
    assert edits("seed: 3  # mine") == [("line", "seed = 3", "")]
    assert edits('metrics = ["f1", "acuracy"]') == [("word", '"accuracy"', "acuracy")]
    assert edits('validation = "$fram"', frame=object()) == [("word", '"$frame"', "$fram")]
    assert edits("adafactor = true") == [("line", 'optim = "adafactor"', "")]
    assert edits("nonsense = 1\nseed = -1\nnum_labels = 2") == []


def test_variables() -> None:
    assert lines('%%finetune\nmodel = "demo"\ntrain = "$frame"', frame=object()) == []
    assert lines('%%finetune\nmodel = "demo"\ntrain = "$frame"', frames=object()) == [(3, "train")]


@pytest.mark.parametrize(
    ("written", "meant"),
    [("--lst", "--list"), ("--shwo", "--show"), ("--wirte", "--write"), ("--temlate", "--template")],
)
def test_every_option_may_be_the_one_that_was_meant(written: str, meant: str) -> None:
    [problem] = problems_of(f"%%finetune {written}\n{GOOD}", {})
    assert problem.fix == f"Did you mean `{meant}`?"


@pytest.mark.parametrize("options", ["--step x", "--out", "--out 'a", "--step"])
def test_options_that_will_not_do(options: str) -> None:
    [problem] = problems_of(f"%%finetune {options}\n{GOOD}", {})
    assert problem.line == 1 and problem.message.endswith(".")


@pytest.mark.parametrize(
    "options", ["--step $n --resume run", "--resume=run --step {n}", "--help", "--list", "--show x", "--write"]
)
def test_what_leaves_the_body_alone_or_is_known_only_when_it_runs(options: str) -> None:
    assert lines(f"%%finetune {options}\n") == []


@pytest.mark.parametrize(
    "text", ["", "\n\n", "x = 1", "%finetune --help", "%%finetuned\nx", "%%finetune-x\nx", "%%time\n%%finetune"]
)
def test_another_cell_is_none_of_its_business(text: str) -> None:
    assert lines(text) == []
