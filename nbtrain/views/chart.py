"""The loss curve of a run as a matplotlib figure."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.events.series import Bin
from nbtrain.events.state import RunState
from nbtrain.views import chart_rules
from nbtrain.views.drawing import (
    DASHES,
    FONT,
    SETS,
    TRAINING,
    WARNING,
    axes_at,
    blank_figure,
    can_draw,
    draw_cuts,
    draw_exact,
    draw_noisy,
    draw_steps,
    encoded,
    last_step,
    legend,
    limit_to,
    points,
    show_empty,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def png(state: RunState, others: Sequence[RunState] = ()) -> bytes | None:
    """The figure of `figure` as PNG; None without matplotlib."""
    return encoded(figure(state, others)) if can_draw() else None


def figure(state: RunState, others: Sequence[RunState] = (), *, width: float = 7.2, height: float = 2.6) -> Figure:
    """Training and validation loss over the steps, with marks for epochs and commands.

    Args:
        state: The run.
        others: Runs to compare with, such as its parent; drawn fainter and behind it.
        width: Width in inches.
        height: Height in inches.

    Raises:
        RunError: matplotlib is not installed.
    """
    fig = blank_figure(width, height)
    axes = axes_at(fig, (0, 0, width, height))
    draw_losses(axes, state, others, width=width, height=height)
    legend(axes)
    return fig


def loss_names(state: RunState, others: Sequence[RunState]) -> list[str]:
    """What the legend has, at most."""
    return ["training loss, smoothed", *map(chart_rules.label_of, state.validation), *(other.run for other in others)]


def draw_losses(axes: Axes, state: RunState, others: Sequence[RunState], *, width: float, height: float) -> None:
    """Draw what `figure` shows on axes that `axes_at` has made, without the legend.

    Args:
        axes: The axes.
        state: The run.
        others: Runs to compare with.
        width: Width of the place, in inches.
        height: Height of the place, in inches.
    """
    draw_noisy(axes, state.curves["loss"].bins, "training loss")
    for (name, curve), color in zip(state.validation.items(), itertools.cycle(SETS)):
        draw_exact(axes, curve.bins, chart_rules.label_of(name), color)
    _draw_others(axes, others)
    end = max(1, *(last_step(one) for one in (state, *others)))
    _limit(axes, state, others, height)
    draw_steps(axes, state, end, width)
    _draw_broken(axes, state)


def _draw_others(axes: Axes, others: Sequence[RunState]) -> None:
    """Draw the smoothed curves of other runs, behind those of the run, with their IDs in the legend."""
    for other, dashes in zip(others, itertools.cycle(DASHES)):
        look: dict[str, Any] = {"alpha": 0.55, "linewidth": 1.2, "linestyle": dashes, "zorder": 1.5}
        steps, means = points(other.curves["loss"].bins)
        axes.plot(steps, chart_rules.smoothed(steps, means), color=TRAINING, label=other.run, **look)
        for curve, color in zip(other.validation.values(), itertools.cycle(SETS)):
            axes.plot(*points(curve.bins), color=color, **look)


def _limit(axes: Axes, state: RunState, others: Sequence[RunState], height: float) -> None:
    """Set the range of the loss axis."""
    curves = state.curves["loss"].bins, _evaluated(state)
    behind = [[bin.mean for bin in bins] for other in others for bins in (other.curves["loss"].bins, _evaluated(other))]
    if any((*curves, *behind)):
        low, high = chart_rules.value_range(*curves, behind)
        limit_to(axes, low, high, height)
        tops = [bin.high for bins in curves for bin in bins] + [value for values in behind for value in values]
        draw_cuts(axes, max(tops))
    else:
        show_empty(axes)


def _evaluated(state: RunState) -> list[Bin]:
    """The bins of all validation losses."""
    return [bin for curve in state.validation.values() for bin in curve.bins]


def _draw_broken(axes: Axes, state: RunState) -> None:
    """Shade the end of a run whose loss is not finite; the curve itself omits such steps."""
    if state.loss is None or math.isfinite(state.loss):
        return
    bins = state.curves["loss"].bins
    first = bins[-1].last if bins else 0
    axes.axvspan(first, state.step, color=WARNING, alpha=0.14, linewidth=0)
    axes.text(
        (first + state.step) / 2,
        0.5,
        f"loss is {state.loss}",
        transform=axes.get_xaxis_transform(),
        ha="center",
        va="center",
        color=WARNING,
        fontsize=FONT,
    )
