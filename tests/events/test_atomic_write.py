"""A file or a folder is written completely or not at all."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nbtrain.events.run_dir import atomic_write


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(folder: Path, text: str) -> None:
    folder.mkdir()
    (folder / "a").write_text(text)


def fail(path: Path, write: Callable[[Path], Any], error: BaseException) -> None:
    """Fail after something was written."""
    with atomic_write(path) as fresh:
        write(fresh)
        raise error


def test_missing_folders_are_created(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "deep" / "file") as path:
        path.write_text("new")
        assert not (tmp_path / "deep" / "file").exists(), "not before it is complete"
    assert (tmp_path / "deep" / "file").read_text() == "new"
    assert names(tmp_path / "deep") == ["file"]


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), ValueError("no"), KeyboardInterrupt()])
def test_a_file_is_unchanged_if_writing_fails(tmp_path: Path, error: BaseException) -> None:
    (tmp_path / "file").write_text("old")
    with pytest.raises(type(error)):
        fail(tmp_path / "file", lambda path: path.write_text("half"), error)
    assert (tmp_path / "file").read_text() == "old"
    assert names(tmp_path) == ["file"]


def test_a_folder_is_replaced_with_its_content(tmp_path: Path) -> None:
    fill(tmp_path / "model", "old")
    (tmp_path / "model" / "gone").touch()
    with atomic_write(tmp_path / "model") as path:
        fill(path, "new")
    assert names(tmp_path) == ["model"]
    assert names(tmp_path / "model") == ["a"]
    assert (tmp_path / "model" / "a").read_text() == "new"


def test_a_folder_is_unchanged_if_writing_fails(tmp_path: Path) -> None:
    fill(tmp_path / "model", "old")
    with pytest.raises(ValueError, match="half"):
        fail(tmp_path / "model", lambda path: fill(path, "new"), ValueError("half"))
    assert names(tmp_path) == ["model"]
    assert (tmp_path / "model" / "a").read_text() == "old"


def test_a_folder_is_unchanged_if_nothing_was_written(tmp_path: Path) -> None:
    fill(tmp_path / "model", "old")
    with pytest.raises(FileNotFoundError), atomic_write(tmp_path / "model"):
        pass
    assert names(tmp_path) == ["model"]
    assert (tmp_path / "model" / "a").read_text() == "old"


def test_a_file_with_a_hard_link_is_not_changed(tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("old")
    os.link(tmp_path / "theirs", tmp_path / "mine")
    with atomic_write(tmp_path / "mine") as path:
        path.write_text("new")
    assert ((tmp_path / "theirs").read_text(), (tmp_path / "mine").read_text()) == ("old", "new")


def test_leftovers_of_a_killed_process_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "file.new").write_text("half")
    fill(tmp_path / "model.new", "half")
    (tmp_path / "model.new" / "b").touch()
    with atomic_write(tmp_path / "file") as path:
        path.write_text("new")
    with atomic_write(tmp_path / "model") as path:
        fill(path, "new")
    assert names(tmp_path) == ["file", "model"]
    assert names(tmp_path / "model") == ["a"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on the size of files")
def test_a_full_disk(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")
    code = f"""
import signal
from pathlib import Path
from nbtrain.events.run_dir import atomic_write
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with atomic_write(Path({str(tmp_path)!r}) / "file") as path:
    path.write_text("x" * 100_000)
"""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))  # noqa: E731
    done = subprocess.run([sys.executable, "-c", code], preexec_fn=limit, capture_output=True, text=True, check=False)
    assert "File too large" in done.stderr
    assert (tmp_path / "file").read_text() == "old"
    assert names(tmp_path) == ["file"]
