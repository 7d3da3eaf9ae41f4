"""Where the user steered a run, on its curve: a line for each step, with labels that do not run into each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nbtrain import format

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LONGEST = 24
LETTER = 0.6
"""Width of a letter, as a share of the font size: a little more than it has on average."""

CLEAR = 6.0
"""Points between a line and a label beside it."""


@dataclass(frozen=True)
class Label:
    """A label at `step`, which stands on the right or on the left of its line."""

    step: int
    text: str
    on_right: bool


def labels(marks: Sequence[tuple[int, str]], scale: float, width: float, letter: float) -> list[Label]:
    """The labels that have room; those of newer marks come first.

    Args:
        marks: Steps and labels.
        scale: Points per step.
        width: Points that the plot is wide.
        letter: Points that a letter is wide.
    """
    lines = [step * scale for step, _ in marks]
    placed: list[Label] = []
    taken: list[tuple[float, float]] = []
    for step, whole in reversed(marks):
        text = format.shorten(whole, LONGEST)
        at, size = step * scale, len(text) * letter
        for on_right in (True, False):
            start = at + CLEAR if on_right else at - CLEAR - size
            end = start + size
            near, far = (at, end + 2) if on_right else (start - 2, at)
            crosses = any(near < line < far for line in lines)
            overlaps = any(start < other_end + CLEAR and other_start < end + CLEAR for other_start, other_end in taken)
            if start >= 0 and end <= width and not crosses and not overlaps:
                taken.append((start, end))
                placed.append(Label(step, text, on_right))
                break
    return placed[::-1]


def draw(axes: Axes, marks: Sequence[tuple[int, str]], *, end: float, width: float, color: str, font: float) -> None:
    """Draw a small triangle, a line and, where there is room, a label for each mark.

    Args:
        axes: Where.
        marks: Steps and labels.
        end: The step at the right edge.
        width: Points that the plot is wide.
        color: Of everything.
        font: Size of the labels.
    """
    top = axes.get_xaxis_transform()
    for step, _ in marks:
        axes.axvline(step, color=color, alpha=0.8, linewidth=0.8, linestyle=(0, (4, 2)), zorder=2)
    steps = [step for step, _ in marks]
    heights = [0.985] * len(steps)
    axes.plot(steps, heights, transform=top, color=color, marker="v", markersize=5, linestyle="none", zorder=5)
    for label in labels(marks, width / end, width, LETTER * font):
        axes.annotate(
            label.text,
            (label.step, 0.985),
            xycoords=top,
            xytext=(CLEAR if label.on_right else -CLEAR, 0),
            textcoords="offset points",
            ha="left" if label.on_right else "right",
            va="center",
            color=color,
            fontsize=font,
            parse_math=False,
        )
