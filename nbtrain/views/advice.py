"""Sentences about a run that nobody asked for but everybody needs: which weights it has, overfitting, how to resume."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from nbtrain import format
from nbtrain.config import Config
from nbtrain.events import disk
from nbtrain.events.best import LOSS
from nbtrain.events.state import RunState
from nbtrain.views.summary import Row, best_row, configuration, rows

MIN_RISING = 2
"""Number of evaluations that the validation loss must rise for; and at least `MIN_RISING_SHARE` of all."""

MIN_RISING_SHARE = 1 / 3
MIN_RISE = 1.1
"""The last validation loss is at least this multiple of the lowest."""

MAX_TRAINING = 0.9
"""The last training loss is at most this multiple of the one at the lowest validation loss."""


def sentences(state: RunState) -> list[str]:
    """What holds for the run now, each in a line."""
    of = rows(state)
    return [text for text in (weights(state, of), unevaluated(state), overfitting(state, of), resume(state)) if text]


def weights(state: RunState, of: Sequence[Row]) -> str:
    """Which weights an ended run has, if that is a question: there are at least two evaluations."""
    best, name = best_row(state, of), state.objective.main(dict.fromkeys(name for row in of for name in row.metrics))
    if not state.weights or best is None or len({row.step for row in of}) < 2:
        return ""
    held, at = format.count(state.weights), format.count(best.step)
    if best.step == state.weights:
        return f"Weights: those of step {held}, the best by {name}."
    words = f"Weights: those of step {held}" + (", the last" if state.weights == state.step else "")
    kept = best.step in {saved.step for saved in state.checkpoints} and _may_branch(state)
    branch = f" To continue from there: `run.branch(step={best.step})`." if kept else ""
    return f"{words}. The best by {name} was step {at}.{branch} To end with the best: `load_best_model_at_end = true`."


def unevaluated(state: RunState) -> str:
    """A sentence about a run that ended too early to have metrics; "" for others, and if none were wanted."""
    ended_early = state.status in ("interrupted", "stopped", "failed") and state.started is not None
    if not ended_early or state.evaluation_count or not _may_branch(state):
        return ""
    if Config(configuration(state))["eval_strategy"] == "no":
        return ""
    return "No metrics: the run ended before its first evaluation."


def overfitting(state: RunState, of: Sequence[Row]) -> str:
    """A sentence about a validation loss that has risen for long while the training loss fell; "" if it has not."""
    known = [row for row in of if _is_finite(row.metrics.get(LOSS)) and _is_finite(row.training_loss)]
    if len(known) < 2 * MIN_RISING:
        return ""
    losses = [row.metrics[LOSS] for row in known]
    turn = losses.index(min(losses))
    after = len(known) - 1 - turn
    lowest, last = known[turn], known[-1]
    if after < max(MIN_RISING, MIN_RISING_SHARE * len(known)) or losses[-1] < MIN_RISE * losses[turn]:
        return ""
    before, now = lowest.training_loss or 0.0, last.training_loss or 0.0
    if now > MAX_TRAINING * before:
        return ""
    return (
        f"Overfitting: since step {format.count(lowest.step)} the validation loss has risen from "
        f"{format.number(losses[turn])} to {format.number(losses[-1])}, while the training loss fell from "
        f"{format.number(before)} to {format.number(now)}. Train for fewer epochs, or set early_stopping_patience = 2."
    )


def resume(state: RunState) -> str:
    """How to continue a run that did not reach its end; "" if there is nothing to continue."""
    if state.status not in ("interrupted", "stopped", "failed") or not _may_branch(state) or state.started is None:
        return ""
    if state.max_steps and state.step >= state.max_steps:
        return ""
    return f"Resume: `%%finetune --resume {state.alias}`"


def size(directory: str) -> str:
    """What a run takes on the disk: "349 MB on disk"; "" if its directory is gone."""
    used = disk.size(Path(directory)) if directory else 0
    return f"{format.memory(used)} on disk" if used else ""


def _may_branch(state: RunState) -> bool:
    """Whether nbtrain can continue the run: it has a configuration. The Trainer of a watched one is the user's."""
    return bool(state.config.strip())


def _is_finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)
