"""What of a `RunState` goes to the browser: small, and without a number that is no JSON."""

from __future__ import annotations

import json
import math
from itertools import islice
from typing import TYPE_CHECKING, Any

from nbtrain.events.best import best_of, scores
from nbtrain.views.commands import marks as marks_of
from nbtrain.views.selection import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbtrain.events import Commanded, Diagnosed, Evaluated, Phase
    from nbtrain.events.series import Curve
    from nbtrain.events.state import RunState

MOST_METRICS = 40
MOST_MESSAGES = 5
MESSAGE_LENGTH = 500
ERROR_LENGTH = 600
NAME_LENGTH = 60
MOST_MARKS = 100

BRIEF_BYTES = 3_000
"""Most of a run in brief."""
BRIEF_HEAD = (
    *("status", "phase", "step", "max_steps", "epoch", "epochs", "loss", "learning_rate", "examples_per_second"),
    *("seconds_left", "time", "error", "reason"),
)
BRIEF_METRICS = 8
SPARKS = 60


def head(state: RunState) -> dict[str, Any]:
    """The numbers above the curve."""
    return {
        "status": state.status,
        "phase": _phase(state.phase) if state.phase else None,
        "step": state.step,
        "max_steps": state.max_steps,
        "epoch": number(state.epoch),
        "epochs": number(state.epochs),
        "loss": number(state.loss),
        "learning_rate": number(state.learning_rate),
        "examples_per_second": number(state.examples_per_second),
        "seconds_left": number(state.seconds_left),
        "time": number(state.time),
        "error": _short(state.error, ERROR_LENGTH),
        "reason": _short(state.pause_reason, ERROR_LENGTH),
        "weight_decay": number(state.weight_decay),
        "parts": state.parts,
        "checkpoints": [saved.step for saved in state.checkpoints],
    }


def brief(state: RunState) -> dict[str, Any]:
    """The run in a line: what a list of runs says of it, at most `BRIEF_BYTES`, however long its names and errors."""
    newest_metrics = row(0, state.evaluations[-1])["metrics"] if state.evaluations else {}
    full = head(state)
    spark = means(state.curves["loss"], SPARKS)

    def cut(length: int) -> dict[str, Any]:
        told = {name: _shortened(full[name], length) for name in BRIEF_HEAD}
        first = islice(newest_metrics.items(), BRIEF_METRICS)
        metrics = {_short(name, length): _shortened(value, length) for name, value in first}
        return {"run": state.run, "head": told, "spark": spark, "metrics": metrics}

    return fit((300, 80, 12), cut, lambda told: len(json.dumps(told, ensure_ascii=False).encode()) <= BRIEF_BYTES)


def means(curve: Curve, most: int) -> list[float | None]:
    """The curve as at most `most` means of neighbouring points; null where one is not finite."""
    bins = list(curve.bins)
    width = max(1, math.ceil(len(bins) / most))
    groups = (bins[start : start + width] for start in range(0, len(bins), width))
    values = (sum(bin.total for bin in group) / sum(bin.count for bin in group) for group in groups)
    return [float(f"{value:.5g}") if math.isfinite(value) else None for value in values]


def row(count: int, evaluation: Evaluated) -> dict[str, Any]:
    """The table's row for the evaluation with number `count`, from 1."""
    names = list(evaluation.metrics)
    metrics = {_shown(name): number(evaluation.metrics[name]) for name in names[:MOST_METRICS]}
    return {"number": count, "step": evaluation.step, "epoch": number(evaluation.epoch), "metrics": metrics}


def best_row(state: RunState) -> int | None:
    """The number of the row that a table marks as the best, once there are two to compare."""
    evaluations = state.evaluations
    best = best_of(list(map(scores, evaluations))) if len(evaluations) > 1 else None
    return None if best is None else state.evaluation_count - len(evaluations) + 1 + best


def newest(messages: Sequence[Diagnosed]) -> list[dict[str, Any]]:
    """The newest messages in their order: a warning gives way to other warnings only."""
    latest = sorted(range(len(messages)), key=lambda index: (messages[index].level == "note", -index))
    warnings = [index for index in latest if messages[index].level != "note"][: MOST_MESSAGES - 1]
    notes = [index for index in latest if messages[index].level == "note"][: MOST_MESSAGES - len(warnings)]
    chosen = [messages[index] for index in sorted(warnings + notes)]
    return [{"level": one.level, "text": _short(one.message, MESSAGE_LENGTH), "step": one.step} for one in chosen]


def marks(commands: Sequence[Commanded]) -> list[dict[str, Any]]:
    """The newest commands, as they stand on the curve."""
    return [{"step": step, "label": _short(label, NAME_LENGTH)} for step, label in marks_of(commands)[-MOST_MARKS:]]


def number(value: Any) -> float | str | None:
    """`value` with 7 significant digits. What is not finite is no JSON, and goes as its name: "nan", "inf", "-inf"."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return _short(str(value), NAME_LENGTH)
    return float(f"{number:.7g}") if math.isfinite(number) else repr(number)


def _phase(phase: Phase) -> dict[str, Any]:
    waits_for = _short(phase.waits_for, NAME_LENGTH)
    return {"name": _short(phase.name, NAME_LENGTH), "done": phase.done, "total": phase.total, "waits_for": waits_for}


def _shown(metric: str) -> str:
    return _short(metric.removeprefix("eval_"), NAME_LENGTH)


def _shortened(value: Any, length: int) -> Any:
    """`value`, with the texts in it cut to `length`."""
    if isinstance(value, dict):
        return {name: _shortened(inner, length) for name, inner in value.items()}
    return _short(value, length) if isinstance(value, str) else value


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
