"""The checkpoints of a run: which of them count, which are kept, and whether there is room for them.

A checkpoint counts once its `Saved` event stands in the journal, written through to the disk after its files were; the
one before it goes only after that. Where the user sets no `save_total_limit`, all are kept as long as they take no more
than `SHARE` of the disk that is free for them; then the oldest go, but for the last two and the best.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.engine.patching import InstancePatches
from nbtrain.errors import ConfigError, Problem
from nbtrain.events import Pruned, Saved, journal
from nbtrain.events.best import best_of, scores

if TYPE_CHECKING:
    from transformers import Trainer

    from nbtrain.events.recorder import Recorder

SHARE = 0.5
"""Most of the free disk (what the checkpoints themselves take included) that checkpoints take unasked."""

KEPT = 2
"""Newest checkpoints that always stay; the best one stays, too."""

OPTIMIZER_BYTES = 8
"""Per trained parameter: the two moments of Adam in single precision."""

START = "start"
"""Folder in the run directory for the checkpoint that the run goes on from; it is no part of the limit."""

ASIDE = "replaced-"
"""What the name of a checkpoint's folder begins with while it is written anew."""

LAST_FILE = "trainer_state.json"
"""What the Trainer writes last."""


class Checkpoints:
    """Records the checkpoints of a run, and makes room.

    Args:
        recorder: Where the events go.
        trainer: What writes them.
        directory: The run directory.
        keeps_all: Whether the user left it to nbtrain how many are kept.
    """

    def __init__(self, recorder: Recorder, trainer: Trainer, directory: Path, *, keeps_all: bool) -> None:
        self._recorder = recorder
        self._trainer = trainer
        self._directory = directory
        self._keeps_all = keeps_all
        self._kept = [one for one in recorder.state.checkpoints if Path(one.path).parts[0] != START]
        self._patches = InstancePatches()

    def install(self) -> None:
        """See to it that nothing goes before what takes its place counts. In several processes the Trainer does all."""
        if self._trainer.args.world_size > 1:
            return
        self._patches.patch(self._trainer, "_save_checkpoint", self._save)
        self._patches.patch(self._trainer, "_save_rng_state", self._save_rng_state)

    def remove(self) -> None:
        self._patches.restore()

    def saved(self, event: Saved) -> None:
        """Record `event` once its checkpoint is safe on the disk, and whatever had to go for it."""
        folder = self._directory / event.path
        sync_tree(folder)
        event = Saved(step=event.step, path=event.path, size=size_of(folder))
        self._kept = [*(one for one in self._kept if one.path != event.path), event]
        self._recorder.emit(event)
        self._recorder.sync()
        shutil.rmtree(_aside(folder), ignore_errors=True)
        self._rotate()
        self.note_what_is_gone()
        if self._keeps_all:
            self._make_room()

    def note_what_is_gone(self) -> None:
        """The Trainer deletes by itself, where it has a limit."""
        for one in self._kept:
            if not (self._directory / one.path).is_dir():
                self._pruned(one)

    def _save(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Save; where there is a checkpoint after the same step, it stays aside until the new one counts."""
        arguments, step = self._trainer.args, self._trainer.state.global_step
        folder, limit = Path(arguments.output_dir, f"checkpoint-{step}"), arguments.save_total_limit
        if folder.is_dir():
            shutil.rmtree(_aside(folder), ignore_errors=True)
            folder.rename(_aside(folder))
        try:
            original(*args, **kwargs)
        except BaseException:
            if _aside(folder).is_dir():
                shutil.rmtree(folder, ignore_errors=True)
                _aside(folder).rename(folder)
            raise
        finally:
            arguments.save_total_limit = limit

    def _save_rng_state(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """The last but one thing that is saved, after the arguments. What comes next would delete older checkpoints."""
        original(*args, **kwargs)
        self._trainer.args.save_total_limit = None

    def _rotate(self) -> None:
        """Delete what the Trainer would have deleted while it saved."""
        from transformers import trainer_utils

        arguments = self._trainer.args
        if arguments.save_total_limit is not None and arguments.world_size == 1:
            trainer_utils.rotate_checkpoints(
                output_dir=arguments.output_dir,
                save_total_limit=arguments.save_total_limit,
                best_model_checkpoint=self._trainer.state.best_model_checkpoint,
                use_mtime=True,
            )

    def _make_room(self) -> None:
        sizes = {one.path: one.size for one in self._kept}
        room = SHARE * (shutil.disk_usage(self._directory).free + sum(sizes.values()))
        best = self._best()
        for one in self._kept[:-KEPT]:
            if sum(sizes.values()) + self._kept[-1].size <= room:  # the next one included
                return
            if (self._directory / one.path).absolute() not in best:
                sizes.pop(one.path)
                self._pruned(one)
                self._recorder.sync()
                shutil.rmtree(self._directory / one.path, ignore_errors=True)

    def _best(self) -> set[Path]:
        """Folders of the best: by `metric_for_best_model`, and by the rule that marks a row in every view."""
        evaluations = self._recorder.state.evaluations
        best = best_of(list(map(scores, evaluations)))
        paths = [one.path for one in self._kept if best is not None and one.step == evaluations[best].step]
        named = self._trainer.state.best_model_checkpoint
        return {(self._directory / path).absolute() for path in paths} | ({Path(named).absolute()} if named else set())

    def _pruned(self, one: Saved) -> None:
        self._kept = [kept for kept in self._kept if kept is not one]
        self._recorder.emit(Pruned(step=self._trainer.state.global_step, path=one.path))


def counted(directory: Path) -> dict[int, Path]:
    """Folders of the checkpoints of the run in `directory` that count and are whole, by step."""
    saved: dict[str, Saved] = {}
    for event in journal.read(directory):
        if isinstance(event, Saved):
            saved[event.path] = event
        elif isinstance(event, Pruned):
            saved.pop(event.path, None)
    found = {}
    for event in saved.values():
        folder = directory / event.path
        whole = next((one for one in (folder, _aside(folder)) if _is_whole(one, event.size)), None)
        if whole is not None:
            found[event.step] = whole
    return found


def _is_whole(folder: Path, size: int) -> bool:
    return (folder / LAST_FILE).is_file() and (size == 0 or size_of(folder) == size)


def _aside(folder: Path) -> Path:
    return folder.with_name(ASIDE + folder.name)


def check_room(trainer: Trainer, directory: Path) -> None:
    """See that what the run will keep at the least fits on the disk.

    Raises:
        ConfigError: It does not.
    """
    parameters = list(trainer.model.parameters())
    weights = sum(parameter.numel() * parameter.element_size() for parameter in parameters)
    trained = sum(parameter.numel() for parameter in parameters if parameter.requires_grad)
    arguments = trainer.args
    checkpoint = weights + (0 if arguments.save_only_model else OPTIMIZER_BYTES * trained)
    count = min((arguments.save_total_limit or KEPT) + 1, _saves(trainer))  # the oldest goes after the newest came
    needed = weights + count * checkpoint
    free = shutil.disk_usage(directory).free
    if needed <= free:
        return
    parts = f"{count} checkpoints of {gigabytes(checkpoint)} and the model" if count else "the model"
    fix = 'Make room, name another disk (output_dir = "..."), or write save_strategy = "no".'
    message = f"This run does not fit on the disk: it needs {gigabytes(needed)} ({parts}); {gigabytes(free)} are free."
    raise ConfigError([Problem(message, "output_dir", fix=fix)])


def _saves(trainer: Trainer) -> int:
    """Checkpoints that a run will write at the most."""
    from nbtrain.training.trainer import steps_of

    arguments = trainer.args
    if arguments.save_strategy == "no":
        return 0
    if arguments.save_strategy == "steps" and arguments.save_steps >= 1:
        return -(-steps_of(trainer) // int(arguments.save_steps))
    return max(1, math.ceil(arguments.num_train_epochs)) if arguments.save_strategy == "epoch" else KEPT + 1


def gigabytes(size: float) -> str:
    """A size for people."""
    return f"{size / 1e9:.1f} GB" if size >= 1e8 else f"{size / 1e6:.1f} MB"


def size_of(folder: Path) -> int:
    """Bytes in the files of `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def sync_tree(folder: Path) -> None:
    """Have the files of `folder`, and the folder itself, written through to the disk."""
    for path in [*folder.rglob("*"), folder, folder.parent]:
        with contextlib.suppress(OSError):  # a file system without it does what it can
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
