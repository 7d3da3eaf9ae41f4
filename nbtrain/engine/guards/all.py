"""All guards of a training. They change nothing as long as nothing goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain.engine.guards.disk_full import DiskFullGuard
from nbtrain.engine.guards.eval_out_of_memory import EvaluationMemoryGuard
from nbtrain.engine.guards.nonfinite import NonfiniteGuard
from nbtrain.engine.guards.out_of_memory import OutOfMemoryGuard

if TYPE_CHECKING:
    from transformers import Trainer

    from nbtrain.engine.apply_commands import CommandExecutor
    from nbtrain.events import Event
    from nbtrain.events.commands import Control


class Guards:
    """Guards against running out of memory, losses that are not finite, and full disks.

    They work only if one process trains: several would have to agree on each decision.

    Args:
        trainer: The Trainer.
        control: The queue of commands.
        commands: Applies them.
        emit: Receives the events.
        stops_if_nonfinite: As in `Stream`.

    Attributes:
        nonfinite: The guard against losses that are not finite.
    """

    def __init__(
        self,
        trainer: Trainer,
        control: Control,
        commands: CommandExecutor,
        emit: Callable[[Event], bool],
        *,
        stops_if_nonfinite: bool = False,
    ) -> None:
        self._trainer = trainer
        self._checkpoint = ""
        self._memory = OutOfMemoryGuard(trainer, emit)
        self.nonfinite = NonfiniteGuard(
            trainer, control, commands, self._memory, emit, lambda: self._checkpoint, stops=stops_if_nonfinite
        )
        self._disk = DiskFullGuard(trainer, emit)
        self._all = (EvaluationMemoryGuard(trainer, emit), self.nonfinite, self._disk)

    def install(self) -> None:
        if self._trainer.args.world_size == 1 and not self._trainer.is_deepspeed_enabled:
            for guard in self._all:
                guard.install()

    def remove(self) -> None:
        for guard in reversed(self._all):
            guard.remove()
        self.begin_window()

    def begin_window(self) -> None:
        """An optimizer step begins: none of its batches is done yet."""
        self._memory.begin_window()

    def has_saved(self, path: Path) -> bool:
        """Whether the checkpoint that the Trainer has just reported was really saved; remembers it as the last one."""
        if not self._disk.failed:
            self._checkpoint = path.name
        return not self._disk.failed
