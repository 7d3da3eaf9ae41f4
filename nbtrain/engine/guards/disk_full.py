"""Keep training when a checkpoint cannot be saved, for example because the disk is full.

The incomplete checkpoint is removed, the user gets a warning, and the next save is tried as usual.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers.trainer import TRAINER_STATE_NAME

from nbtrain.engine.facts import checkpoint_folder
from nbtrain.engine.guards.memory import first_line
from nbtrain.engine.patching import InstancePatches
from nbtrain.events import Diagnosed, Event

if TYPE_CHECKING:
    from transformers import Trainer

_DISK_FULL_ERRORS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_DISK_FULL_MESSAGES = (
    *("No space left", "File too large", "Disk quota exceeded", "os error 28", "os error 27"),
    *("PytorchStreamWriter", "inline_container.cc", "iostream error"),
)
"""Parts of the messages of safetensors and torch, whose errors have no errno."""


def is_disk_full(error: BaseException) -> bool:
    """Whether `error` was raised because something did not fit on the disk."""
    if isinstance(error, OSError) and error.errno in _DISK_FULL_ERRORS:
        return True
    return any(message in str(error) for message in _DISK_FULL_MESSAGES)


class DiskFullGuard:
    """Wraps `_save_checkpoint` of a Trainer.

    Attributes:
        failed: Whether the latest save failed.
    """

    def __init__(self, trainer: Trainer, emit: Callable[[Event], bool]) -> None:
        self.failed = False
        self._trainer = trainer
        self._emit = emit
        self._patches = InstancePatches()
        self._best = self._read_best()

    def install(self) -> None:
        self._best = self._read_best()
        self._patches.patch(self._trainer, "_save_checkpoint", self._save)

    def remove(self) -> None:
        self._patches.restore()

    def _save(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        folder = checkpoint_folder(self._trainer)
        existed, self.failed = folder.is_dir(), False
        try:
            original(*args, **kwargs)
        except Exception as error:
            if not (isinstance(error, OSError) or is_disk_full(error)):
                raise
            self._handle_failure(folder, existed, error)
        else:
            self._best = self._read_best()

    def _handle_failure(self, folder: Path, existed: bool, error: Exception) -> None:
        """Remove an incomplete checkpoint, and warn. If `existed`, the folder has an older checkpoint of this step."""
        if not is_disk_full(error) and is_whole(folder):  # something after the save failed, for example an upload
            self._warn(f"was saved, but something after that failed: {first_line(error)}. Training continues.")
            return
        self.failed = True
        if not existed:  # otherwise the older checkpoint was restored
            shutil.rmtree(folder, ignore_errors=True)
        if self._trainer.state.best_global_step == self._trainer.state.global_step:
            vars(self._trainer.state).update(self._best)  # the best of the checkpoints that exist
        why = "The disk is full" if is_disk_full(error) else first_line(error)
        self._warn(f"was not saved: {why}. Training continues, and the next checkpoint will be saved as usual.")

    def _warn(self, sentence: str) -> None:
        step = self._trainer.state.global_step
        self._emit(Diagnosed(step=step, level="warning", message=f"The checkpoint after step {step} {sentence}"))

    def _read_best(self) -> dict[str, Any]:
        names = ("best_metric", "best_global_step", "best_model_checkpoint")
        return {name: getattr(self._trainer.state, name) for name in names}


def is_whole(folder: Path) -> bool:
    """Whether a checkpoint is complete: the file that is written last can be read."""
    try:
        json.loads((folder / TRAINER_STATE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True
