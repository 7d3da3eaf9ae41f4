"""A disk that is full while a checkpoint is saved ends no training: what was half written is removed, the user is told,
and the next save is tried again.
"""

from __future__ import annotations

import errno
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

from nbtrain.engine.wraps import Wraps
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
        failed: The newest save was one that did not fit.
    """

    def __init__(self, trainer: Trainer, emit: Callable[[Event], bool]) -> None:
        self.failed = False
        self._trainer = trainer
        self._emit = emit
        self._wraps = Wraps()

    def install(self) -> None:
        self._wraps.wrap(self._trainer, "_save_checkpoint", self._save)

    def remove(self) -> None:
        self._wraps.undo()

    def _save(self, original: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        state = self._trainer.state
        best, self.failed = state.best_model_checkpoint, False
        try:
            original(*args, **kwargs)
        except Exception as error:
            if not is_no_room(error):
                raise
            self.failed = True
            state.best_model_checkpoint = best
            folder = Path(self._trainer.args.output_dir, f"{PREFIX_CHECKPOINT_DIR}-{state.global_step}")
            shutil.rmtree(folder, ignore_errors=True)
            message = (
                f"The disk is full: the checkpoint after step {state.global_step} was not saved. Training goes on."
            )
            self._emit(Diagnosed(step=state.global_step, level="warning", message=message))
