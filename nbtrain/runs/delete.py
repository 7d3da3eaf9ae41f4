"""Delete runs, or only their checkpoints, to free disk space."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain import format
from nbtrain.errors import RunError
from nbtrain.events import Pruned, disk, journal
from nbtrain.views import summary

if TYPE_CHECKING:
    from nbtrain.training.live_run import StoredRun


def is_training(run: StoredRun) -> bool:
    """Whether a process, this one or another, trains the run or prepares it."""
    return run.live is not None or journal.is_being_written(run.directory)


def delete(run: StoredRun) -> str:
    """Delete a run with everything that it has written; other files in its directory stay, and then the directory, too.

    Returns:
        What was done, in a sentence.

    Raises:
        RunError: The run is training, its directory holds no run, or a file cannot be deleted.
    """
    _check(run)
    freed = disk.size(run.directory)
    _delete(run, disk.own_files(run.directory))
    left = sorted(one.name for one in run.directory.iterdir())
    if not left:
        run.directory.rmdir()
        return f"Deleted run {summary.title(run.state)}: {format.memory(freed)} freed."
    freed -= disk.size(run.directory)
    return (
        f"Deleted run {summary.title(run.state)}: {format.memory(freed)} freed. Kept in {run.directory}, "
        f"since they are not the run's: {format.listed(left)}."
    )


def delete_checkpoints(run: StoredRun) -> str:
    """Delete the checkpoints of a run. Its model, predictions and history stay.

    Returns:
        What was done, in a sentence.

    Raises:
        RunError: As `delete`.
    """
    _check(run)
    folders = disk.checkpoint_folders(run.directory)
    if not folders:
        return f"Run {summary.title(run.state)} has no checkpoints."
    freed, steps = disk.size(folders), checkpoint_steps(folders)
    _delete(run, folders)
    with journal.Journal(run.directory, run.id) as written, contextlib.suppress(OSError):
        for saved in run.state.checkpoints:
            if not (run.directory / saved.path).exists():
                event = Pruned(step=run.state.step, path=saved.path)
                event.stamp(time=run.state.time)
                written.append(event)
                run.state.apply(event)
    return (
        f"Deleted the checkpoints of run {summary.title(run.state)} ({described(run, steps)}): "
        f"{format.memory(freed)} freed. It can no longer be resumed or branched; its model and its history stay."
    )


def checkpoint_steps(folders: Sequence[Path]) -> list[int]:
    """The steps of checkpoints, from the names of their folders."""
    return sorted({int(one.name.rpartition("-")[2]) for one in folders if one.name != disk.START})


def described(run: StoredRun, steps: Sequence[int]) -> str:
    """The steps of checkpoints, with the best and the last one named: "step 36, the best; step 96, the last"."""
    best = summary.best_row(run.state, summary.rows(run.state))
    notes = []
    for step in steps:
        words = [word for word, at in (("best", best.step if best else None), ("last", max(steps))) if step == at]
        notes.append(f"step {format.count(step)}" + (f", the {' and the '.join(words)}" if words else ""))
    return "; ".join(notes) or "the one that it began with"


def _check(run: StoredRun) -> None:
    """Raises RunError unless the run exists and does not train."""
    journal.read_header(run.directory)
    if is_training(run):
        raise RunError(
            f"Run {summary.title(run.state)} is training and cannot be deleted.\n    Stop it first: run.stop()."
        )


def _delete(run: StoredRun, paths: Sequence[Path]) -> None:
    try:
        disk.delete(paths)
    except OSError as error:
        raise RunError(f"`{error.filename or run.directory}` cannot be deleted: {error.strerror or error}.") from None
