"""The state of a run, as the fold of its events. Every view is a function of it, live or years later."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nbtrain.events import (
    Baselines,
    Branched,
    Commanded,
    Created,
    Diagnosed,
    Ended,
    Environment,
    EpochEnded,
    Evaluated,
    Event,
    Examined,
    Logged,
    Nonfinite,
    Paused,
    Phase,
    Predicted,
    Prepared,
    Pruned,
    Resumed,
    Saved,
    Split,
    Started,
    Status,
    Stepped,
    Waiting,
)
from nbtrain.events.best import PREFIX, Objective, validation_losses
from nbtrain.events.names import two_words
from nbtrain.events.series import MAX_BINS, Curve

MAX_EVALUATIONS = 100
MAX_MESSAGES = 50
MAX_COMMANDS = 100
MAX_SETS = 4
"""Evaluation sets of which the loss is kept as a curve; together these have as many bins as a single one."""

EXTRA_BINS = 150
METRIC_BINS = 100
MAX_METRICS = 6
MAX_NAME_LENGTH = 60
"""Bins of the curves beside the losses, bins of the curve of a metric, how many metrics have one, by how long names."""

METRIC = "metric:"
"""Prefix of the curves of metrics."""

GIGABYTE = 1e9

AVERAGE_WEIGHT = 0.1
"""Weight of the newest step in the exponential moving averages."""


@dataclass
class RunState:
    """The state of one run. Its size is bounded, however long the run is: lists keep their newest entries only.

    Attributes:
        config: The run's configuration, as TOML.
        directory: The run directory.
        time: Seconds from the start of the run to its newest event.
        phase: The current work other than training steps, if any.
        seconds_per_step: Exponential moving average; 0 before the first step.
        examples_per_second: Exponential moving average; 0 before the first step.
        step_seconds: Duration of all steps since `started`, without evaluations and saving.
        paused_seconds: Duration of the pauses since `started` that are over.
        paused_at: `time` at which the current pause began; None if the run is not paused.
        curves: "loss" (training loss), "eval_loss" (validation loss) and "learning_rate" by step; with several
            evaluation sets also the loss of each, such as "eval_easy_loss". Where there are values, also "grad_norm",
            "examples_per_second", "memory" and "device_memory" (in GB), "time" (seconds since the start), and for each
            of the first metrics "metric:" with its name.
        evaluations: The newest evaluations; `evaluation_count` counts all.
        messages: The newest notes and warnings.
        commands: The newest commands of the user; `command_count` counts all.
        pause_reason: Why the run is paused; "" if the user asked for it.
        weight_decay: Current weight decay of the parameters that have one; None if unknown.
        parts: Micro-batches into which each batch is split since memory ran out; 1 before that.
        checkpoints: The newest checkpoints that exist; `pruned` has those that were deleted.
        branched: The earlier run that this one continues, if there is one.
        name: The name that the run was given; "" if none.
        notebook: Path of the notebook that created it; "" if unknown.
        environment: On what it trains; None if unknown.
        weights: The step after which the model had the weights that it has now; 0 if unknown, or before the end.
        baselines: What simple answers reach; None if unknown.
        examined: What the results of the newest evaluation for each example amount to; None if unknown.
        nonfinite: The newest loss that was not finite; None if there was none.
    """

    run: str = ""
    name: str = ""
    notebook: str = ""
    status: Status = "created"
    error: str = ""
    time: float = 0.0
    config: str = ""
    directory: str = ""
    prepared: Prepared | None = None
    phase: Phase | None = None
    step: int = 0
    max_steps: int = 0
    epoch: float = 0.0
    epochs: float = 0.0
    batch_size: int = 0
    loss: float | None = None
    learning_rate: float | None = None
    grad_norm: float | None = None
    seconds_per_step: float = 0.0
    examples_per_second: float = 0.0
    step_seconds: float = 0.0
    paused_seconds: float = 0.0
    paused_at: float | None = None
    curves: dict[str, Curve] = field(
        default_factory=lambda: {
            "loss": Curve(),
            "eval_loss": Curve(max_bins=MAX_BINS // 2),
            "learning_rate": Curve(max_bins=EXTRA_BINS),
        }
    )
    evaluations: list[Evaluated] = field(default_factory=list)
    evaluation_count: int = 0
    messages: list[Diagnosed] = field(default_factory=list)
    commands: list[Commanded] = field(default_factory=list)
    command_count: int = 0
    pause_reason: str = ""
    weight_decay: float | None = None
    parts: int = 1
    checkpoints: list[Saved] = field(default_factory=list)
    pruned: list[Pruned] = field(default_factory=list)
    predictions: Predicted | None = None
    baselines: Baselines | None = None
    examined: Examined | None = None
    nonfinite: Nonfinite | None = None
    started: Started | None = None
    branched: Branched | None = None
    environment: Environment | None = None
    weights: int = 0

    @classmethod
    def fold(cls, events: Iterable[Event]) -> RunState:
        state = cls()
        for event in events:
            state.apply(event)
        return state

    @property
    def ended(self) -> bool:
        return self.status in ("finished", "stopped", "interrupted", "failed")

    @property
    def alias(self) -> str:
        """Two words that stand for the run ID: "quiet-otter"; "" without one, as for a stream."""
        return two_words(self.run) if self.run else ""

    @property
    def title(self) -> str:
        """The run's name; its alias if it was given none."""
        return self.name or self.alias

    @property
    def validation(self) -> dict[str, Curve]:
        """The validation losses by their names: "eval_loss", or that of each evaluation set."""
        sets = {name: curve for name, curve in self.curves.items() if name.startswith("eval_") and curve.bins}
        return sets or {"eval_loss": self.curves["eval_loss"]}

    @property
    def objective(self) -> Objective:
        """By which metric its evaluations are compared."""
        return Objective.of(self.started)

    @property
    def seconds_left(self) -> float | None:
        """Estimated training time left; None before the first step and after the end.

        A step takes as long as recent ones, with as much other work, such as evaluations and checkpoints, as a step so
        far. Pauses do not count.
        """
        if self.started is None or self.ended or self.step <= self.started.step:
            return None
        paused = self.paused_seconds + (self.time - self.paused_at if self.paused_at is not None else 0.0)
        others = max(0.0, self.time - self.started.time - paused - self.step_seconds)
        pace = self.seconds_per_step + others / (self.step - self.started.step)
        return pace * max(0, self.max_steps - self.step)

    def apply(self, event: Event) -> None:
        """Update the state with one event."""
        self.run = event.run or self.run
        self.time = max(self.time, event.time)
        match event:
            case Stepped():
                self._step(event)
            case Phase():
                self.phase = event
                self.status = "created" if event.waits_for else "paused" if self.status == "paused" else "running"
            case Created():
                self.config, self.directory = event.config, event.directory
                self.name, self.notebook = event.name or self.name, event.notebook
            case Environment():
                self.environment = event
            case Branched():
                self.branched = event
            case Prepared():
                self.prepared, self.phase = event, None
            case Started():
                self._start(event)
            case Evaluated():
                self._evaluate(event)
            case EpochEnded():
                self.epoch = float(event.epoch)
            case Saved():
                others = [saved for saved in self.checkpoints if saved.path != event.path]
                self.checkpoints = [*others, event][-MAX_EVALUATIONS:]
            case Diagnosed():
                self.messages = [*self.messages, event][-MAX_MESSAGES:]
            case Commanded():
                self._command(event)
            case Paused():
                self.status, self.pause_reason, self.phase, self.paused_at = "paused", event.reason, None, event.time
            case Resumed():
                self._resume(event)
            case Predicted():
                self.predictions, self.phase = event, None
            case Ended():
                self.status, self.error, self.phase, self.weights = event.status, event.error, None, event.weights
            case Split():
                self.parts = event.parts
            case Pruned():
                self.pruned = [*self.pruned, event][-MAX_EVALUATIONS:]
                self.checkpoints = [saved for saved in self.checkpoints if saved.path != event.path]
            case Baselines():
                self.baselines = event
            case Examined():
                self.examined = event
            case Nonfinite():
                self.nonfinite = event
            case Logged() | Waiting():
                pass

    def _command(self, event: Commanded) -> None:
        self.command_count += 1
        self.commands = [*self.commands, event][-MAX_COMMANDS:]
        self.learning_rate = event.values.get("learning_rate", self.learning_rate)
        self.weight_decay = event.values.get("weight_decay", self.weight_decay)

    def _resume(self, event: Resumed) -> None:
        self.status, self.pause_reason = "running", ""
        if self.paused_at is not None:
            self.paused_seconds += max(0.0, event.time - self.paused_at)
            self.paused_at = None

    def _start(self, event: Started) -> None:
        self.status, self.phase, self.started = "running", None, event
        self.step_seconds, self.paused_seconds, self.paused_at = 0.0, 0.0, None
        self.weight_decay = event.weight_decay
        self.step, self.max_steps, self.epochs, self.batch_size = (
            event.step,
            event.max_steps,
            event.epochs,
            event.batch_size,
        )
        self.evaluations = [evaluation for evaluation in self.evaluations if evaluation.step <= event.step]
        self.commands = [command for command in self.commands if command.step <= event.step]
        for curve in self.curves.values():
            curve.rewind(event.step)

    def _step(self, event: Stepped) -> None:
        self.step, self.epoch, self.phase = event.step, event.epoch, None
        self.loss, self.learning_rate, self.grad_norm = event.loss, event.learning_rate, event.grad_norm
        self.curves["loss"].add(event.step, event.loss)
        if event.learning_rate is not None:
            self.curves["learning_rate"].add(event.step, event.learning_rate)
        if event.grad_norm is not None:
            self._extra("grad_norm").add(event.step, event.grad_norm)
        if event.memory is not None:
            self._extra("memory").add(event.step, event.memory / GIGABYTE)
        if event.device_memory is not None:
            self._extra("device_memory").add(event.step, event.device_memory / GIGABYTE)
        self._extra("time").add(event.step, event.time)
        if event.seconds > 0:
            self.step_seconds += event.seconds
            speed = event.examples / event.seconds
            if event.examples:
                self._extra("examples_per_second").add(event.step, speed)
            before = self.started.step if self.started is not None else 0
            newest = AVERAGE_WEIGHT if event.step > before + 2 else 1.0  # the first step also warms up
            self.seconds_per_step += newest * (event.seconds - self.seconds_per_step)
            self.examples_per_second += newest * (speed - self.examples_per_second)

    def _extra(self, name: str, bins: int = EXTRA_BINS) -> Curve:
        """The curve of this name, which is created at its first value."""
        curve = self.curves.get(name)
        if curve is None:
            curve = self.curves[name] = Curve(max_bins=bins)
        return curve

    def _evaluate(self, event: Evaluated) -> None:
        self.phase = None
        self.evaluation_count += 1
        self.evaluations = [*self.evaluations, event][-MAX_EVALUATIONS:]
        for name in validation_losses(event.metrics):
            if name not in self.curves and sum(each.startswith("eval_") for each in self.curves) <= MAX_SETS:
                self.curves[name] = Curve(max_bins=MAX_BINS // 2 // MAX_SETS)
            if name in self.curves:
                self.curves[name].add(event.step, event.metrics[name])
        losses = validation_losses(event.metrics)
        for metric, value in event.metrics.items():
            if metric not in losses:
                self._add_metric(METRIC + metric.removeprefix(PREFIX)[:MAX_NAME_LENGTH], event.step, value)
        self._add_baselines(event)

    def _add_metric(self, name: str, step: int, value: float) -> None:
        """Add a point to the curve of a metric; a new one only if there is room for it."""
        if name in self.curves or sum(each.startswith(METRIC) for each in self.curves) < MAX_METRICS:
            self._extra(name, METRIC_BINS).add(step, value)

    def _add_baselines(self, event: Evaluated) -> None:
        """Continue the horizontal lines of the baselines, next to the curve of the metric that is compared."""
        if self.baselines is None:
            return
        main = self.objective.compared(self.baselines.metrics)
        for title, metrics in self.baselines.lines:
            if main in metrics:
                self._add_metric(f"{METRIC}{main}, {title}"[:MAX_NAME_LENGTH], event.step, metrics[main])
