"""What a run takes on the disk, and deleting it: only files that nbtrain or its Trainer wrote, never a user's own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from nbtrain import format
from nbtrain.events import journal, names, run_dir

START = "start"
"""Folder for the checkpoint that a run continues from."""

REPLACED = "replaced-"
"""Name prefix of a checkpoint folder while a new version of it is written."""

_CHECKPOINT = re.compile(rf"(?:{REPLACED})?checkpoint-\d+")
_OWN = (
    journal.FILE_NAME,
    names.FILE,
    run_dir.CONFIG,
    run_dir.PREDICTIONS,
    run_dir.EVALUATIONS,
    run_dir.TRAIN_EXAMPLES,
    run_dir.MODEL,
)


def size(paths: Path | Iterable[Path]) -> int:
    """Total bytes of the files in folders; a file with several names counts once. 0 for a folder that is gone."""
    found: dict[tuple[int, int], int] = {}
    for path in [paths] if isinstance(paths, Path) else paths:
        with contextlib.suppress(OSError):  # it was deleted meanwhile, or is not a possible path
            for file in _files(path):
                facts = file.lstat()
                found[facts.st_dev, facts.st_ino] = facts.st_size
    return sum(found.values())


def checkpoint_folders(directory: Path) -> list[Path]:
    """The folders of checkpoints in a run directory."""
    try:
        inside = sorted(directory.iterdir())
    except OSError:
        return []
    return [one for one in inside if one.name == START or _CHECKPOINT.fullmatch(one.name)]


def own_files(directory: Path) -> list[Path]:
    """Files and folders in a run directory that belong to the run, checkpoints included."""
    names_of_run = {*_OWN, *(name + suffix for name in _OWN for suffix in (run_dir.FRESH, run_dir.OLD))}
    own = [directory / name for name in sorted(names_of_run)]
    return [*checkpoint_folders(directory), *(one for one in own if os.path.lexists(one))]


def delete(paths: Iterable[Path]) -> None:
    """Delete files and folders; of a symbolic link only the link.

    Raises:
        OSError: One cannot be deleted.
    """
    for path in paths:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def _files(path: Path) -> Iterator[Path]:
    if path.is_symlink() or not path.is_dir():
        if os.path.lexists(path):
            yield path
        return
    for folder, _, files in os.walk(path):  # does not follow links
        yield from (Path(folder, file) for file in files)


def described(directory: str) -> str:
    """What a run takes on the disk: "349 MB on disk"; "" if its directory is gone."""
    used = size(Path(directory)) if directory else 0
    return f"{format.memory(used)} on disk" if used else ""
