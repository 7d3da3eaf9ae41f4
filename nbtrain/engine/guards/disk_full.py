"""A disk that is full while a checkpoint is saved ends no training: what was half written is removed, the user is told,
and the next save is tried again.
"""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers.trainer import TRAINER_STATE_NAME
from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from nbtrain.engine.guards.memory import first_line
from nbtrain.engine.patching import Wraps
from nbtrain.events import Diagnosed, Event

if TYPE_CHECKING:
    from transformers import Trainer

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
SAID = (
    *("No space left", "File too large", "Disk quota exceeded", "os error 28", "os error 27"),
    *("PytorchStreamWriter", "inline_container.cc", "iostream error"),
)
"""What safetensors and torch say of it, whose errors have no number."""


def is_no_room(error: BaseException) -> bool:
    """Whether `error` says that something did not fit on the disk."""
    if isinstance(error, OSError) and error.errno in NO_ROOM:
        return True
    return any(said in str(error) for said in SAID)


class Saving:
    """Stands around the saving of checkpoints.

    Attributes:
        failed: The newest save came to nothing.
    """

    def __init__(self, trainer: Trainer, emit: Callable[[Event], bool]) -> None:
        self.failed = False
        self._trainer = trainer
        self._emit = emit
        self._wraps = Wraps()
        self._best = self._read_best()

    def install(self) -> None:
        self._best = self._read_best()
        self._wraps.wrap(self._trainer, "_save_checkpoint", self._save)

    def remove(self) -> None:
        self._wraps.undo()

    def _save(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        state = self._trainer.state
        folder = Path(self._trainer.args.output_dir, f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}")
        was_there, self.failed = folder.is_dir(), False
        try:
            original(*args, **kwargs)
        except Exception as error:
            if not (isinstance(error, OSError) or is_no_room(error)):
                raise
            self._tell(folder, was_there, error)
        else:
            self._best = self._read_best()

    def _tell(self, folder: Path, was_there: bool, error: Exception) -> None:
        """Training goes on; what became of the checkpoint, and of that of the same step which may have been there."""
        if not is_no_room(error) and is_whole(folder):  # what comes after the saving failed, an upload say
            self._warn(f"is saved, but what was to follow failed: {first_line(error)}. Training goes on.")
            return
        self.failed = True
        if not was_there:  # else it is the older one, which was put back
            shutil.rmtree(folder, ignore_errors=True)
        if self._trainer.state.best_global_step == self._trainer.state.global_step:
            vars(self._trainer.state).update(self._best)  # the best is the best of what there is
        why = "The disk is full" if is_no_room(error) else first_line(error)
        self._warn(f"was not saved. {why}. Training goes on, and the next save is tried again.")

    def _warn(self, sentence: str) -> None:
        step = self._trainer.state.global_step
        self._emit(Diagnosed(step=step, level="warning", message=f"The checkpoint after step {step} {sentence}"))

    def _read_best(self) -> dict[str, Any]:
        names = ("best_metric", "best_global_step", "best_model_checkpoint")
        return {name: getattr(self._trainer.state, name) for name in names}


def is_whole(folder: Path) -> bool:
    """Whether a checkpoint was written to its end: its last file can be read."""
    try:
        json.loads((folder / TRAINER_STATE_NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True
