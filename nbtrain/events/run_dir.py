"""Run directories: each execution gets one of its own, and nothing is ever overwritten."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from nbtrain.errors import ConfigError, Problem

ROOT = "nbtrain_runs"
"""Folder for the runs that name no `output_dir`, below the working directory."""

CONFIG = "config.toml"
EVALUATIONS = "evaluations"
MODEL = "model"
PREDICTIONS = "predictions.parquet"


def new_id() -> str:
    """An id for a run: the time, for people, and some letters that make it unique.

    They do not come from `random`: its state is the user's.
    """
    return time.strftime("%Y%m%d-%H%M%S") + "-" + secrets.token_hex(2)


def create(run: str, output_dir: str | Path | None = None) -> Path:
    """Make the directory of a run: `output_dir`, or a numbered sibling where that is in use.

    Raises:
        ConfigError: It cannot be made.
    """
    path = Path(output_dir).expanduser() if output_dir is not None else Path(ROOT, run)
    try:
        for candidate in _siblings(path):
            if _claim(candidate):
                return candidate.absolute()
    except OSError as error:
        reason = f"{error.strerror or error}"
        fix = 'Name a folder that you may write to: output_dir = "...".'
        raise ConfigError(
            [Problem(f"`output_dir`: `{path}` cannot be made: {reason}.", "output_dir", fix=fix)]
        ) from None
    raise AssertionError("unreachable: siblings never end")


def evaluation_file(step: int) -> str:
    """The file with the per-example results of the evaluation after `step`, relative to the run directory."""
    return f"{EVALUATIONS}/step-{step}.parquet"


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Write a file or a folder whole or not at all.

    Yields:
        The path to write to. It takes the place of `path` in the end; where something fails, nothing is left of it,
        and what was at `path` stays. A file that `path` is a hard link to is never changed.
    """
    fresh = path.with_name(f"{path.name}.new")
    path.parent.mkdir(parents=True, exist_ok=True)
    _delete(fresh)
    try:
        yield fresh
        _replace(path, fresh)
    except BaseException:
        _delete(fresh)
        raise


def _replace(path: Path, fresh: Path) -> None:
    if not path.is_dir():
        fresh.replace(path)
        return
    old = path.with_name(f"{path.name}.old")  # a folder cannot be renamed to one that is there
    _delete(old)
    path.rename(old)
    try:
        fresh.rename(path)
    except BaseException:
        old.rename(path)
        raise
    _delete(old)


def _delete(path: Path) -> None:
    """Delete a file or a folder, if it is there."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _siblings(path: Path) -> itertools.chain[Path]:
    numbered = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return itertools.chain([path], numbered)


def _claim(path: Path) -> bool:
    """Make `path` ours if it is not there, or empty."""
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        if not path.is_dir():
            raise
        return not any(path.iterdir())
    return True
