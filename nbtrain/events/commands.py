"""Control: what the user wants of a run that is going on. Anyone may write to it, from any thread; the engine reads
it at step boundaries.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from nbtrain import format

COMMANDS = {
    "pause": "Pausing after this step.",
    "resume": "Going on.",
    "step": "Going on for {steps} step{s}, then pausing.",
    "epoch": "Going on to the end of the epoch, then pausing.",
    "stop": "Stopping after this step.",
    "evaluate": "Evaluating after this step.",
    "checkpoint": "Saving a checkpoint after this step.",
    "set": "{changes} from the next step on.",
    "skip": "Going on without this batch.",
    "branch": "Stopping, then going on from the checkpoint after step {step}.",
}
"""Every command, and the words that acknowledge it."""

SETTINGS = {"learning_rate": "Learning rate", "weight_decay": "Weight decay"}
"""What "set" can change."""


@dataclass(frozen=True)
class Command:
    """A request, as it will stand in the record."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)


class Control:
    """Requests to a run in progress. Each takes effect at the next step boundary.

    Its methods only put a request on a queue, so they are safe to call from a signal handler, a widget callback or
    another thread.

    Attributes:
        attended: Whether somebody can answer a pause. Where nobody can, the engine stops rather than wait.
        paused: Whether the run stands still; set by the engine.
        can_branch: Whether what drives the run goes on from a checkpoint when it is asked to.
        stopping: Whether a stop was asked for.
        waiting: The requests that were not taken yet, oldest first.
    """

    def __init__(self) -> None:
        self.attended = False
        self.paused = False
        self.can_branch = False
        self.stopping = False
        self.waiting: deque[Command] = deque()
        self._stop: Command | None = None

    @property
    def interrupted(self) -> bool:
        """Whether the stop came from an interrupt."""
        return self._stop is not None and self._stop.values.get("by") == "interrupt"

    @property
    def branch_step(self) -> int | None:
        """The checkpoint from which a new run is to go on when this one has stopped; None if that was not asked for."""
        return self._stop.values.get("step") if self._stop is not None else None

    def request(self, command: str, **values: Any) -> str:
        """Ask for `command`.

        Returns:
            A sentence that says what will happen, and when.

        Raises:
            ValueError: There is no such command, or it does not take these values; the message is for people.
        """
        if command not in COMMANDS:
            raise ValueError(f"`{command}` is no command. There are: {', '.join(COMMANDS)}.")
        if command == "branch" and not self.can_branch:
            raise ValueError("This run cannot branch off here: stop it, then use `run.branch(step=...)`.")
        request = Command(command, _checked(command, values))
        if command in ("stop", "branch"):
            self._stop = request if self._stop is None or request.values else self._stop
            self.stopping = True
        self.waiting.append(request)
        return _acknowledgement(request, paused=self.paused)

    def pause(self) -> None:
        """Stand still after the step at hand."""
        self.request("pause")

    def resume(self) -> None:
        """Go on."""
        self.request("resume")

    def step(self, steps: int = 1) -> None:
        """Go on for `steps` optimizer steps, then pause."""
        self.request("step", steps=steps)

    def run_to_epoch_end(self) -> None:
        """Go on to the end of the epoch, its evaluation included, then pause."""
        self.request("epoch")

    def stop(self, **values: Any) -> None:
        """Stop after the step at hand and keep what was learned."""
        self.request("stop", **values)

    def evaluate(self) -> None:
        """Evaluate after the step at hand. This look changes nothing in the training."""
        self.request("evaluate")

    def checkpoint(self) -> None:
        """Save a checkpoint after the step at hand."""
        self.request("checkpoint")

    def set(self, *, learning_rate: float | None = None, weight_decay: float | None = None) -> None:
        """Change hyper-parameters from the next step on; the schedule goes on from there in proportion.

        Args:
            learning_rate: Rate of the next step; in a warm-up that stands at 0, the peak of the schedule.
            weight_decay: For the parameters that decay.
        """
        given = {"learning_rate": learning_rate, "weight_decay": weight_decay}
        self.request("set", **{name: value for name, value in given.items() if value is not None})

    def skip(self) -> None:
        """Go on without the batch whose loss is not finite."""
        self.request("skip")

    def take(self) -> list[Command]:
        """Take what is waiting; for the engine."""
        taken = []
        while self.waiting:
            taken.append(self.waiting.popleft())
        return taken


def _checked(command: str, values: dict[str, Any]) -> dict[str, Any]:
    """`values` as they will be recorded: numbers with the digits that the journal keeps, so that both are the same."""
    allowed = {"set": tuple(SETTINGS), "step": ("steps",), "stop": ("by",), "branch": ("step",)}.get(command, ())
    unknown = [name for name in values if name not in allowed]
    if unknown:
        takes = f"It takes {', '.join(allowed)}." if allowed else "It takes no values."
        raise ValueError(f"`{command}` takes no `{unknown[0]}`. {takes}")
    if command == "step":
        steps = values.get("steps", 1)
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
            raise ValueError(f"`step` takes a whole number of steps, at least 1; {steps!r} is none.")
        return {"steps": steps}
    if command == "branch" and not isinstance(values.get("step"), int):
        raise ValueError("`branch` takes the `step` of a checkpoint.")
    if command == "set":
        if not values:
            raise ValueError(f"`set` takes at least one of: {', '.join(SETTINGS)}.")
        return {name: _number(name, value) for name, value in values.items()}
    return values


def _number(name: str, value: Any) -> float:
    least = "above 0" if name == "learning_rate" else "of at least 0"
    try:
        number = float(f"{float(value):.7g}")
    except (TypeError, ValueError):
        raise ValueError(f"`{name}` takes a number {least}; {value!r} is none.") from None
    if not math.isfinite(number) or number < 0 or (number == 0 and name == "learning_rate"):
        raise ValueError(f"`{name}` takes a number {least}; it was {value!r}.")
    return number


def _acknowledgement(command: Command, *, paused: bool) -> str:
    steps = command.values.get("steps", 1)
    settings = {name: value for name, value in command.values.items() if name in SETTINGS}
    changes = ", ".join(f"{SETTINGS[name]} {format.hyperparameter(value)}" for name, value in settings.items())
    sentence = COMMANDS[command.name].format(
        steps=steps, s="" if steps == 1 else "s", changes=changes, step=command.values.get("step")
    )
    return sentence.replace(" after this step", " now") if paused else sentence
