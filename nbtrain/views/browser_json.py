"""The parts of a `RunState` that are sent to the browser: small, and valid JSON without NaN or infinity."""

from __future__ import annotations

import json
import math
from itertools import islice
from typing import TYPE_CHECKING, Any

from nbtrain.events.best import LOSS, metric_names, scores
from nbtrain.views import summary
from nbtrain.views.annotations import marks as marks_of
from nbtrain.views.browser_types import Baseline, FullHead, Head, Mark, Message, PhaseData, Row
from nbtrain.views.diagnosis import diagnose
from nbtrain.views.selection import fit
from nbtrain.views.summary import configuration, phase_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nbtrain.events import Commanded, Diagnosed, Evaluated, Phase
    from nbtrain.events.series import Curve
    from nbtrain.events.state import RunState

MAX_METRICS = 40
MAX_MESSAGES = 5
MAX_PROBLEMS = 3
MAX_MESSAGE_LENGTH = 500
MAX_ERROR_LENGTH = 600
MAX_NAME_LENGTH = 60
MAX_MARKS = 100

MAX_BRIEF_BYTES = 3_000
"""Maximum size of a run's summary in the list of runs."""
MAX_BRIEF_METRICS = 8
MAX_SPARKLINE_POINTS = 60


def head(state: RunState) -> FullHead:
    """Status and progress: the numbers above the curve."""
    return {
        "name": _short(summary.title(state), MAX_NAME_LENGTH),
        "subject": [_short(text, MAX_NAME_LENGTH) for text in summary.subject(state)],
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
        "error": _short(state.error, MAX_ERROR_LENGTH),
        "reason": _short(state.pause_reason, MAX_ERROR_LENGTH),
        "weight_decay": number(state.weight_decay),
        "parts": state.parts,
        "checkpoints": [saved.step for saved in state.checkpoints],
    }


def brief(state: RunState) -> dict[str, Any]:
    """The run's entry in a list of runs: at most `MAX_BRIEF_BYTES`, however long its names and errors are."""
    newest_metrics = row(0, state.evaluations[-1])["metrics"] if state.evaluations else {}
    full = head(state)
    spark = means(state.curves["loss"], MAX_SPARKLINE_POINTS)

    def truncated(length: int) -> dict[str, Any]:
        fields = {name: _shortened(value, length) for name, value in full.items() if name in Head.__annotations__}
        first = islice(newest_metrics.items(), MAX_BRIEF_METRICS)
        metrics = {_short(name, length): _shortened(value, length) for name, value in first}
        return {"run": state.run, "head": fields, "spark": spark, "metrics": metrics}

    def fits(entry: dict[str, Any]) -> bool:
        return len(json.dumps(entry, ensure_ascii=False).encode()) <= MAX_BRIEF_BYTES

    return fit((300, 80, 12), truncated, fits)


def means(curve: Curve, max_points: int) -> list[float | None]:
    """The curve as at most `max_points` means of neighbouring points; null if a mean is not finite."""
    bins = list(curve.bins)
    width = max(1, math.ceil(len(bins) / max_points))
    groups = (bins[start : start + width] for start in range(0, len(bins), width))
    values = (sum(bin.total for bin in group) / sum(bin.count for bin in group) for group in groups)
    return [float(f"{value:.5g}") if math.isfinite(value) else None for value in values]


def row(count: int, evaluation: Evaluated) -> Row:
    """The table row of evaluation number `count`, counted from 1."""
    names = list(evaluation.metrics)
    metrics = {_metric_label(name): number(evaluation.metrics[name]) for name in names[:MAX_METRICS]}
    return {"number": count, "step": evaluation.step, "epoch": number(evaluation.epoch), "metrics": metrics}


def baselines(state: RunState, limit: int = MAX_METRICS) -> list[Baseline]:
    """The rows of what simple answers reach, which come before those of the evaluations."""
    return [
        {
            "title": _short(title, MAX_NAME_LENGTH),
            "metrics": {_metric_label(name): number(value) for name, value in islice(metrics.items(), limit)},
        }
        for title, metrics in summary.baselines(state)
    ]


def best_row(state: RunState) -> int | None:
    """The number of the row with the best evaluation; None if there are fewer than two."""
    evaluations = state.evaluations
    best = state.objective.best_of(list(map(scores, evaluations))) if len(evaluations) > 1 else None
    return None if best is None else state.evaluation_count - len(evaluations) + 1 + best


def best_metric(state: RunState) -> str:
    """The main metric, by which the best evaluation is chosen; "" without one."""
    name = state.objective.main(metric_names(list(map(scores, state.evaluations)))) or ""
    return _short("loss" if name == LOSS else name, MAX_NAME_LENGTH)


def title(state: RunState) -> str:
    """Model and data of a run in a few words: "bert-base-cased · glue/mrpc"; "" if its configuration names none."""
    config = configuration(state)
    named = [config.get("model"), config.get("dataset") or config.get("train")]
    return " · ".join(_short(name, MAX_NAME_LENGTH) for name in named if isinstance(name, str))


def newest(messages: Sequence[Diagnosed]) -> list[Message]:
    """The newest messages in chronological order: notes never displace warnings."""
    latest = sorted(range(len(messages)), key=lambda index: (messages[index].level == "note", -index))
    warnings = [index for index in latest if messages[index].level != "note"][: MAX_MESSAGES - 1]
    notes = [index for index in latest if messages[index].level == "note"][: MAX_MESSAGES - len(warnings)]
    chosen = [messages[index] for index in sorted(warnings + notes)]
    return [{"level": one.level, "text": _short(one.message, MAX_MESSAGE_LENGTH), "step": one.step} for one in chosen]


def problems(state: RunState) -> list[Message]:
    """What is wrong with the run, the most important first. What one should only know is in its record."""
    found = [one for one in diagnose(state) if one.level != "note"][:MAX_PROBLEMS]
    said: list[Message] = [
        {"level": one.level, "text": _short(one.sentence, MAX_MESSAGE_LENGTH), "step": 0, "branch": one.branch}
        for one in found
    ]
    return said


def marks(commands: Sequence[Commanded], *, moves: bool = True) -> list[Mark]:
    """The newest marks on the curve; with `moves` also where the user only paused and went on."""
    newest = marks_of(commands, moves=moves)[-MAX_MARKS:]
    return [{"step": step, "label": _short(label, MAX_NAME_LENGTH)} for step, label in newest]


def number(value: Any) -> float | str | None:
    """`value` with 7 significant digits; as a string if it is not finite, since JSON has no "nan", "inf", "-inf"."""
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return _short(str(value), MAX_NAME_LENGTH)
    return float(f"{number:.7g}") if math.isfinite(number) else repr(number)


def _phase(phase: Phase) -> PhaseData:
    waits_for = _short(phase.waits_for, MAX_NAME_LENGTH)
    return {
        "name": _short(phase_name(phase), MAX_NAME_LENGTH),
        "done": phase.done,
        "total": phase.total,
        "waits_for": waits_for,
    }


def _metric_label(metric: str) -> str:
    return _short(metric.removeprefix("eval_"), MAX_NAME_LENGTH)


def _shortened(value: Any, length: int) -> Any:
    """`value`, with all strings in it truncated to `length`."""
    if isinstance(value, dict):
        return {name: _shortened(inner, length) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shortened(inner, length) for inner in value]
    return _short(value, length) if isinstance(value, str) else value


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
