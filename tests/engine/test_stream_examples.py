"""The examples of how to use `nbtrain.stream` work as they are written."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import nbtrain
from nbtrain import events

ROOT = Path(__file__).parents[2]


def examples() -> Iterator[Any]:
    """The Python blocks that use it: in the README, and in docstrings."""
    texts = {"README": (ROOT / "README.md").read_text(encoding="utf-8")}
    texts |= {"stream": nbtrain.stream.__doc__ or "", "events": events.__doc__ or ""}
    for name, text in texts.items():
        blocks = re.findall(r"^ *```python\n(.*?)^ *```$", text, re.DOTALL | re.MULTILINE)
        yield from (pytest.param(textwrap.dedent(block), id=name) for block in blocks if "nbtrain.stream" in block)


@pytest.mark.parametrize("example", list(examples()))
def test_an_example_trains(example: str, make_trainer: Callable[..., Any], capsys: pytest.CaptureFixture[str]) -> None:
    trainer = make_trainer("run", eval_strategy="epoch")
    names: dict[str, Any] = {"nbtrain": nbtrain, "trainer": trainer}
    exec(example, names)
    assert trainer.state.global_step == 16
    if "print" in example:
        evaluations = [line for line in capsys.readouterr().out.splitlines() if "eval_accuracy" in line]
        assert len(evaluations) == 2


def test_there_are_examples() -> None:
    assert {example.id for example in examples()} == {"README", "stream", "events"}


def test_an_example_breaks_off_where_the_loss_is_small(make_trainer: Callable[..., Any]) -> None:
    trainer = make_trainer("run")
    [example] = [example.values[0] for example in examples() if example.id == "stream"]
    exec(example.replace("0.1", "100.0"), {"nbtrain": nbtrain, "trainer": trainer})
    assert trainer.state.global_step == 1
