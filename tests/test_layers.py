"""The layers of CONTRIBUTING: the contracts hold, they fail where they should, and no two modules import each other."""

from __future__ import annotations

import graphlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package, with the contracts."""
    shutil.copytree(ROOT / "nbtrain", tmp_path / "nbtrain", ignore=shutil.ignore_patterns("labextension", "*.csv"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def test_the_contracts_hold(copy: Path) -> None:
    result = lint(copy)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        ("events/state.py", "def wrong() -> None:\n    import nbtrain.training.session\n", "One way down"),
        ("errors.py", "if TYPE_CHECKING:\n    from nbtrain.runs.run import Run\n", "One way down"),
        ("views/summary.py", "def wrong() -> None:\n    import torch\n", "Views need no torch"),
        ("training/session.py", "def wrong() -> None:\n    import IPython\n", "Only the notebook layer knows Jupyter"),
    ],
)
def test_a_wrong_import_breaks_a_contract(copy: Path, file: str, line: str, broken: str) -> None:
    path = copy / "nbtrain" / file
    path.write_text(f"{path.read_text()}\nfrom typing import TYPE_CHECKING\n{line}")
    result = lint(copy)
    assert result.returncode == 1
    assert f"{broken}" in next(text for text in result.stdout.splitlines() if text.endswith("BROKEN"))


def test_no_modules_import_each_other() -> None:
    graph = grimp.build_graph("nbtrain", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    graphlib.TopologicalSorter(imports).prepare()  # a circle is an error that names its modules


def test_every_folder_says_what_it_is_for() -> None:
    folders = {path.parent for path in (ROOT / "nbtrain").rglob("*.py")}
    for folder in folders:
        assert (folder / "__init__.py").read_text().startswith('"""'), folder
    top = {path.name for path in (ROOT / "nbtrain").glob("*.py")}
    assert len(top) <= 3, top
