"""Guards: what keeps a run alive that a plain Trainer would lose. They change nothing as long as nothing goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain.engine.guards.disk_full import Saving
from nbtrain.engine.guards.eval_out_of_memory import SmallerEvaluation
from nbtrain.engine.guards.nonfinite import FiniteGuard
from nbtrain.engine.guards.out_of_memory import Rescue

if TYPE_CHECKING:
    from transformers import Trainer

    from nbtrain.engine.apply_commands import Steering
    from nbtrain.events import Event
    from nbtrain.events.commands import Control


class Guards:
    """Against memory that runs out, losses that are not finite, and full disks; in that order around the Trainer.

    They guard a training in one process: in several, all would have to decide the same.

    Attributes:
        finite: What it knows of the newest batch.
    """

    def __init__(self, trainer: Trainer, control: Control, steering: Steering, emit: Callable[[Event], bool]) -> None:
        self._trainer = trainer
        self._checkpoint = ""
        self._rescue = Rescue(trainer, emit)
        self.finite = FiniteGuard(trainer, control, steering, self._rescue, emit, lambda: self._checkpoint)
        self._saving = Saving(trainer, emit)
        self._all = (SmallerEvaluation(trainer, emit), self.finite, self._saving)

    def install(self) -> None:
        if self._trainer.args.world_size == 1 and not self._trainer.is_deepspeed_enabled:
            for guard in self._all:
                guard.install()

    def remove(self) -> None:
        for guard in reversed(self._all):
            guard.remove()
        self.begin_window()

    def begin_window(self) -> None:
        """An optimizer step begins: no batch is part of it yet."""
        self._rescue.begin_window()

    def has_saved(self, path: Path) -> bool:
        """Whether the checkpoint that the Trainer takes for saved is there; remembers it."""
        if not self._saving.failed:
            self._checkpoint = path.name
        return not self._saving.failed
