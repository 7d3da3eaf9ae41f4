from __future__ import annotations

import os
from pathlib import Path

import pytest

from nbtrain.events import disk


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run directory with files of every kind, and something of the user's."""
    directory = tmp_path / "run"
    for name in ("checkpoint-5", "checkpoint-10", "replaced-checkpoint-5", "start/checkpoint-3", "model", "plots"):
        (directory / name).mkdir(parents=True)
        (directory / name / "file").write_bytes(bytes(100))
    for name in ("events.jsonl", "config.toml", "name.txt", "predictions.parquet", "notes.md", "checkpoint-list"):
        (directory / name).write_bytes(bytes(10))
    return directory


def test_a_file_with_two_names_counts_once(run: Path) -> None:
    before = disk.size(run)
    assert before == 6 * 100 + 6 * 10
    os.link(run / "model" / "file", run / "model" / "again")
    assert disk.size(run) == before
    assert disk.size([run / "model", run / "plots"]) == 200
    assert disk.size(run / "gone") == 0
    assert disk.size(Path("a" * 5000)) == 0


def test_only_checkpoints_are_checkpoints(run: Path) -> None:
    found = [one.name for one in disk.checkpoint_folders(run)]
    assert found == ["checkpoint-10", "checkpoint-5", "replaced-checkpoint-5", "start"]
    assert disk.checkpoint_folders(run / "gone") == []


def test_what_is_the_users_stays(run: Path) -> None:
    disk.delete(disk.own_files(run))
    assert sorted(one.name for one in run.iterdir()) == ["checkpoint-list", "notes.md", "plots"]


def test_a_link_is_not_followed(run: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "weights").write_bytes(bytes(1000))
    (run / "checkpoint-99").symlink_to(outside)
    assert disk.size(run) < 1000 + 660
    disk.delete(disk.own_files(run))
    assert (outside / "weights").exists() and not (run / "checkpoint-99").exists()
