"""The user's interventions in a run, as a table in the script and a callback that repeats them."""

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

HARMLESS = {"pause": "paused", "resume": "resumed", "step": "ran some steps", "epoch": "ran to the end of the epoch"}
HARMLESS |= {"evaluate": "evaluated", "checkpoint": "saved a checkpoint"}
"""Commands that do not affect the weights, with their descriptions."""

MAX_HARMLESS = 20

BRANCHES = {
    "learning_rate": 'set_learning_rate(kwargs["optimizer"], kwargs["lr_scheduler"], value)',
    "weight_decay": 'set_weight_decay(kwargs["optimizer"], value)',
    "stop": (
        "control.should_training_stop = True\n"
        "args.load_best_model_at_end = False  # a stopped run keeps its last weights, not the best ones"
    ),
}


FINITE_TRAINER = """
class NonfiniteLoss(Exception):
    pass


class FiniteTrainer({base}):
    \"""Skips a batch whose loss is NaN or infinite, before the backward pass.\"""

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
    """The interventions in a run.

    Args:
        changes: (step, what, value) in chronological order; the value is None for "stop".
        harmless: Step and description of commands that did not affect the weights.
        warnings: Reasons why the script may give different weights.
        skips_batches: Whether batches were skipped because their loss was not finite.
        set_after_evaluation: Whether a learning rate was set between a scheduled evaluation and the next step.
        begins: Step at which the run started; above 0 if it continued from a checkpoint.
        last: The last step.
        ended: How the run ended; None if it has not.
    """

    changes: list[tuple[int, str, Any]] = field(default_factory=list)
    harmless: list[tuple[int, str]] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    skips_batches: bool = False
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
            self.skips_batches = self._in_step = True
        elif isinstance(event, Commanded):
            self._command(event)
        elif isinstance(event, Split):
            self.warnings.append(f"memory ran out after step {event.step}, and batches were split into {event.parts}")
        elif isinstance(event, Ended):
            self.ended = event.status

    def _begin(self, event: Started) -> None:
        """Training starts. Discard the inherited events before it: their effects are in the checkpoint."""
        fresh = Interventions(begins=event.step, last=event.step)
        vars(self).update(vars(fresh))

    def _command(self, event: Commanded) -> None:
        if event.command == "set":
            self.changes += [(event.step, name, value) for name, value in event.values.items()]
            self.set_after_evaluation |= self._has_evaluated and "learning_rate" in event.values
        elif event.command == "stop" and self.stop is None:
            self.changes.append((event.step + self._in_step, "stop", None))  # during a step: takes effect at its end
        elif event.command in HARMLESS:
            self.harmless.append((event.step, HARMLESS[event.command]))
            self._has_evaluated &= event.command != "evaluate"


def read_interventions(events: Iterable[Event]) -> Interventions:
    """Collect the interventions from the events of a run."""
    found = Interventions()
    for event in events:
        found.add(event)
    if found.ended is None:
        found.warnings.append(f"the run had not ended when it was exported, after {found.last} steps")
    elif found.ended == "failed":
        found.warnings.append(f"the run failed after step {found.last}, and the script continues")
    elif found.ended != "finished" and found.stop is None and found.last > found.begins:
        found.changes.append((found.last, "stop", None))
    return found


def table(found: Interventions) -> str:
    """Source of the table `INTERVENTIONS`."""
    rows = [f"({step}, {literal(what)}, {value!r})," for step, what, value in found.changes]
    head = "INTERVENTIONS = [  # changes made by hand: (after step, what, new value)"
    return "\n".join([head, *(indented(row) for row in rows), "]"])


def harmless(found: Interventions) -> list[str]:
    """Comments about commands that did not affect the weights."""
    if not found.harmless:
        return []
    shown = [f"{step}: {what}" for step, what in found.harmless[:MAX_HARMLESS]]
    rest = len(found.harmless) - len(shown)
    more = [f"and {rest} more"] if rest else []
    return [
        "# Also done by hand, without effect on the weights (step: what):",
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
        '"""Repeats the interventions at the same steps."""',
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
    """The source of a function without `Any`, which the script does not import."""
    return source.replace(": Any", "").strip()
