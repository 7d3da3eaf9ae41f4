"""Resume a run from its last checkpoint, or branch from an earlier one, with some keys changed.

The new run has its own directory. Its journal starts with a copy of its parent's events up to the checkpoint, so it
is self-contained.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from nbtrain.config import Config
from nbtrain.errors import ConfigError, Problem, RunError
from nbtrain.events import (
    Baselines,
    Branched,
    Commanded,
    EpochEnded,
    Evaluated,
    Event,
    Examined,
    Logged,
    Saved,
    Split,
    Stepped,
    journal,
)
from nbtrain.events import run_dir as layout
from nbtrain.training.checkpoints import LAST_FILE, complete_checkpoints

if TYPE_CHECKING:
    from nbtrain.events import Prepared
    from nbtrain.training.live_run import StoredRun

COPIED = (Stepped, Baselines, Examined, Evaluated, EpochEnded, Commanded, Logged, Split)
"""Events of the parent that are copied to the journal of the new run."""

BATCHES = ("per_device_train_batch_size", "gradient_accumulation_steps", "dataloader_drop_last")
"""Keys that determine how many examples a step has."""


@dataclass(frozen=True)
class ResumePoint:
    """The checkpoint of another run from which a new run continues.

    Args:
        parent: The other run.
        checkpoint: Folder of its checkpoint; None if it had none yet, and the new run starts at the first step.
        step: Steps done at the checkpoint.
        epoch: Epochs done at the checkpoint.
    """

    parent: StoredRun
    checkpoint: Path | None = None
    step: int = 0
    epoch: float = 0.0

    @classmethod
    def of(cls, parent: StoredRun, step: int | None = None) -> ResumePoint:
        """The checkpoint of `parent` at `step`; None is the last one.

        Raises:
            RunError: There is no such checkpoint; the message lists the existing ones.
        """
        known = checkpoints(parent)
        if step is None and parent.state.status != "finished":
            # A run that was stopped after its last step but before its final evaluation cannot continue from there.
            known = {at: folder for at, folder in known.items() if at < (parent.state.max_steps or at + 1)}
            if not known and parent.config.given and parent.config["save_strategy"] != "no":
                return cls(parent)
        if not known:
            raise RunError(
                f'Run {parent.state.title} has no checkpoint to continue from: either `save_strategy` is "no", or all '
                "were deleted."
            )
        if not parent.config.given:
            raise RunError(
                f"Run {parent.state.title} was recorded by `nbtrain.watch`: its Trainer is your own.\n"
                f'    Resume it with trainer.train(resume_from_checkpoint="{known[max(known)]}").'
            )
        chosen = max(known) if step is None else step
        if chosen not in known:
            nearest = max((one for one in known if one <= chosen), default=min(known))
            existing = ", ".join(str(one) for one in sorted(known))
            deleted = f"checkpoint-{chosen}" in (Path(one.path).name for one in parent.state.pruned)
            why = ": it was deleted, since only the last and the best one are kept" if deleted else ""
            keep = ' A run with save_total_limit = "all" keeps every checkpoint.' if deleted else ""
            raise RunError(
                f"Run {parent.state.title} has no checkpoint at step {chosen}{why}. Its checkpoints are at: {existing}."
                f"\n    Write step={nearest}.{keep}"
            )
        state = json.loads((known[chosen] / LAST_FILE).read_text(encoding="utf-8"))
        return cls(parent, known[chosen], chosen, float(state.get("epoch") or 0.0))

    def first_step(self, config: Config) -> int:
        """Steps done, as a run with `config` counts them: at the end of an epoch the batch size may change."""
        parent = self.parent.config
        if all(parent[key] == config[key] for key in BATCHES):
            return self.step
        return round(self.epoch) * _steps_per_epoch(config, self._inputs())

    @property
    def needs_epoch_end(self) -> bool:
        """Whether the checkpoint was saved at the end of an epoch, but before its evaluation and callbacks."""
        if self.step == 0 or self.epoch != round(self.epoch):
            return False
        return not any(isinstance(event, EpochEnded) and event.step == self.step for event in self._events_before())

    def why_batches_cannot_change(self) -> str:
        """The reason why the batch size cannot change; "" if it can."""
        if self.epoch != round(self.epoch):
            return f"step {self.step} is in the middle of an epoch, and the examples left in it would be unknown"
        expected = round(self.epoch) * _steps_per_epoch(self.parent.config, self._inputs())
        return "" if expected == self.step else "the Trainer counts the steps of this run in its own way"

    def copy_checkpoint(self, directory: Path, first_step: int) -> list[Path]:
        """Copy the checkpoint to `directory`, that of the new run.

        Returns:
            The folder to resume from, and that of the best checkpoint, if there is one.

        Raises:
            RunError: It cannot be copied.
        """
        from nbtrain.training.resume_checkpoint import link_checkpoint

        try:
            return [] if self.checkpoint is None else link_checkpoint(self.checkpoint, directory, first_step)
        except OSError as error:
            shutil.rmtree(directory, ignore_errors=True)
            raise RunError(f"Cannot copy the checkpoint to `{directory}`: {error.strerror or error}.") from None

    def inherited_events(self, directory: Path, first_step: int) -> Iterator[Event]:
        """The events of the parent up to the checkpoint, with the step numbers of the new run.

        Args:
            directory: That of the new run; files that the events refer to are copied there.
            first_step: Steps done, as the new run counts them.

        Yields:
            The events, in their order.
        """
        for event in self._events_before():
            if isinstance(event, COPIED) and event.step <= self.step:
                event = replace(event, step=-(-event.step * first_step // self.step))
                yield self._with_file(event, directory) if isinstance(event, Evaluated) and event.file else event

    def _events_before(self) -> list[Event]:
        """The events in the parent's journal before the checkpoint became valid."""
        events = list(journal.read(self.parent.directory)) if self.checkpoint is not None else []
        saved = [at for at, event in enumerate(events) if isinstance(event, Saved) and event.step == self.step]
        return events[: saved[-1] if saved else 0]

    def _with_file(self, event: Evaluated, directory: Path) -> Evaluated:
        """`event`, with a copy in `directory` of the file that it refers to."""
        file = layout.evaluation_file(event.step)
        try:
            (directory / file).parent.mkdir(exist_ok=True)
            shutil.copy2(self.parent.directory / str(event.file), directory / file)
        except OSError:
            return replace(event, file=None)
        return replace(event, file=file)

    def _inputs(self) -> int:
        """The training inputs of an epoch; where an early journal does not tell, the rows."""
        prepared = self.parent.state.prepared
        return 0 if prepared is None else prepared.inputs.get("train", prepared.sizes.get("train", 0))

    def branched(self, changes: list[str]) -> Branched:
        """The event that records from where the new run continues."""
        return Branched(step=self.step, parent=self.parent.id, directory=str(self.parent.directory), changes=changes)

    def check_steps(self, config: Config, steps: int) -> None:
        """Check that there are steps left.

        Raises:
            ConfigError: All `steps` of a run with `config` are done.
        """
        if self.step > 0 and self.first_step(config) >= steps:
            message = (
                f"Run {self.parent.state.title} has already done all of its {steps} steps: nothing is left to train."
            )
            epochs = int(max(config["num_train_epochs"], self.epoch)) + 1
            fix = f"Train for more epochs, for example num_train_epochs = {epochs}."
            if config["max_steps"] > 0:
                fix = f"Train for more steps, for example max_steps = {2 * steps}."
            raise ConfigError([Problem(message, fix=fix)])

    def check_data(self, prepared: Prepared) -> None:
        """Check that the data is the same that the parent was trained on, and in the same order.

        Raises:
            ConfigError: It has changed.
        """
        before = self.parent.state.prepared
        known = before.fingerprints if before is not None else {}
        changed = [name for name, value in prepared.fingerprints.items() if known.get(name, value) != value]
        if "train" in changed or "validation" in changed:
            split = "train" if "train" in changed else "validation"
            source = self.parent.config[split if self.parent.config[split] is not None else "dataset"]
            where = f" (`{source}`)" if isinstance(source, str) and not source.startswith("<") else ""
            message = (
                f"The {split} data{where} has changed since run {self.parent.state.title} read it: the run cannot "
                "continue."
            )
            raise ConfigError([Problem(message, split, fix="Restore the data, or start a new run on the new data.")])
        was, now = (one.speed.get("by_length", False) if one is not None else False for one in (before, prepared))
        if was != now and self.epoch != round(self.epoch):
            order = {True: "by length", False: "at random"}
            message = (
                f"Run {self.parent.state.title} was in the middle of an epoch at step {self.step}, with batches "
                f"grouped {order[was]}; it cannot continue with batches grouped {order[now]}, since the examples left "
                "in the epoch would be unknown."
            )
            fix = "Continue from the end of an epoch, or leave out the keys that change this (speed, data_collator)."
            raise ConfigError([Problem(message, fix=fix)])


def checkpoints(run: StoredRun) -> dict[int, Path]:
    """Folders of the valid, complete checkpoints of `run`, by step."""
    return complete_checkpoints(run.directory)


def _steps_per_epoch(config: Config, inputs: int) -> int:
    size = config["per_device_train_batch_size"]
    batches: int = inputs // size if config["dataloader_drop_last"] else -(-inputs // size)
    return max(1, -(-batches // int(config["gradient_accumulation_steps"])))
