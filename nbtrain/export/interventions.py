"""What the user did to a run while it trained, as a table in the script and a callback that goes by it."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from nbtrain.engine import hyperparameters
from nbtrain.events import Commanded, Ended, EpochEnded, Evaluated, Event, Nonfinite, Split, Started, Status, Stepped
from nbtrain.events.commands import SETTINGS
from nbtrain.export.text import indented, literal

LOOKS = {"pause": "paused", "resume": "went on", "step": "a few steps", "epoch": "to the end of the epoch"}
LOOKS |= {"evaluate": "evaluated", "checkpoint": "saved a checkpoint"}
"""Commands that leave no trace in the weights, in words."""

MOST_LOOKS = 20

BRANCHES = {
    "learning_rate": 'set_learning_rate(kwargs["optimizer"], kwargs["lr_scheduler"], value)',
    "weight_decay": 'set_weight_decay(kwargs["optimizer"], value)',
    "stop": (
        "control.should_training_stop = True\n"
        "args.load_best_model_at_end = False  # what is kept is what was learned, not what was best"
    ),
}


LEAVES_OUT = """
class NonfiniteLoss(Exception):
    pass


class FiniteTrainer({base}):
    \"""Leaves out a batch whose loss is NaN or infinite, before the backward pass.\"""

    def compute_loss(self, model, inputs, return_outputs=False, **kwargs):
        result = super().compute_loss(model, inputs, return_outputs=return_outputs, **kwargs)
        loss = result[0] if return_outputs else result
        if model.training and not loss.isfinite().all():
            raise NonfiniteLoss
        return result

    def training_step(self, *args, **kwargs):
        try:
            return super().training_step(*args, **kwargs)
        except NonfiniteLoss:
            return torch.full((), float("nan"), device=self.args.device)
"""


@dataclass
class Interventions:
    """What was done to a run.

    Args:
        changes: Step, what, and value (None where there is none), in their order.
        looks: Step, and what was done that changed nothing.
        warnings: Why the script may give other weights, a sentence each.
        leaves_out: Whether batches were left out because their loss was not finite.
        set_after_evaluation: Whether a learning rate was set between an evaluation of the run's own and the next step.
        begins: Step at which the run began; above 0 where it went on from a checkpoint.
        last: The last step.
        ended: How the run ended; None if it has not.
    """

    changes: list[tuple[int, str, Any]] = field(default_factory=list)
    looks: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    leaves_out: bool = False
    set_after_evaluation: bool = False
    begins: int = 0
    last: int = 0
    ended: Status | None = None
    _in_step: bool = False
    _has_evaluated: bool = False

    @property
    def at_begin(self) -> bool:
        """Whether something was changed before the first step."""
        return any(step <= self.begins for step, _, _ in self.changes)

    @property
    def stop(self) -> int | None:
        """The step after which the run was stopped."""
        return next((step for step, what, _ in self.changes if what == "stop"), None)

    def add(self, event: Event) -> None:
        """Take the next event of the run into account."""
        if isinstance(event, Started):
            self._begin(event)
        elif isinstance(event, Stepped):
            self.last, self._in_step, self._has_evaluated = event.step, False, False
        elif isinstance(event, EpochEnded) and self.last == self.begins == event.step > 0:
            self.warnings.append(f"its checkpoint was saved before the evaluation after step {event.step}")
        elif isinstance(event, Evaluated):
            self._has_evaluated = True
        elif isinstance(event, Nonfinite):
            self.leaves_out = self._in_step = True
        elif isinstance(event, Commanded):
            self._command(event)
        elif isinstance(event, Split):
            self.warnings.append(f"memory ran out after step {event.step}, and batches were split into {event.parts}")
        elif isinstance(event, Ended):
            self.ended = event.status

    def _begin(self, event: Started) -> None:
        """Training begins. What a run that went on with another has of that one's history is in its checkpoint."""
        fresh = Interventions(begins=event.step, last=event.step)
        vars(self).update(vars(fresh))

    def _command(self, event: Commanded) -> None:
        if event.command == "set":
            self.changes += [(event.step, name, value) for name, value in event.values.items()]
            self.set_after_evaluation |= self._has_evaluated and "learning_rate" in event.values
        elif event.command == "stop" and self.stop is None:
            self.changes.append((event.step + self._in_step, "stop", None))  # within a step: at its end
        elif event.command in LOOKS:
            self.looks.append((event.step, LOOKS[event.command]))
            self._has_evaluated &= event.command != "evaluate"


def interventions(events: Iterable[Event]) -> Interventions:
    """Read them off the events of a run."""
    found = Interventions()
    for event in events:
        found.add(event)
    if found.ended is None:
        found.warnings.append(f"the run had not ended when this was written, {found.last} steps were done")
    elif found.ended == "failed":
        found.warnings.append(f"the run failed after step {found.last}, and the script goes on")
    elif found.ended != "finished" and found.stop is None and found.last > found.begins:
        found.changes.append((found.last, "stop", None))
    return found


def table(found: Interventions) -> str:
    """Source of the table `INTERVENTIONS`."""
    rows = [f"({step}, {literal(what)}, {value!r})," for step, what, value in found.changes]
    head = "INTERVENTIONS = [  # what was changed by hand: after which step, what, and the new value"
    return "\n".join([head, *(indented(row) for row in rows), "]"])


def looks(found: Interventions) -> list[str]:
    """Comments on what was done and has changed nothing."""
    if not found.looks:
        return []
    shown = [f"{step}: {what}" for step, what in found.looks[:MOST_LOOKS]]
    rest = len(found.looks) - len(shown)
    more = [f"and {rest} more"] if rest else []
    return [
        "# Done by hand too, without any effect on the weights (step: what):",
        *textwrap.wrap("; ".join([*shown, *more]), 110, initial_indent="#   ", subsequent_indent="#   "),
    ]


def callback(found: Interventions) -> list[str]:
    """Source of the functions and of the callback `Interventions`."""
    used = [name for name in BRANCHES if any(what == name for _, what, _ in found.changes)]
    functions = [hyperparameters.scale_learning_rate] if "learning_rate" in used else []
    functions += [getattr(hyperparameters, f"set_{name}") for name in used if name in SETTINGS]
    branches = [
        f'{"if" if at == 0 else "elif"} what == "{name}":\n{indented(BRANCHES[name])}' for at, name in enumerate(used)
    ]
    begin = ["", "def on_train_begin(self, args, state, control, **kwargs):"]
    begin += [indented("self.on_step_end(args, state, control, **kwargs)")]
    body = [
        '"""Does the same at the same steps."""',
        "",
        "def on_step_end(self, args, state, control, **kwargs):",
        indented("for step, what, value in INTERVENTIONS:"),
        indented(indented("if step != state.global_step:\n    continue")),
        indented(indented("\n".join(branches))),
        *(begin if found.at_begin else []),
    ]
    return [
        *(_without_annotations(inspect.getsource(function)) for function in functions),
        "class Interventions(TrainerCallback):\n" + indented("\n".join(body)),
    ]


def _without_annotations(source: str) -> str:
    """A function of `tuning` for a script, which imports no `Any`."""
    return source.replace(": Any", "").strip()
