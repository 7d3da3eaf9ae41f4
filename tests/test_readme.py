"""What the README says is true of the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from nbtrain import Run
from nbtrain.config import from_toml
from nbtrain.config.describe import markdown_table

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.DOTALL | re.MULTILINE)


def test_the_table_of_keys_is_that_of_the_schema() -> None:
    match = re.search(r"<!-- keys: .*? -->\n(.*?)<!-- end of keys -->", README, re.DOTALL)
    assert match is not None
    assert match[1].strip() == markdown_table(), "run `python -m nbtrain.config` and put the table into the README"


def test_the_cells_pass_the_check() -> None:
    cells = [block for block in blocks("") if block.startswith("%%finetune")]
    assert cells
    for cell in cells:
        from_toml(cell.split("\n", 1)[1])


def test_the_python_is_python() -> None:
    assert blocks("python")
    for block in blocks("python"):
        ast.parse(block)


def test_what_it_says_a_run_has_a_run_has() -> None:
    names = set(re.findall(r"`run\.(\w+)", README)) - {"toml"}
    assert len(names) > 10
    assert not [name for name in names if not hasattr(Run, name) and name not in ("config", "directory")]


def test_pictures_and_pages_are_there() -> None:
    root = Path(__file__).parents[1]
    for target in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (root / target).exists(), target
