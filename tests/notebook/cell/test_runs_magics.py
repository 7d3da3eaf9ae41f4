"""`%finetune --list`, `--clean` and names of runs, in IPython."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import nbtrain

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

OLD = Path(__file__).parents[2] / "fixtures" / "run-12b3eb9"


@pytest.fixture
def runs(shell: InteractiveShell) -> list[nbtrain.Run]:
    """Two runs in the folder; `first` holds one of them."""
    for name in ("finished", "stopped"):
        shutil.copytree(OLD / name, Path("nbtrain_runs", name))
    first, second = (nbtrain.Run.load(f"nbtrain_runs/{name}") for name in ("finished", "stopped"))
    shell.push({"first": first})
    return [first, second]


def test_the_list_has_names_model_data_and_size(
    shell: InteractiveShell, runs: list[nbtrain.Run], capsys: pytest.CaptureFixture[str]
) -> None:
    assert shell.run_cell("%finetune --list").success
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["name", "status", "started", "model", "data", "changed", "steps", "result", "time", "size"]
    assert {line.split()[0] for line in lines} == {"first", runs[1].state.alias}
    assert all("reviews.csv" in line and line.endswith("MB") for line in lines)
    assert any("Stopped" in line and "3 of 16" in line for line in lines)


def test_the_list_is_of_this_notebook(
    shell: InteractiveShell,
    runs: list[nbtrain.Run],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/me/other.ipynb")
    assert shell.run_cell("%finetune --list").success
    shown = capsys.readouterr().out
    assert "first" in shown and runs[1].state.alias not in shown and "%finetune --list --all" in shown
    assert shell.run_cell("%finetune --list --all").success
    assert runs[1].state.alias in capsys.readouterr().out


def test_clean_asks_before_it_deletes(
    shell: InteractiveShell, runs: list[nbtrain.Run], capsys: pytest.CaptureFixture[str]
) -> None:
    folders = sorted(path.name for path in runs[0].directory.glob("checkpoint-*"))
    assert folders
    assert shell.run_cell("%finetune --clean").success
    assert capsys.readouterr().out.startswith("Nothing was deleted.")
    assert sorted(path.name for path in runs[0].directory.glob("checkpoint-*")) == folders
    assert shell.run_cell("%finetune --clean --yes").success
    assert "Deleted the checkpoints" in capsys.readouterr().out
    assert not list(runs[0].directory.glob("checkpoint-*")) and (runs[0].directory / "model").is_dir()
    assert shell.run_cell(f"%finetune --clean first {runs[1].state.alias}").success
    assert not runs[0].directory.exists() and not runs[1].directory.exists()


def test_a_run_is_shown_by_its_name(
    shell: InteractiveShell, runs: list[nbtrain.Run], capsys: pytest.CaptureFixture[str]
) -> None:
    runs[1].name = "cut short"
    assert shell.run_cell('%finetune --show "cut short"').success
    assert "Stopped at step 3 of 16" in capsys.readouterr().out
