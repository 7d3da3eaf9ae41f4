"""What happens in a run, as frozen data classes: the only output of the engine, and the only input of views.

These types are public: `nbtrain.stream` yields their objects, and a view is called with them. They are structs of
msgspec, which are created and written as JSON within microseconds: `msgspec.structs.asdict` and
`msgspec.structs.replace` do what the functions of these names do for Python's dataclasses.

```python
from nbtrain.events import Stepped

losses = [event.loss for event in nbtrain.stream(trainer) if isinstance(event, Stepped)]
```

Each has a JSON form, see `nbtrain.events.codec`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Literal

import msgspec

Status = Literal["created", "running", "paused", "finished", "stopped", "interrupted", "failed"]

Label = str | int | bool
"""A class as the data has it."""

Piece = tuple[str, str, bool]
"""A piece of a text: the text, what it is marked with ("" if it is not marked), and whether that is wrong."""

EVENT_TYPES: dict[str, type[Event]] = {}
"""Every event class by its name in JSON, which is the class name in lower case."""


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag=str.lower):
    """Base of all events.

    Args:
        step: Optimizer steps done when it happened (the Trainer's `global_step`).
        run: Run ID; a journal has it in its header only.
        seq: Number of the event within the run, from 1.
        time: Seconds since the start of the run.
    """

    type: ClassVar[str] = "event"

    step: int = msgspec.field(default_factory=int)  # 0, but in JSON even then: a plain default is omitted
    run: str = ""
    seq: int = msgspec.field(default_factory=int)
    time: float = 0.0

    def stamp(self, **values: Any) -> None:
        """Fill in `run`, `seq` or `time`. Only for code that passes the event on, before anything else has seen it."""
        for name, value in values.items():
            msgspec.structs.force_setattr(self, name, value)

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.type = cls.__name__.lower()
        EVENT_TYPES[cls.type] = cls


class Created(Event, frozen=True, kw_only=True):
    """A run was created.

    Args:
        config: Its configuration, as TOML.
        directory: Its run directory.
        name: Its name, if it was given one, such as that of the variable that holds it.
        notebook: Path of the notebook that created it, as the server names it; "" if it is not known.
    """

    config: str
    directory: str
    name: str = ""
    notebook: str = ""


class Environment(Event, frozen=True, kw_only=True):
    """On what the run trains, which one needs to repeat it.

    Args:
        began: When the run was created, in seconds since 1970.
        versions: Versions of packages by name: {"nbtrain": "0.1.0", "torch": "2.13.0"}.
        device: Its device, for people: "cpu (2 cores)".
    """

    began: float
    versions: dict[str, str] = msgspec.field(default_factory=dict)
    device: str = ""


class Branched(Event, frozen=True, kw_only=True):
    """The run continues an earlier run from `step`. The events of that run until then follow in the journal.

    Args:
        parent: ID of the earlier run.
        directory: Directory of the earlier run.
        changes: What differs from then on, for people: "learning_rate 5e-5 -> 1e-5".
    """

    parent: str
    directory: str
    changes: list[str] = msgspec.field(default_factory=list)


class Phase(Event, frozen=True, kw_only=True):
    """Progress of work other than training steps.

    Args:
        name: The work, for people.
        done: Units that are done.
        total: Units in all; 0 if unknown.
        waits_for: ID of the run that this one waits for; "" if it does not wait. Journals of early versions have it
            only in `name`.
    """

    name: str
    done: int = 0
    total: int = 0
    waits_for: str = ""


@dataclass(frozen=True)
class TaskSpec:
    """The columns, labels and options of a task for one data set.

    Args:
        task: Name of the task (a module of `nbtrain.tasks`).
        inputs: The input columns, which the model reads.
        target: The target columns, which it learns to predict.
        labels: The classes in the order of the model's outputs, in the type that they have in the data: strings,
            integers or booleans; empty for regression. (Early journals have strings only.)
        options: Values of keys that are specific to the task, such as {"max_length": 128}.
        class_names: The names of the classes in the model's configuration, if they are not the labels as text; else
            empty.
    """

    task: str
    inputs: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    labels: tuple[Label, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    class_names: tuple[str, ...] = ()

    @property
    def shown_names(self) -> tuple[str, ...]:
        """The classes by the names that people know: those of the model, else the labels as text."""
        return self.class_names or self.label_names

    @property
    def label_names(self) -> tuple[str, ...]:
        """The labels as text, to compare with data, and for the configuration of a model."""
        return tuple(str(label) for label in self.labels)

    def with_options(self, **options: Any) -> TaskSpec:
        """A copy with other values for some options."""
        return replace(self, options={**self.options, **options})


class Prepared(Event, frozen=True, kw_only=True):
    """Data and model are ready.

    Args:
        spec: What the model reads and learns.
        sizes: Rows per split.
        inputs: Inputs of the model per split; more or fewer than rows where a task divides or joins them. Journals of
            early versions do not have it.
        notes: Choices that were made for the user, one sentence each.
        fingerprints: A hash of the content of each split, to detect that data has changed.
        speed: Settings chosen by `speed = "auto"` that affect the weights.
        example: The first training example: its text, in which what is learned is marked.
        counts: Training rows of each class, in the order of the labels; empty if rows have no class. Journals of early
            versions have neither this nor the next two.
        shared: Validation rows whose inputs are also those of a training row.
        truncated: Inputs per split that were truncated; splits without any are left out.
    """

    spec: TaskSpec
    sizes: dict[str, int]
    inputs: dict[str, int] = msgspec.field(default_factory=dict)
    notes: list[str] = msgspec.field(default_factory=list)
    fingerprints: dict[str, str] = msgspec.field(default_factory=dict)
    speed: dict[str, Any] = msgspec.field(default_factory=dict)
    example: list[Piece] = msgspec.field(default_factory=list)
    counts: list[int] = msgspec.field(default_factory=list)
    shared: int = 0
    truncated: dict[str, int] = msgspec.field(default_factory=dict)


class Baselines(Event, frozen=True, kw_only=True):
    """What answers without a neural network reach on the validation split, by the metrics of the run.

    Args:
        answer: What the first baseline always answers, for people: "`equivalent`", "the mean 2.500".
        constant: Its metrics, by name; those that are undefined are left out.
        words: The metrics of a linear model on word counts; empty if there is none.
        rows: Training rows that the linear model has learned from.
        skipped: Why there is no linear model where one would be possible; "" if there is one.
    """

    answer: str = ""
    constant: dict[str, float] = msgspec.field(default_factory=dict)
    words: dict[str, float] = msgspec.field(default_factory=dict)
    rows: int = 0
    skipped: str = ""

    @property
    def metrics(self) -> list[str]:
        """The names of all metrics that a baseline has."""
        return list(self.constant | self.words)

    @property
    def lines(self) -> list[tuple[str, dict[str, float]]]:
        """The baselines that there are: the name of each, and its metrics."""
        named = ((f"always {self.answer}".replace("`", ""), self.constant), ("word counts", self.words))
        return [(name, metrics) for name, metrics in named if metrics]


class Examined(Event, frozen=True, kw_only=True):
    """What the results of an evaluation for each example amount to.

    Args:
        labels: Rows of each class, in the order of the labels; empty if rows have no class.
        predicted: Rows for which each class was predicted.
        truncated: Rows whose input fills the maximum length, and how many of them are right; None if there are none.
        whole: The same for the other rows.
    """

    labels: list[int] = msgspec.field(default_factory=list)
    predicted: list[int] = msgspec.field(default_factory=list)
    truncated: tuple[int, int] | None = None
    whole: tuple[int, int] | None = None


class Started(Event, frozen=True, kw_only=True):
    """Training starts, or continues from `step`.

    Args:
        max_steps: Optimizer steps of the whole run.
        epochs: Epochs of the whole run; 0 if unknown, because the training data have no length.
        batch_size: Examples per optimizer step.
        weight_decay: Weight decay of the parameters that have one.
        metric_for_best_model: The argument of this name; "" if it is not set.
        greater_is_better: The argument of this name; None if it is not set.
    """

    max_steps: int
    epochs: float
    batch_size: int
    weight_decay: float | None = None
    metric_for_best_model: str = ""
    greater_is_better: bool | None = None


class Stepped(Event, frozen=True, kw_only=True):
    """One optimizer step.

    Args:
        epoch: Epochs done, as a fraction.
        loss: Training loss: the mean over the examples of the step; not finite if something went wrong.
        learning_rate: Learning rate of this step (first parameter group).
        grad_norm: Norm of the gradient before clipping; None if the Trainer does not clip.
        seconds: Duration of the step with data loading, without evaluation and saving.
        examples: Training examples of the step.
        memory: Bytes of memory that the process has, and that it has on the device; measured at most once a second,
            None in other steps.
        device_memory: See `memory`; None without a device.
    """

    epoch: float
    loss: float
    learning_rate: float | None
    grad_norm: float | None
    seconds: float
    examples: int
    memory: int | None = None
    device_memory: int | None = None


class Logged(Event, frozen=True, kw_only=True):
    """The Trainer logged `values`, the newest entry of its `state.log_history`."""

    values: dict[str, float]


class Evaluated(Event, frozen=True, kw_only=True):
    """One evaluation.

    Args:
        epoch: Epochs done, as a fraction.
        metrics: Values by the names of `compute_metrics`, with the Trainer's prefix (`eval_accuracy`).
        seconds: Duration.
        file: Parquet file with the result for each example, relative to the run directory; None if there is none.
        details: Results that are not numbers, by the same names: lists, tables, text; None without any.
    """

    epoch: float
    metrics: dict[str, float]
    seconds: float = 0.0
    file: str | None = None
    details: dict[str, Any] | None = None


class EpochEnded(Event, frozen=True, kw_only=True):
    """A complete epoch is done. An epoch that is stopped early has no such event."""

    epoch: int


class Saved(Event, frozen=True, kw_only=True):
    """A checkpoint is complete on the disk.

    Args:
        path: Its folder, relative to the run directory if it is inside.
        size: Total bytes of its files, to detect later that some are missing; 0 if unknown.
    """

    path: str
    size: int = 0


class Pruned(Event, frozen=True, kw_only=True):
    """The checkpoint in folder `path` was deleted to save disk space."""

    path: str


class Commanded(Event, frozen=True, kw_only=True):
    """A command of the user took effect after `step`, before the next one.

    Args:
        command: One of `nbtrain.events.commands.COMMANDS`.
        values: Its arguments, such as {"learning_rate": 1e-05}.
    """

    command: str
    values: dict[str, Any] = msgspec.field(default_factory=dict)


class Paused(Event, frozen=True, kw_only=True):
    """The run is paused after `step`; `reason` says why, or is "" if the user asked for it."""

    reason: str = ""


class Resumed(Event, frozen=True, kw_only=True):
    """The run continues after a pause."""


class Waiting(Event, frozen=True, kw_only=True):
    """The run is paused and polls for commands: a heartbeat for views, neither in the journal nor in the state."""


class Split(Event, frozen=True, kw_only=True):
    """Memory ran out: from now on each batch is split into `parts` micro-batches with the same total gradient."""

    parts: int


class Nonfinite(Event, frozen=True, kw_only=True):
    """The loss of a batch of the next step is NaN or infinite. The batch has not affected the weights.

    Args:
        loss: The loss.
        texts: The first decoded inputs of the batch.
        checkpoint: Name of the last checkpoint before it; "" if there is none.
    """

    loss: float
    texts: list[str] = msgspec.field(default_factory=list)
    checkpoint: str = ""


class Diagnosed(Event, frozen=True, kw_only=True):
    """A message for the user."""

    message: str
    level: Literal["note", "warning", "error"] = "note"


class Predicted(Event, frozen=True, kw_only=True):
    """The predictions for the validation split were written.

    Args:
        file: The file in the run directory.
        rows: Number of predictions.
        shown: Some of them as lines of text.
    """

    file: str
    rows: int
    shown: list[list[Piece]] = msgspec.field(default_factory=list)


class Ended(Event, frozen=True, kw_only=True):
    """The run has ended.

    Args:
        status: How.
        error: Why, if it failed.
        weights: The step after which the model had the weights that it has now; 0 if unknown, as in early journals.
    """

    status: Status
    error: str = ""
    weights: int = 0
