"""The options of the magic, as a table."""

from __future__ import annotations

import subprocess
import sys

import pytest

from nbtrain.notebook.cell.magics import FinetuneMagics
from nbtrain.notebook.cell.options import OPTIONS, body_of, parser


def test_the_parser_knows_the_table() -> None:
    words = [f"{one.name}=7" if one.value and one.needs_value and not one.many else one.name for one in OPTIONS]
    given = vars(parser().parse_argstring(" ".join(words)))
    values = {"out": "7", "resume": "7", "step": 7, "show": "", "template": "", "help": "", "clean": []}
    assert given == {**dict.fromkeys(given, True), **values}
    assert len(given) == len(OPTIONS)
    assert set(vars(parser().parse_argstring("")).values()) == {None, False}
    assert parser().parse_argstring("--show x").show == "x"
    assert parser().parse_argstring("--clean a b --yes").clean == ["a", "b"]


def test_the_help_of_the_magic_has_every_option() -> None:
    words = " ".join(str(FinetuneMagics.finetune.__doc__).split())
    for option in OPTIONS:
        assert f"{option.name} {option.value}".strip() in words or f"{option.name} <[{option.value}]>" in words
        assert option.help.partition(". ")[0].rstrip(".") in words
    assert "configuration in TOML" in words


@pytest.mark.parametrize(
    ("line", "body"),
    [
        ("", "whole"),
        ("--out run --quiet", "whole"),
        ("--resume run", "changes"),
        ("--resume=run --step 3", "changes"),
        ("--show", "unread"),
        ("--show=run", "unread"),
        ("--resume run --help", "unread"),
        ("--out list", "whole"),
        ("--bakground --resume run", "changes"),
    ],
)
def test_what_the_body_is(line: str, body: str) -> None:
    assert body_of(line) == body


def test_neither_check_nor_schema_needs_the_magic() -> None:
    code = (
        "import sys, nbtrain.notebook.cell.check as check, nbtrain.notebook.cell.schema as schema\n"
        "schema.cell_schema(); check.problems_of('%%finetune --lst', {})\n"
        "assert 'nbtrain.notebook.cell.magics' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
