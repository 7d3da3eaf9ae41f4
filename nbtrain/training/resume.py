"""Going on with a run: from its last checkpoint, or branching off from an earlier one, with some keys changed.

The new run has a directory of its own. Its journal begins with what its parent went through until then, so that it is
complete in itself.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import format
from nbtrain.config import Config, from_mapping
from nbtrain.errors import ConfigError, Problem, RunError
from nbtrain.events import Branched, Commanded, EpochEnded, Evaluated, Event, Logged, Saved, Split, Stepped, journal
from nbtrain.events import run_dir as layout
from nbtrain.training.checkpoints import LAST_FILE, counted

if TYPE_CHECKING:
    from nbtrain.events import Prepared
    from nbtrain.training.live_run import StoredRun

COPIED = (Stepped, Evaluated, EpochEnded, Commanded, Logged, Split)
"""What of a parent's journal stands in that of its child."""

BOUND = {
    **dict.fromkeys(("model", "tokenizer", "task", "trainer_class"), "the weights of the checkpoint are of that one"),
    **dict.fromkeys(("dataset", "train", "validation", "test", "text", "label"), "the run has learned from that data"),
    **dict.fromkeys(("max_length", "validation_split", "max_train_samples"), "the run has learned from that data"),
    **dict.fromkeys(("seed", "data_seed", "full_determinism"), "the order of the data comes from it"),
    "optim": "the state of the optimizer is of that one",
    "lr_scheduler_type": "the state of the schedule is of that one",
}
"""Keys that cannot change when a run goes on, with the reason."""

EITHER = (("metrics", "compute_metrics"),)
"""Keys of which one takes the other's place."""

BATCHES = ("per_device_train_batch_size", "gradient_accumulation_steps", "dataloader_drop_last")
"""Keys that say how many examples a step has."""


@dataclass(frozen=True)
class Origin:
    """Where a run begins that goes on with another one.

    Args:
        parent: The other one.
        checkpoint: Folder of its checkpoint; None where it had none yet, and the new run begins at the first step.
        step: Steps done there.
        epoch: Epochs done there.
    """

    parent: StoredRun
    checkpoint: Path | None = None
    step: int = 0
    epoch: float = 0.0

    @classmethod
    def of(cls, parent: StoredRun, step: int | None = None) -> Origin:
        """The checkpoint of `parent` after `step`; the last one, if None.

        Raises:
            RunError: There is none; the message names those that there are.
        """
        known = checkpoints(parent)
        if step is None and parent.state.status != "finished":
            # one at the very end is of no use to a run that did not come to its own: what follows it cannot be made up
            known = {at: folder for at, folder in known.items() if at < (parent.state.max_steps or at + 1)}
            if not known and parent.config.given and parent.config["save_strategy"] != "no":
                return cls(parent)
        if not known:
            raise RunError(f"Run {parent.id} has no checkpoint to go on from (save_strategy, or all were deleted).")
        if not parent.config.given:
            raise RunError(
                f"Run {parent.id} was watched: its Trainer is your own.\n"
                f'    Go on by trainer.train(resume_from_checkpoint="{known[max(known)]}").'
            )
        chosen = max(known) if step is None else step
        if chosen not in known:
            nearest = max((one for one in known if one <= chosen), default=min(known))
            there = ", ".join(str(one) for one in sorted(known))
            raise RunError(
                f"Run {parent.id} has no checkpoint after step {chosen}; it has them after {there}.\n"
                f"    Write step={nearest}."
            )
        state = json.loads((known[chosen] / LAST_FILE).read_text(encoding="utf-8"))
        return cls(parent, known[chosen], chosen, float(state.get("epoch") or 0.0))

    def first_step(self, config: Config) -> int:
        """Steps done, as a run with `config` counts them: at the end of an epoch its steps may get another size."""
        parent = self.parent.config
        if all(parent[key] == config[key] for key in BATCHES):
            return self.step
        return round(self.epoch) * _steps_per_epoch(config, self._examples())

    @property
    def is_before_epoch_end(self) -> bool:
        """Whether the checkpoint was saved at the end of an epoch, but before what comes there, an evaluation say."""
        if self.step == 0 or self.epoch != round(self.epoch):
            return False
        return not any(isinstance(event, EpochEnded) and event.step == self.step for event in self._events_before())

    def batches_are_bound(self) -> str:
        """Why the size of a step cannot change; "" where it can."""
        if self.epoch != round(self.epoch):
            where = f"after step {self.step}, in the middle of an epoch"
            return f"steps are counted in these batches, and {where}, it could not be told which examples are left"
        as_counted = round(self.epoch) * _steps_per_epoch(self.parent.config, self._examples())
        return "" if as_counted == self.step else "steps are counted in these batches, in a way of the Trainer's own"

    def begin(self, directory: Path, first_step: int) -> list[Path]:
        """Bring the checkpoint to `directory`, the new run's; the folder to begin with, and that of the best one."""
        from nbtrain.training.resume_checkpoint import place

        try:
            return [] if self.checkpoint is None else place(self.checkpoint, directory, first_step)
        except OSError as error:
            shutil.rmtree(directory, ignore_errors=True)
            raise RunError(f"The checkpoint cannot be brought to `{directory}`: {error.strerror or error}.") from None

    def events(self, directory: Path, first_step: int) -> Iterator[Event]:
        """What the parent went through until the checkpoint was saved, in the steps of the new run.

        Args:
            directory: Of the new run; the files that the events name are copied there.
            first_step: Steps done, as the new run counts them.
        """
        for event in self._events_before():
            if isinstance(event, COPIED) and event.step <= self.step:
                event = dataclasses.replace(event, step=-(-event.step * first_step // self.step))
                yield self._with_file(event, directory) if isinstance(event, Evaluated) and event.file else event

    def _events_before(self) -> list[Event]:
        """What the parent's journal has before the checkpoint counted."""
        events = list(journal.read(self.parent.directory)) if self.checkpoint is not None else []
        saved = [at for at, event in enumerate(events) if isinstance(event, Saved) and event.step == self.step]
        return events[: saved[-1] if saved else 0]

    def _with_file(self, event: Evaluated, directory: Path) -> Evaluated:
        """`event` with the file that it names in `directory`, too."""
        file = layout.evaluation_file(event.step)
        try:
            (directory / file).parent.mkdir(exist_ok=True)
            shutil.copy2(self.parent.directory / str(event.file), directory / file)
        except OSError:
            return dataclasses.replace(event, file=None)
        return dataclasses.replace(event, file=file)

    def _examples(self) -> int:
        prepared = self.parent.state.prepared
        return prepared.sizes.get("train", 0) if prepared is not None else 0

    def branched(self, changes: list[str]) -> Branched:
        """The event that says where the new run comes from."""
        return Branched(step=self.step, parent=self.parent.id, directory=str(self.parent.directory), changes=changes)

    def check_steps(self, config: Config, steps: int) -> None:
        """See that there is something left to do.

        Raises:
            ConfigError: All `steps` of a run with `config` are done.
        """
        if self.step > 0 and self.first_step(config) >= steps:
            message = f"Run {self.parent.id} has done all of its {steps} steps: there is nothing to go on with."
            fix = (
                f"Write more epochs, such as num_train_epochs = {int(max(config['num_train_epochs'], self.epoch)) + 1}."
            )
            if config["max_steps"] > 0:
                fix = f"Write more steps, such as max_steps = {2 * steps}."
            raise ConfigError([Problem(message, fix=fix)])

    def check_data(self, prepared: Prepared) -> None:
        """See that the training data are those that the parent has learned from, and in the same order.

        Raises:
            ConfigError: They are not.
        """
        before = self.parent.state.prepared
        known = before.fingerprints if before is not None else {}
        changed = [name for name, value in prepared.fingerprints.items() if known.get(name, value) != value]
        if "train" in changed or "validation" in changed:
            split = "train" if "train" in changed else "validation"
            source = self.parent.config[split if self.parent.config[split] is not None else "dataset"]
            where = f" (`{source}`)" if isinstance(source, str) and not source.startswith("<") else ""
            message = f"The {split} data{where} have changed since run {self.parent.id} read them: it cannot go on."
            raise ConfigError([Problem(message, split, fix="Bring them back, or start a new run on the new data.")])
        was, now = (one.speed.get("by_length", False) if one is not None else False for one in (before, prepared))
        if was != now and self.epoch != round(self.epoch):
            order = {True: "by their length", False: "at random"}
            message = (
                f"After step {self.step} of run {self.parent.id}, in the middle of an epoch, examples cannot be put "
                f"together {order[now]}: they were {order[was]}, and it could not be told which are left."
            )
            fix = "Go on from the end of an epoch, or leave out what changes it (speed, data_collator)."
            raise ConfigError([Problem(message, fix=fix)])


def checkpoints(run: StoredRun) -> dict[int, Path]:
    """Folders of the checkpoints of `run` that count and are whole, by step."""
    return counted(run.directory)


def changed_config(origin: Origin, changes: Config, variables: Mapping[str, Any] | None = None) -> Config:
    """The configuration of the parent with `changes`, resuming from the checkpoint.

    Raises:
        ConfigError: A key cannot change, or a variable of the parent's is not there any more.
    """
    parent = origin.parent.config
    _refuse(origin, changes)
    replaced = {key for pair in EITHER if changes.given.keys() & set(pair) for key in pair}
    own = {key: value for key, value in parent.given.items() if key not in changes.given and key not in replaced}
    named = {key: _named_again(key, value, parent, variables) for key, value in own.items()}
    base = from_mapping(named, variables=variables, complete=False)
    given = {**base.given, **changes.given}
    references = {**{key: name for key, name in parent.references.items() if key in own}, **base.references}
    references = {key: name for key, name in {**references, **changes.references}.items() if key in given}
    if origin.checkpoint is not None:
        given["resume_from_checkpoint"] = str(origin.checkpoint)
    return Config(given, references)


def _named_again(key: str, value: Any, config: Config, variables: Mapping[str, Any] | None) -> Any:
    """The value of a key of the parent's: "$name" where its variable is there (it may have been assigned anew)."""
    if isinstance(value, str) and value.startswith("<") and value.endswith(">"):
        message = f"`{key}` was an object of type {value[1:-1]} in that run, and is not in this process."
        raise ConfigError([Problem(message, key, fix=f'Give it again: {key} = "$name".')])
    reference = config.references.get(key)
    is_there = isinstance(reference, str) and reference.removeprefix("$") in (variables or {})
    return reference if is_there else value


def changes_in_words(origin: Origin, changes: Config) -> list[str]:
    """Each changed key with its old and its new value: "learning_rate 5e-5 -> 1e-5"."""
    parent = origin.parent.config
    return [
        f"{key} {_shown(parent[key])} -> {_shown(value)}"
        for key, value in changes.given.items()
        if key != "output_dir" and _differ(parent[key], value)
    ]


def _refuse(origin: Origin, changes: Config) -> None:
    parent, problems = origin.parent.config, []
    for key, value in changes.given.items():
        reason = BOUND.get(key) or (key in BATCHES and origin.batches_are_bound())
        if reason and _differ(parent[key], value):
            message = (
                f"`{key}` cannot change from {_shown(parent[key])} to {_shown(value)} when a run goes on: {reason}."
            )
            problems.append(Problem(message, key, changes.lines.get(key), "Leave it out, or start a new run."))
    if problems:
        raise ConfigError(problems)


def _steps_per_epoch(config: Config, examples: int) -> int:
    size = config["per_device_train_batch_size"]
    batches: int = examples // size if config["dataloader_drop_last"] else -(-examples // size)
    return max(1, -(-batches // int(config["gradient_accumulation_steps"])))


def _differ(before: Any, now: Any) -> bool:
    """Whether two values of a key differ. Of an object that is no longer there ("$df", "<DataFrame>") nobody knows."""
    if isinstance(before, str) and before.startswith(("$", "<")):
        return False
    plain = (str, bool, int, float, list, type(None))
    return bool(before != now) if isinstance(before, plain) and isinstance(now, plain) else before is not now


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return format.hyperparameter(value, 6)
    return str(value) if value is None or isinstance(value, (str, bool, int, list)) else type(value).__name__
