"""Annotations: the user's commands as sentences, as short labels, and as marks on the loss curve, for all views."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from msgspec.structs import replace

from nbtrain import format
from nbtrain.events import Commanded

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SENTENCES = {
    "pause": "paused",
    "resume": "resumed",
    "step": "ran {steps} steps",
    "epoch": "ran to the end of the epoch",
    "stop": "stopped",
    "evaluate": "evaluated",
    "checkpoint": "saved a checkpoint",
    "skip": "skipped a batch whose loss was not finite",
    "branch": "stopped to branch from step {step}",
}
SHORT_NAMES = {"learning_rate": "lr", "weight_decay": "decay"}

RANK = ("set", "stop", "branch", "skip", "evaluate", "checkpoint", "step", "epoch", "pause", "resume")
"""The commands, most important first."""

MOVES = frozenset({"step", "epoch", "pause", "resume"})
"""Commands that only pause and go on: they change nothing in the training."""

MAX_LABEL_LENGTH = 24
LETTER_WIDTH = 0.6
"""Width of a letter, as a share of the font size: slightly above the average."""

LABEL_GAP = 6.0
"""Points between a line and its label."""


def merged(commands: Iterable[Commanded]) -> list[Commanded]:
    """Merge `set` commands of the same step into one, so that dragging a slider counts as one change."""
    result: list[Commanded] = []
    for event in commands:
        last = result[-1] if result else None
        if last is not None and last.command == event.command == "set" and last.step == event.step:
            result[-1] = replace(event, values={**last.values, **event.values})
        else:
            result.append(event)
    return result


def marks(commands: Iterable[Commanded], *, moves: bool = True) -> list[tuple[int, str]]:
    """One mark per step with commands: the step and a short label, the most important command first.

    Args:
        commands: The commands.
        moves: Whether steps have a mark at which the user only paused and went on, as in `MOVES`.
    """
    by_step: dict[int, list[Commanded]] = {}
    for event in merged(commands):
        if moves or event.command not in MOVES:
            by_step.setdefault(event.step, []).append(event)
    return [(step, _mark(events)) for step, events in by_step.items()]


def _mark(events: list[Commanded]) -> str:
    """Labels in the order of `RANK`; moves are left out beside others, and beside a pause what ended it."""
    ordered = sorted(events, key=lambda event: RANK.index(event.command) if event.command in RANK else len(RANK))
    others = [event for event in ordered if event.command not in MOVES]
    return ", ".join(dict.fromkeys(label(event) for event in others or ordered[:1]))


def label(event: Commanded) -> str:
    """A short label for the curve: "lr 1e-5", "pause", "step 10"."""
    if event.command == "set":
        return ", ".join(f"{SHORT_NAMES.get(name, name)} {_number(value)}" for name, value in event.values.items())
    if event.command == "branch":
        return f"branch from {event.values.get('step')}"
    if event.command == "step":
        return f"step {event.values.get('steps', 1)}"
    return "save" if event.command == "checkpoint" else event.command


def sentence(event: Commanded) -> str:
    """A line for the record: "step 120: learning rate set to 1e-5"."""
    return f"step {format.count(event.step)}: {_describe(event)}"


def _describe(event: Commanded) -> str:
    if event.command == "set":
        return ", ".join(f"{name.replace('_', ' ')} set to {_number(value)}" for name, value in event.values.items())
    if event.command == "stop" and event.values.get("by") == "interrupt":
        return "interrupted"
    words = SENTENCES.get(event.command, event.command).format(
        steps=event.values.get("steps", 1), step=event.values.get("step")
    )
    return words.replace(" 1 steps", " 1 step")


def _number(value: object) -> str:
    return format.hyperparameter(value) if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Label:
    """A label at `step`, on the right or on the left of its line."""

    step: int
    text: str
    on_right: bool


def place_labels(marks: Sequence[tuple[int, str]], scale: float, width: float, letter: float) -> list[Label]:
    """The labels that fit without touching each other or a line; newer marks are placed first.

    Args:
        marks: Steps and labels.
        scale: Points per step.
        width: Width of the plot, in points.
        letter: Width of a letter, in points.
    """
    lines = [step * scale for step, _ in marks]
    placed: list[Label] = []
    taken: list[tuple[float, float]] = []
    for step, whole in reversed(marks):
        text = format.shorten(whole, MAX_LABEL_LENGTH)
        at, size = step * scale, len(text) * letter
        for on_right in (True, False):
            start = at + LABEL_GAP if on_right else at - LABEL_GAP - size
            end = start + size
            near, far = (at, end + 2) if on_right else (start - 2, at)
            crosses = any(near < line < far for line in lines)
            overlaps = any(
                start < other_end + LABEL_GAP and other_start < end + LABEL_GAP for other_start, other_end in taken
            )
            if start >= 0 and end <= width and not crosses and not overlaps:
                taken.append((start, end))
                placed.append(Label(step, text, on_right))
                break
    return placed[::-1]


def draw_marks(
    axes: Axes, marks: Sequence[tuple[int, str]], *, end: float, width: float, color: str, font: float
) -> None:
    """Draw a triangle, a vertical line and, if it fits, a label for each mark.

    Args:
        axes: Axes to draw on.
        marks: Steps and labels.
        end: The step at the right edge.
        width: Width of the plot, in points.
        color: Color of lines, triangles and labels.
        font: Font size of the labels, in points.
    """
    top = axes.get_xaxis_transform()
    for step, _ in marks:
        axes.axvline(step, color=color, alpha=0.8, linewidth=0.8, linestyle=(0, (4, 2)), zorder=2)
    steps = [step for step, _ in marks]
    heights = [0.985] * len(steps)
    axes.plot(steps, heights, transform=top, color=color, marker="v", markersize=5, linestyle="none", zorder=5)
    for label in place_labels(marks, width / end, width, LETTER_WIDTH * font):
        axes.annotate(
            label.text,
            (label.step, 0.985),
            xycoords=top,
            xytext=(LABEL_GAP if label.on_right else -LABEL_GAP, 0),
            textcoords="offset points",
            ha="left" if label.on_right else "right",
            va="center",
            color=color,
            fontsize=font,
            parse_math=False,
        )
