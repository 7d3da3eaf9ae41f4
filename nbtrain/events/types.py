"""What happens in a run, as small immutable records: the only thing that the engine tells, and the only thing that
views see.

Each has a JSON form: `nbtrain.events.codec`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

Status = Literal["created", "running", "paused", "finished", "stopped", "interrupted", "failed"]

EVENT_TYPES: dict[str, type[Event]] = {}
"""Every kind of event by the name that it has in JSON: the lower-case class name."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Base of all events.

    Args:
        step: Optimizer steps done when it happened (the Trainer's `global_step`).
        run: Id of the run; in a journal it stands in the header only.
        seq: Number of the event within the run, from 1.
        time: Seconds since the run began.
    """

    type: ClassVar[str] = "event"

    step: int = 0
    run: str = ""
    seq: int = 0
    time: float = 0.0

    def stamp(self, **values: Any) -> None:
        """Fill in `run`, `seq` or `time`: whoever tells an event on does so before anybody else has it."""
        vars(self).update(values)

    def __init_subclass__(cls) -> None:
        cls.type = cls.__name__.lower()
        EVENT_TYPES[cls.type] = cls


@dataclass(frozen=True, kw_only=True)
class Created(Event):
    """A run begins its life: what it was asked to do (as TOML), and its directory."""

    config: str
    directory: str


@dataclass(frozen=True, kw_only=True)
class Branched(Event):
    """The run goes on with another one from `step`; what that one went through until then comes next in the journal.

    Args:
        parent: Id of the other run.
        directory: Its run directory.
        changes: What is different from then on, in words: "learning_rate 5e-5 -> 1e-5".
    """

    parent: str
    directory: str
    changes: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Phase(Event):
    """Work other than training steps has come to `done` of `total` (0 where the total is not known).

    Args:
        name: The work, in words.
        waits_for: Id of the run whose end this one waits for, "" if it does not wait. Journals of early versions have
            it in `name` alone.
    """

    name: str
    done: int = 0
    total: int = 0
    waits_for: str = ""


@dataclass(frozen=True)
class TaskSpec:
    """What a run found out about its data and its task.

    Args:
        task: Name of the task (a module of `nbtrain.tasks`).
        inputs: The columns that the model reads.
        target: The columns that it learns to predict.
        labels: Names of the classes in the order of the model's outputs; empty for regression.
        options: Settings of the task's own, by the keys of a configuration, such as {"max_length": 128}.
    """

    task: str
    inputs: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)

    def with_options(self, **options: Any) -> TaskSpec:
        """The same with other values for some of its options."""
        return replace(self, options={**self.options, **options})


@dataclass(frozen=True, kw_only=True)
class Prepared(Event):
    """Data and model are ready: how the run understood its configuration.

    Args:
        spec: What the model reads and what it learns.
        sizes: Examples per split.
        notes: Choices that were made for the user, a sentence each.
        fingerprints: A hash of the content of each split, so that data that changed are noticed.
        speed: What was chosen for `speed = "auto"`, as far as it can be seen in the weights.
    """

    spec: TaskSpec
    sizes: dict[str, int]
    notes: list[str] = field(default_factory=list)
    fingerprints: dict[str, str] = field(default_factory=dict)
    speed: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Started(Event):
    """Training begins (or goes on, at `step`).

    Args:
        max_steps: Optimizer steps of the whole run.
        epochs: Epochs of the whole run.
        batch_size: Examples per optimizer step.
        weight_decay: Of the parameters that decay.
    """

    max_steps: int
    epochs: float
    batch_size: int
    weight_decay: float | None = None


@dataclass(frozen=True, kw_only=True)
class Stepped(Event):
    """One optimizer step.

    Args:
        epoch: Epochs done, as a fraction.
        loss: Mean training loss of the step's examples; not finite if the step went wrong.
        learning_rate: The rate that this step used (of the first parameter group).
        grad_norm: Norm of the gradient before clipping; None where the Trainer does not clip.
        seconds: Time that the step took, data loading included, evaluation and saving excluded.
        examples: Examples that the step learned from.
    """

    epoch: float
    loss: float
    learning_rate: float | None
    grad_norm: float | None
    seconds: float
    examples: int


@dataclass(frozen=True, kw_only=True)
class Logged(Event):
    """The Trainer logged: `values` is its newest entry of `state.log_history`."""

    values: dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Evaluated(Event):
    """One evaluation.

    Args:
        epoch: Epochs done, as a fraction.
        metrics: Names as `compute_metrics` gives them, with the Trainer's prefix (`eval_accuracy`).
        seconds: Time that it took.
        file: Parquet file with the result for each example, relative to the run directory.
    """

    epoch: float
    metrics: dict[str, float]
    seconds: float = 0.0
    file: str | None = None


@dataclass(frozen=True, kw_only=True)
class EpochEnded(Event):
    """A whole epoch is done (an epoch that was broken off has none)."""

    epoch: int


@dataclass(frozen=True, kw_only=True)
class Saved(Event):
    """A checkpoint stands complete on the disk.

    Args:
        path: Its folder, relative to the run directory where it lies there.
        size: Bytes of its files, by which one is known that is no longer whole; 0 where they were not counted.
    """

    path: str
    size: int = 0


@dataclass(frozen=True, kw_only=True)
class Pruned(Event):
    """The checkpoint in folder `path` was deleted to make room."""

    path: str


@dataclass(frozen=True, kw_only=True)
class Commanded(Event):
    """The user steered the run: `command` with `values` took effect after `step`, before the next one.

    Args:
        command: One of `nbtrain.events.commands.COMMANDS`.
        values: What goes with it, such as {"learning_rate": 1e-05}.
    """

    command: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Paused(Event):
    """The run stands still after `step`; `reason` says why, where it was not simply asked to."""

    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Resumed(Event):
    """The run goes on after a pause."""


@dataclass(frozen=True, kw_only=True)
class Waiting(Event):
    """The run is paused and looks for commands: a heartbeat for views, neither written nor folded."""


@dataclass(frozen=True, kw_only=True)
class Split(Event):
    """Memory ran out: from now on each batch is worked on in `parts` pieces, whose gradients add up to the same."""

    parts: int


@dataclass(frozen=True, kw_only=True)
class Nonfinite(Event):
    """The loss of a batch that would have been part of the next step is NaN or infinite; no weight has seen it.

    Args:
        loss: What it is.
        texts: The decoded inputs of the batch, the first few.
        checkpoint: The last checkpoint before it, or "".
    """

    loss: float
    texts: list[str] = field(default_factory=list)
    checkpoint: str = ""


@dataclass(frozen=True, kw_only=True)
class Diagnosed(Event):
    """Something that the user should know, in a sentence."""

    message: str
    level: Literal["note", "warning", "error"] = "note"


@dataclass(frozen=True, kw_only=True)
class Predicted(Event):
    """The predictions of the evaluation split were written to `file`, `rows` of them, relative to the run directory."""

    file: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class Ended(Event):
    """The run is over; `error` says why, if it failed."""

    status: Status
    error: str = ""
