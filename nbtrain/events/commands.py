"""Commands to a run that is training: `Control` is the queue that any thread may write to, and that the engine reads at
step boundaries.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any

from nbtrain import format

PAUSE_POLL_SECONDS = 0.02
"""How often a paused run checks for commands."""

COMMANDS = {
    "pause": "Pausing after this step.",
    "resume": "Resuming.",
    "step": "Running {steps} step{s}, then pausing.",
    "epoch": "Running to the end of the epoch, then pausing.",
    "stop": "Stopping after this step.",
    "evaluate": "Evaluating after this step.",
    "checkpoint": "Saving a checkpoint after this step.",
    "set": "{changes} from the next step on.",
    "skip": "Skipping this batch.",
    "branch": "Stopping, then branching from the checkpoint after step {step}.",
}
"""Every command, and the message that acknowledges it."""

SETTINGS = {"learning_rate": "Learning rate", "weight_decay": "Weight decay"}
"""The hyper-parameters that "set" can change, and their names for people."""


@dataclass(frozen=True)
class Command:
    """A request for one command, as it will be recorded."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)


class Control:
    """Thread-safe queue of commands for a run. Each takes effect at the next step boundary.

    Its methods only append to the queue, so they may be called from a signal handler, a widget callback or another
    thread.

    Attributes:
        attended: Whether a user can answer a pause. If not, the engine stops instead of waiting.
        paused: Whether the run is paused; set by the engine.
        branch_points: Returns the steps of the checkpoints that exist; None if the code that drives the run does not
            support the command "branch".
        stopping: Whether a stop was requested.
        waiting: The commands that the engine has not taken yet, oldest first.
    """

    def __init__(self) -> None:
        self.attended = False
        self.paused = False
        self.branch_points: Callable[[], Collection[int]] | None = None
        self.stopping = False
        self.waiting: deque[Command] = deque()
        self._stop: Command | None = None

    @property
    def can_branch(self) -> bool:
        """Whether the run takes the command "branch"."""
        return self.branch_points is not None

    @property
    def interrupted(self) -> bool:
        """Whether the stop came from an interrupt."""
        return self._stop is not None and self._stop.values.get("by") == "interrupt"

    @property
    def branch_step(self) -> int | None:
        """Step of the checkpoint from which a new run is to branch when this one has stopped; None if not requested."""
        return self._stop.values.get("step") if self._stop is not None else None

    def request(self, command: str, **values: Any) -> str:
        """Append `command` to the queue.

        Returns:
            A message for the user that says what will happen, and when.

        Raises:
            ValueError: Unknown command, or invalid values for it; the message is for the user.
        """
        if command not in COMMANDS:
            raise ValueError(f"Unknown command `{command}`. Available: {', '.join(COMMANDS)}.")
        request = Command(command, _checked(command, values))
        if command == "branch":
            self._check_branch(values["step"])
        if command in ("stop", "branch"):
            self._stop = request if self._stop is None or request.values else self._stop
            self.stopping = True
        self.waiting.append(request)
        return _acknowledgement(request, paused=self.paused)

    def _check_branch(self, step: int) -> None:
        if self.branch_points is None:
            raise ValueError("This run cannot branch while it trains: stop it, then use `run.branch(step=...)`.")
        points = self.branch_points()
        if step not in points:
            there = f"The last is step {max(points)}." if points else "It has none yet."
            raise ValueError(f"This run has no checkpoint of step {step} (any more), and goes on. {there}")

    def pause(self) -> None:
        """Pause after the current step."""
        self.request("pause")

    def resume(self) -> None:
        """Continue after a pause."""
        self.request("resume")

    def step(self, steps: int = 1) -> None:
        """Train `steps` optimizer steps, then pause."""
        self.request("step", steps=steps)

    def run_to_epoch_end(self) -> None:
        """Train to the end of the epoch, its evaluation included, then pause."""
        self.request("epoch")

    def stop(self, **values: Any) -> None:
        """Stop after the current step and keep everything."""
        self.request("stop", **values)

    def evaluate(self) -> None:
        """Evaluate after the current step. The training is not affected."""
        self.request("evaluate")

    def checkpoint(self) -> None:
        """Save a checkpoint after the current step."""
        self.request("checkpoint")

    def set(self, *, learning_rate: float | None = None, weight_decay: float | None = None) -> None:
        """Change hyper-parameters from the next step on; the rest of the schedule is scaled in proportion.

        Args:
            learning_rate: Learning rate of the next step; the peak of the schedule if the current rate is 0, as at the
                start of a warm-up.
            weight_decay: Weight decay of the parameters that have one.
        """
        given = {"learning_rate": learning_rate, "weight_decay": weight_decay}
        self.request("set", **{name: value for name, value in given.items() if value is not None})

    def skip(self) -> None:
        """Continue without the batch whose loss is not finite."""
        self.request("skip")

    def take(self) -> list[Command]:
        """Remove and return all waiting commands. For the engine only."""
        taken = []
        while self.waiting:
            taken.append(self.waiting.popleft())
        return taken


def _checked(command: str, values: dict[str, Any]) -> dict[str, Any]:
    """`values` after validation. Numbers are rounded as in the journal, so that a run and its record agree."""
    allowed = {"set": tuple(SETTINGS), "step": ("steps",), "stop": ("by",), "branch": ("step",)}.get(command, ())
    unknown = [name for name in values if name not in allowed]
    if unknown:
        takes = f"It takes {', '.join(allowed)}." if allowed else "It takes no values."
        raise ValueError(f"Unknown value `{unknown[0]}` for `{command}`. {takes}")
    if command == "step":
        steps = values.get("steps", 1)
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise ValueError(f"`steps` must be an integer of at least 1, not {steps!r}.")
        return {"steps": steps}
    if command == "branch" and not isinstance(values.get("step"), int):
        raise ValueError("`branch` needs `step`, the step of a checkpoint, as an integer.")
    if command == "set":
        if not values:
            raise ValueError(f"`set` needs at least one of: {', '.join(SETTINGS)}.")
        return {name: _number(name, value) for name, value in values.items()}
    return values


def _number(name: str, value: Any) -> float:
    allowed = "a number greater than 0" if name == "learning_rate" else "a number of at least 0"
    refusal = f"`{name}` must be {allowed}, not {value!r}."
    try:
        number = float(f"{float(value):.7g}")
    except (TypeError, ValueError):
        raise ValueError(refusal) from None
    if not math.isfinite(number) or number < 0 or (number == 0 and name == "learning_rate"):
        raise ValueError(refusal)
    return number


def _acknowledgement(command: Command, *, paused: bool) -> str:
    steps = command.values.get("steps", 1)
    settings = {name: value for name, value in command.values.items() if name in SETTINGS}
    changes = ", ".join(f"{SETTINGS[name]} {format.hyperparameter(value)}" for name, value in settings.items())
    sentence = COMMANDS[command.name].format(
        steps=steps, s="" if steps == 1 else "s", changes=changes, step=command.values.get("step")
    )
    return sentence.replace(" after this step", " now") if paused else sentence
