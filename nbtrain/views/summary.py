"""The content that all views share: status in words, evaluations as rows, the best of them, notes."""

from __future__ import annotations

import math
import time
import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nbtrain import format, tasks
from nbtrain.errors import DataError
from nbtrain.events import Commanded, Diagnosed, Phase, Prepared, TaskSpec, best
from nbtrain.events.best import LOSS
from nbtrain.events.series import Bin
from nbtrain.events.state import RunState
from nbtrain.views.annotations import MOVES, merged, sentence

MAX_SUBJECT_LENGTH = 60
MAX_NAME_LENGTH = 40
"""Metric names are truncated to this number of characters."""

RECENT_STEPS = 20
"""Number of newest steps over which the current training loss is averaged."""

PHASES = {
    "start": "starting",
    "load libraries": "loading PyTorch and Transformers (first time: about 10 s)",
    "read data": "loading data",
    "load data": "loading data",
    "load model": "loading model",
    "tokenize": "tokenizing",
    "check images": "checking images",
    "evaluate": "evaluating",
    "baselines": "computing baselines",
    "predict": "predicting",
    "save": "saving",
}
"""Descriptions of the phases of a run."""


@dataclass(frozen=True)
class Row:
    """One evaluation.

    Attributes:
        seconds: Run time until the evaluation.
        training_loss: Mean over the steps since the previous evaluation; None without steps, NaN without a finite
            loss.
        metrics: Values by name, without the Trainer's prefix; the loss is named "validation loss" and comes first.
    """

    step: int
    epoch: float
    seconds: float
    training_loss: float | None
    metrics: dict[str, float]


@dataclass(frozen=True)
class Note:
    """A sentence for the user. `level` is "note", "warning", "error" or "command"."""

    level: str
    text: str


def rows(state: RunState) -> list[Row]:
    """The evaluations in the state, oldest first."""
    bins = state.curves["loss"].bins
    ends = [bin.last for bin in bins]
    result: list[Row] = []
    for event in state.evaluations:
        before = max((row.step for row in result if row.step < event.step), default=0)
        loss = _mean_between(bins, ends, before, event.step)
        result.append(Row(event.step, event.epoch, event.time, loss, best.scores(event)))
    return result


def metric_names(of: Sequence[Row]) -> list[str]:
    """All metrics that occur in the rows: the validation loss first, then in order of appearance."""
    return best.metric_names(row.metrics for row in of)


def best_row(state: RunState, of: Sequence[Row], name: str | None = None) -> Row | None:
    """The row with the best value of metric `name` (default: the main metric); None if no row has a finite value."""
    index = state.objective.best_of([row.metrics for row in of], name)
    return None if index is None else of[index]


def marked_row(state: RunState, of: Sequence[Row]) -> Row | None:
    """The row that a table marks as the best; None if there are fewer than two."""
    return best_row(state, of) if len(of) > 1 else None


def title(state: RunState) -> str:
    """The run by name, with the two words that always mean it: "baseline (quiet-otter)"."""
    return f"{state.name} ({state.alias})" if state.name and state.name != state.alias else state.alias


def configuration(state: RunState) -> dict[str, Any]:
    """The keys of the run's configuration with their values; {} if it has none that can be read."""
    try:
        return tomllib.loads(state.config)
    except tomllib.TOMLDecodeError:
        return {}


def subject(state: RunState) -> list[str]:
    """Model and data of the run, as the cell names them; [] if there is no configuration."""
    values = configuration(state)
    data = values.get("dataset", values.get("train"))
    return [format.shorten(str(value), MAX_SUBJECT_LENGTH) for value in (values.get("model"), data) if value]


def status(state: RunState) -> str:
    """The status of the run in a few words: "Stopped at step 120 of 459"."""
    if state.status == "created":
        return "Not started"
    if state.status == "running":
        return _running(state)
    words = state.status.capitalize()
    if state.started is None:
        return words if state.status == "finished" else f"{words} before training"
    if state.status == "finished" and state.step >= state.max_steps:
        return words
    return f"{words} at {_position(state)}"


def _running(state: RunState) -> str:
    work = ""
    if state.phase is not None:
        total = f" of {format.count(state.phase.total)}" if state.phase.total else ""
        work = phase_name(state.phase)
        work += f" {format.count(state.phase.done)}{total}" if state.phase.done or total else ""
    if state.started is None:
        return f"Preparing: {work}" if work else "Preparing"
    return f"Running: {_position(state)}" + (f", {work}" if work else "")


def phase_name(phase: Phase) -> str:
    """What the run is doing, in a few words: "loading model"."""
    if phase.waits_for:
        return f"waiting for run {phase.waits_for}"
    return PHASES.get(phase.name, phase.name)


def _position(state: RunState) -> str:
    return f"step {format.count(state.step)}" + (f" of {format.count(state.max_steps)}" if state.max_steps else "")


def reason(state: RunState) -> str:
    """The reason why the run failed, in one line; "" if it did not fail."""
    lines = [line.strip() for line in state.error.splitlines() if line.strip()]
    return format.shorten(lines[0], 300) if lines else ""


def scores(state: RunState, of: Sequence[Row], limit: int = 3) -> list[tuple[str, str]]:
    """The newest results as (name, value), the main metric first; without an evaluation the training loss, as a mean
    over the newest steps: a chart shows that of the last one.
    """
    if not of:
        loss = newest_loss(state)
        return [] if loss is None else [("mean training loss", format.number(loss))]
    main = state.objective.main(metric_names(of))
    newest = sorted(of[-1].metrics.items(), key=lambda item: (item[0] != main, item[0] == LOSS))
    return [(format.shorten(name, MAX_NAME_LENGTH), format.number(value)) for name, value in newest[:limit]]


def newest_loss(state: RunState) -> float | None:
    """Mean over the newest steps, since a single step is noisy; the last value if it is not finite."""
    if state.loss is None or not math.isfinite(state.loss):
        return state.loss
    bins = state.curves["loss"].bins
    return _mean_between(bins, [bin.last for bin in bins], state.step - RECENT_STEPS, state.step)


def best_score(state: RunState, of: Sequence[Row]) -> str:
    """The best value of the main metric as text; "" if it is the newest one."""
    name = state.objective.main(metric_names(of))
    row = best_row(state, of, name)
    if row is None or name is None or row.metrics[name] == of[-1].metrics.get(name):
        return ""
    among = f" of the newest {len(of)} evaluations" if state.evaluation_count > len(of) else ""
    value, at = format.number(row.metrics[name]), format.count(row.step)
    return f"best {format.shorten(name, MAX_NAME_LENGTH)}{among} {value} at step {at}"


def compared(state: RunState, of: Sequence[Row]) -> str:
    """What simple answers reach by the metric of the run; "" if that is not known: "always answering `spam` gives
    accuracy 0.68, word counts 0.70".
    """
    simple = state.baselines
    main = None if simple is None else state.objective.compared(simple.metrics)
    if simple is None or main is None or not of:
        return ""
    name, constant, words = format.shorten(main, MAX_NAME_LENGTH), simple.constant.get(main), simple.words.get(main)
    answer = format.shorten(simple.answer, MAX_NAME_LENGTH)
    if constant is None:
        return "" if words is None else f"word counts give {name} {format.number(words)}"
    others = "" if words is None else f", word counts {format.number(words)}"
    return f"always answering {answer} gives {name} {format.number(constant)}{others}"


def baselines(state: RunState) -> list[tuple[str, dict[str, float]]]:
    """The first rows of a table of evaluations: what simple answers reach, each with its name."""
    return [] if state.baselines is None else state.baselines.lines


def effort(state: RunState) -> list[str]:
    """Amount and speed of the training: steps, epochs, run time, examples per second; unknown values are omitted."""
    if state.started is None:
        return [format.duration(state.time)] if state.time >= 1 else []
    [epochs] = format.epochs([state.epoch])
    facts = [
        f"{format.count(state.step)} step{'' if state.step == 1 else 's'}",
        f"{epochs} epoch{'' if epochs == '1' else 's'}",
    ]
    facts.append(format.duration(state.time))
    if state.examples_per_second > 0:
        facts.append(f"{format.rate(state.examples_per_second)} examples/s")
    if state.seconds_left is not None:
        facts.append(f"{format.duration(state.seconds_left)} left")
    return [*facts, date] if (date := started_at(state)) else facts


def started_at(state: RunState) -> str:
    """When the run began, in local time: "2026-01-31 14:05"; "" if that is not known."""
    return "" if state.environment is None else format_date(state.environment.began)


def format_date(seconds: float) -> str:
    """A time in seconds since 1970 as local time, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds))


def details(state: RunState) -> list[str]:
    """What one needs to repeat the run and seldom reads, a line each: versions, the device, long notes in full."""
    found: list[str] = []
    if (on := state.environment) is not None:
        versions = ", ".join(f"{name} {version}" for name, version in on.versions.items())
        found += [text for text in (f"Device: {on.device}" if on.device else "", f"Versions: {versions}") if text]
    notes = state.prepared.notes if state.prepared else []
    return [*found, *(long for _, line, long in (note.partition("\n") for note in notes) if line)]


def setup(prepared: Prepared) -> list[str]:
    """The setup of the training: task, columns, classes, examples per split, what becomes of an input."""
    spec = prepared.spec
    facts = [spec.task.replace("_", " ")]
    if spec.inputs and spec.target:
        facts.append(f"{' + '.join(spec.inputs)} -> {format.listed(spec.target)}")
    if spec.labels:
        facts.append(f"classes {format.listed(spec.shown_names)}")
    facts += [f"{split} {format.count(size)}" for split, size in prepared.sizes.items()]
    described = _described(spec)
    return [*facts, described] if described else facts


def _described(spec: TaskSpec) -> str:
    """What becomes of an input; "" for a task of a package that is not installed here."""
    try:
        return tasks.get(spec.task).describe(spec)
    except DataError:
        return ""


def notes(state: RunState) -> list[Note]:
    """Notes about automatic choices (the first line of each), then warnings and commands in chronological order."""
    result = [Note("note", text.partition("\n")[0]) for text in (state.prepared.notes if state.prepared else [])]
    result += [Note("note", text) for text in [_note_on_words(state)] if text]
    commands = [event for event in merged(state.commands) if event.command not in MOVES]
    events: list[Diagnosed | Commanded] = [*state.messages, *commands]
    for event in sorted(events, key=lambda event: event.time):
        if isinstance(event, Commanded):
            result.append(Note("command", sentence(event)))
        else:
            at = f"step {format.count(event.step)}: " if event.step else ""
            result.append(Note(event.level, at + " ".join(event.message.split())))
    return list(dict.fromkeys(result))


def _note_on_words(state: RunState) -> str:
    """What is special about the word counts of the baselines; "" if nothing is."""
    simple, rows = state.baselines, state.prepared.sizes.get("train", 0) if state.prepared else 0
    if simple is None or not (simple.skipped or 0 < simple.rows < rows):
        return ""
    if simple.skipped:
        return f"Word counts are left out of the baselines: {simple.skipped}."
    return f"Word counts: a linear model on {format.count(simple.rows)} of {format.count(rows)} training rows."


def _mean_between(bins: Sequence[Bin], ends: Sequence[int], after: int, until: int) -> float | None:
    """Mean of the points with `after` < step <= `until`, as precisely as the bins allow."""
    if until <= after:
        return None
    total, weight = 0.0, 0
    for bin in bins[bisect_right(ends, after) :]:
        if bin.first > until:
            break
        total += bin.total
        weight += bin.count
    return total / weight if weight else math.nan
