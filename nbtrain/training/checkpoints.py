"""Checkpoints of a run: which of them are valid, which are kept, and whether they fit on the disk.

A checkpoint is valid once its `Saved` event is in the journal, which is flushed to the disk after the checkpoint's
files. Older checkpoints are deleted only after that. By default the last one, the best one and those that the user
saved by hand are kept. With `save_total_limit = "all"` all are kept as long as they take at most `MAX_DISK_SHARE` of
the available disk space; then the oldest are deleted, except the last two and the best one. A number is a limit as the
Trainer knows it.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from nbtrain.config.schema import KEEP_ALL
from nbtrain.engine.facts import checkpoint_folder, checkpoint_root
from nbtrain.engine.patching import InstancePatches
from nbtrain.errors import ConfigError, Problem
from nbtrain.events import Pruned, Saved, disk, journal
from nbtrain.events.best import scores

if TYPE_CHECKING:
    from transformers import Trainer

    from nbtrain.config import Config
    from nbtrain.events.commands import Control
    from nbtrain.events.recorder import Recorder

MAX_DISK_SHARE = 0.5
"""Share of the free disk space (including the space of the checkpoints themselves) that checkpoints may take."""

MIN_KEPT = 2
"""Number of newest checkpoints that are never deleted to free space; neither is the best one."""

Policy = Literal["last and best", "all", "limit"]
"""Which checkpoints are kept. "limit": what the Trainer keeps, all without a `save_total_limit`."""

OPTIMIZER_BYTES = 8
"""Bytes per trained parameter: the two moments of Adam in float32."""

LAST_FILE = "trainer_state.json"
"""The file that the Trainer writes last."""


class Checkpoints:
    """Records the checkpoints of a run, and deletes those that are not to be kept.

    Args:
        recorder: Records the events.
        trainer: The Trainer that writes the checkpoints.
        directory: The run directory.
        policy: Which of them are kept.
    """

    def __init__(self, recorder: Recorder, trainer: Trainer, directory: Path, *, policy: Policy = "limit") -> None:
        self._recorder = recorder
        self._trainer = trainer
        self._directory = directory
        self._control: Control | None = None
        self._policy = policy
        self._kept = [one for one in recorder.state.checkpoints if Path(one.path).parts[0] != disk.START]
        self._saved_by_hand: set[int] = set()
        self._condemned: list[Path] = []
        self._scores: dict[int, Mapping[str, float]] = {}
        self._has_warned = False
        self._patches = InstancePatches()

    def install(self, control: Control) -> None:
        """Patch `_save_checkpoint` so that an old checkpoint is deleted only after its successor is durable.

        Once `control` is to stop the run, nothing is deleted any more: it may branch from any checkpoint that was there
        when the user asked. The Trainer is not patched if world_size > 1.
        """
        self._control = control
        if self._trainer.args.world_size > 1:
            return
        self._patches.patch(self._trainer, "_save_checkpoint", self._save)
        self._patches.patch(self._trainer, "_save_rng_state", self._save_rng_state)

    def remove(self) -> None:
        self._patches.restore()

    def saved(self, event: Saved) -> None:
        """Flush the checkpoint to the disk, record `event`, then delete old checkpoints."""
        folder = self._directory / event.path
        sync_tree(folder)
        event = Saved(step=event.step, path=event.path, size=size_of(folder))
        self._kept = [*(one for one in self._kept if one.path != event.path), event]
        self._recorder.emit(event)
        self._recorder.sync()
        shutil.rmtree(_replaced(folder), ignore_errors=True)
        if self._control is not None and self._control.stopping:
            return
        self._rotate()
        self.record_deleted()
        if self._policy == "all":
            self._free_space()
        elif self._policy == "last and best":
            # Until the evaluation after the last step is over, a run can be resumed only from the one before.
            self._delete_others(2 if event.step >= self._trainer.state.max_steps else 1)

    def finish(self, *, completed: bool) -> None:
        """Record what is deleted at the end of the training, if that is `completed`. `clear` deletes it."""
        self.record_deleted()
        if completed and self._policy == "last and best":
            for one in self._others(1):
                self._record_pruned(one)
                self._condemned.append(self._directory / one.path)

    def clear(self) -> None:
        """Delete what `finish` has recorded, once the end of the run is recorded: if the process ends before that, the
        run can be resumed.
        """
        if self._condemned:
            self._recorder.sync()
        while self._condemned:
            shutil.rmtree(self._condemned.pop(), ignore_errors=True)

    def record_deleted(self) -> None:
        """Record the checkpoints that the Trainer itself has deleted because of its limit."""
        for one in self._kept:
            if not (self._directory / one.path).is_dir():
                self._record_pruned(one)

    def _delete_others(self, newest: int) -> None:
        for one in self._others(newest):
            self._delete(one)

    def _others(self, newest: int) -> list[Saved]:
        """All but the newest checkpoints, the best ones, and those that the user saved by hand."""
        commands = self._recorder.state.commands
        self._saved_by_hand |= {command.step for command in commands if command.command == "checkpoint"}
        best = self._best()
        return [
            one
            for one in self._kept[:-newest]
            if (self._directory / one.path).absolute() not in best and one.step not in self._saved_by_hand
        ]

    def _save(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Save; an existing checkpoint of the same step is renamed, and kept until the new one is durable."""
        arguments, folder = self._trainer.args, checkpoint_folder(self._trainer)
        limit = arguments.save_total_limit
        if folder.is_dir():
            shutil.rmtree(_replaced(folder), ignore_errors=True)
            with contextlib.suppress(OSError):  # it is then overwritten, as without nbtrain
                folder.rename(_replaced(folder))
        try:
            original(*args, **kwargs)
        except BaseException:
            if _replaced(folder).is_dir():
                shutil.rmtree(folder, ignore_errors=True)
                with contextlib.suppress(OSError):
                    _replaced(folder).rename(folder)
            raise
        finally:
            arguments.save_total_limit = limit

    def _save_rng_state(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Remove the limit for a moment: right after this call the Trainer would delete older checkpoints."""
        original(*args, **kwargs)
        self._trainer.args.save_total_limit = None

    def _rotate(self) -> None:
        """Delete the checkpoints that the Trainer would have deleted while saving."""
        from transformers import trainer_utils

        arguments = self._trainer.args
        if arguments.save_total_limit is not None and arguments.world_size == 1:
            trainer_utils.rotate_checkpoints(
                output_dir=str(checkpoint_root(self._trainer)),
                save_total_limit=arguments.save_total_limit,
                best_model_checkpoint=self._trainer.state.best_model_checkpoint,
                use_mtime=True,
            )

    def _free_space(self) -> None:
        sizes = {one.path: one.size for one in self._kept}
        room = MAX_DISK_SHARE * (shutil.disk_usage(self._directory).free + sum(sizes.values()))
        best = self._best()
        for one in self._kept[:-MIN_KEPT]:
            if sum(sizes.values()) + self._kept[-1].size <= room:  # the next one included
                return
            if (self._directory / one.path).absolute() not in best:
                sizes.pop(one.path)
                self._delete(one)
                if not self._has_warned:
                    self._has_warned = True
                    self._recorder.warn("The disk is filling up: the oldest checkpoints are deleted to make room.")

    def _best(self) -> set[Path]:
        """Folders of the best checkpoints: by `metric_for_best_model`, and by the rule that all views use, among the
        evaluations of weights that have a checkpoint.
        """
        state, steps = self._recorder.state, [one.step for one in self._kept]
        self._scores |= {event.step: scores(event) for event in state.evaluations if event.step in steps}
        rated = [one for one in self._kept if one.step in self._scores]
        best = state.objective.best_of([self._scores[one.step] for one in rated])
        named = self._trainer.state.best_model_checkpoint
        paths = {(self._directory / rated[best].path).absolute()} if best is not None else set()
        return paths | ({Path(named).absolute()} if named else set())

    def _delete(self, one: Saved) -> None:
        self._record_pruned(one)
        self._recorder.sync()
        shutil.rmtree(self._directory / one.path, ignore_errors=True)

    def _record_pruned(self, one: Saved) -> None:
        self._kept = [kept for kept in self._kept if kept is not one]
        self._recorder.emit(Pruned(step=self._trainer.state.global_step, path=one.path))


def policy_of(config: Config) -> Policy:
    """Which checkpoints a run with `config` keeps."""
    if "save_total_limit" not in config:
        return "last and best"
    return "all" if config["save_total_limit"] in (None, KEEP_ALL) else "limit"


def complete_checkpoints(directory: Path) -> dict[int, Path]:
    """Folders of the valid, complete checkpoints of the run in `directory`, by step; also of those whose deletion is
    recorded, but was not carried out.
    """
    saved: dict[str, Saved] = {}
    for event in journal.read(directory):
        if isinstance(event, Saved):
            saved[event.path] = event
        elif isinstance(event, Pruned) and event.path in saved and saved[event.path].size == 0:
            del saved[event.path]  # it cannot be seen whether its folder is whole
    found = {}
    for event in saved.values():
        folder = directory / event.path
        whole = next((one for one in (folder, _replaced(folder)) if _is_complete(one, event.size)), None)
        if whole is not None:
            found[event.step] = whole
    return found


def _is_complete(folder: Path, size: int) -> bool:
    return (folder / LAST_FILE).is_file() and (size == 0 or size_of(folder) == size)


def _replaced(folder: Path) -> Path:
    return folder.with_name(disk.REPLACED + folder.name)


def check_disk_space(trainer: Trainer, directory: Path) -> None:
    """Check that the minimum that the run will store fits on the disk.

    Raises:
        ConfigError: It does not fit.
    """
    parameters = list(trainer.model.parameters())
    weights = sum(parameter.numel() * parameter.element_size() for parameter in parameters)
    trained = sum(parameter.numel() for parameter in parameters if parameter.requires_grad)
    arguments = trainer.args
    checkpoint = weights + (0 if arguments.save_only_model else OPTIMIZER_BYTES * trained)
    count = min((arguments.save_total_limit or MIN_KEPT) + 1, _saves(trainer))  # the oldest is deleted last
    needed = weights + count * checkpoint
    free = shutil.disk_usage(directory).free
    if needed <= free:
        return
    parts = f"{count} checkpoints of {format_size(checkpoint)} and the model" if count else "the model"
    fix = 'Free some space, choose a folder on another disk (output_dir = "..."), or set save_strategy = "no".'
    message = (
        f"Not enough disk space: this run needs {format_size(needed)} ({parts}), and {format_size(free)} are free."
    )
    raise ConfigError([Problem(message, "output_dir", fix=fix)])


def _saves(trainer: Trainer) -> int:
    """Maximum number of checkpoints that a run will write."""
    from nbtrain.training.trainer import steps_of

    arguments = trainer.args
    if arguments.save_strategy == "no":
        return 0
    if arguments.save_strategy == "steps" and arguments.save_steps >= 1:
        return -(-steps_of(trainer) // int(arguments.save_steps))
    return max(1, math.ceil(arguments.num_train_epochs)) if arguments.save_strategy == "epoch" else MIN_KEPT + 1


def format_size(size: float) -> str:
    """A size in a readable unit: "1.3 GB"."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def size_of(folder: Path) -> int:
    """Total size of the files in `folder`, in bytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def sync_tree(folder: Path) -> None:
    """Flush the files of `folder`, and the folder itself, to the disk."""
    for path in [*folder.rglob("*"), folder, folder.parent]:
        with contextlib.suppress(OSError):  # some file systems do not support it
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
