"""Run directories: each run gets a new one, and nothing is ever overwritten."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from nbtrain.errors import ConfigError, Problem

ROOT = "nbtrain_runs"
"""Folder in the working directory for runs without an `output_dir`."""

CONFIG = "config.toml"
EVALUATIONS = "evaluations"
MODEL = "model"
PREDICTIONS = "predictions.parquet"
TRAIN_EXAMPLES = "train_examples"

FRESH, OLD = ".new", ".old"
"""Suffixes of what is written, and of what it replaces, until that is done."""


def new_id() -> str:
    """A new run ID: the time, which sorts and reads well, and random digits that make it unique.

    The digits do not come from `random`, so that its state is not changed for the user.
    """
    return time.strftime("%Y%m%d-%H%M%S") + "-" + secrets.token_hex(2)


def create(run: str, output_dir: str | Path | None = None) -> Path:
    """Create the directory of a run: `output_dir`, or a numbered sibling if that is in use.

    Raises:
        ConfigError: The directory cannot be created.
    """
    path = Path(output_dir).expanduser() if output_dir is not None else Path(ROOT, run)
    try:
        for candidate in _siblings(path):
            if _claim(candidate):
                with tempfile.TemporaryFile(dir=candidate):  # a folder that exists may be read-only
                    return candidate.absolute()
    except OSError as error:
        reason = f"{error.strerror or error}"
        fix = 'Choose a folder that you can write to: output_dir = "...".'
        raise ConfigError(
            [Problem(f"`output_dir`: `{path}` cannot be created: {reason}.", "output_dir", fix=fix)]
        ) from None
    raise AssertionError("unreachable: siblings never end")


def evaluation_file(step: int, name: str = "") -> str:
    """The file with the per-example results of the evaluation after `step`, relative to the run directory.

    Args:
        step: The step.
        name: Name of the evaluation set, if there are several. Characters that file names cannot have are escaped.
    """
    return f"{EVALUATIONS}/step-{step}{'-' * bool(name)}{quote(name, safe=' ')}.parquet"


def train_examples_file(number: int) -> str:
    """The file number `number` with the losses of training examples, relative to the run directory."""
    return f"{TRAIN_EXAMPLES}/part-{number:05}.parquet"


@contextlib.contextmanager
def atomic_write(path: Path) -> Iterator[Path]:
    """Context manager: write a file or a folder completely, or not at all.

    Yields:
        A temporary path to write to. At the end it is renamed to `path`. If something fails, it is deleted, and what
        was at `path` before stays. A file that shares its content with `path` by a hard link is never changed.
    """
    fresh = path.with_name(path.name + FRESH)
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
    old = path.with_name(path.name + OLD)  # a folder cannot be renamed to one that exists
    _delete(old)
    path.rename(old)
    try:
        fresh.rename(path)
    except BaseException:
        old.rename(path)
        raise
    _delete(old)


def _delete(path: Path) -> None:
    """Delete a file or a folder, if it exists."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _siblings(path: Path) -> itertools.chain[Path]:
    numbered = (path.with_name(f"{path.name}-{number}") for number in itertools.count(2))
    return itertools.chain([path], numbered)


def _claim(path: Path) -> bool:
    """Create the folder `path`; returns whether it is new or empty, so that a run can use it."""
    try:
        path.mkdir(parents=True)
    except FileExistsError:
        if not path.is_dir():
            raise
        return not any(path.iterdir())
    return True
