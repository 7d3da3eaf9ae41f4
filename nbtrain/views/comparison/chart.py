"""The loss curves of several runs in one figure, each in its own color."""

from __future__ import annotations

import io
import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain import format
from nbtrain.events.state import RunState
from nbtrain.views.chart_rules import axis_range, smoothed, top_without_outliers
from nbtrain.views.drawing import (
    FONT,
    INK,
    blank_figure,
    clip_vertically,
    last_step,
    limit_steps,
    limit_to,
    points,
    show_empty,
    style,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLORS = ("#3f8fd6", "#e8833a", "#9575cd", "#26a69a", "#d4568a", "#9e9d24", "#a1887f", "#d9534f")
"""Of medium brightness, to be visible in light and dark themes."""

OUTLIER_FACTOR = 3.0
"""Curves above this multiple of the median are clipped at the top."""

LEGEND_ROW_HEIGHT = 0.19
"""Height of a row of the legend, in inches."""
MAX_COLUMNS = 4
LETTER = 0.6
LEGEND_PADDING = 24.0
"""Width of a letter as a share of the font size, and padding of a name in the legend, in points."""
MAX_NAME_LENGTH = 44
MAX_MARKERS = 12
"""Maximum number of markers per curve."""
VALIDATION = "validation loss"
SWATCH_SIZE = (9, 2)
"""Pixels of a swatch image, which is displayed larger."""


@dataclass(frozen=True)
class NamedRun:
    """A run with its display name and color, and the keys in which it differs from the others."""

    name: str
    state: RunState
    color: str
    changes: str = ""

    @property
    def label(self) -> str:
        """Its name in the legend: "second: lr 1e-4"."""
        return format.shorten(f"{self.name}: {self.changes}" if self.changes else self.name, MAX_NAME_LENGTH)


def color(index: int) -> str:
    """The color of run number `index`."""
    return COLORS[index % len(COLORS)]


def figure(runs: Sequence[NamedRun], *, width: float = 7.2, height: float = 2.9) -> Figure:
    """Training losses (thin) and validation losses (with markers) over the steps; over the epochs, if the runs have
    different numbers of steps per epoch.

    Args:
        runs: The runs.
        width: Width in inches.
        height: Height in inches, with one row of the legend; more rows make it higher.

    Raises:
        RunError: matplotlib is not installed.
    """
    columns = _legend_columns(runs, (width - 0.78) * 72)
    rows = math.ceil((len(runs) + 2) / columns)
    height += LEGEND_ROW_HEIGHT * (rows - 1)
    fig = blank_figure(width, height)
    bottom, top = 0.44, 0.1 + LEGEND_ROW_HEIGHT * rows
    axes = fig.add_axes(
        (0.62 / width, bottom / height, 1 - 0.78 / width, 1 - (bottom + top) / height), facecolor="none"
    )
    style(axes)
    states = [run.state for run in runs]
    over_epochs = _lengths_differ(states)
    for run in runs:
        _draw(axes, run, _epochs_per_step(run.state) if over_epochs else 1.0)
    ends = (last_step(one) * (_epochs_per_step(one) if over_epochs else 1) for one in states)
    limit_steps(axes, max([1e-9, *ends]), width)
    if over_epochs:
        axes.set_xlabel("epoch", color=INK, fontsize=FONT, labelpad=2)
    _limit(axes, height)
    _legend(fig, runs, columns, 0.62 / width)
    return fig


def swatch(of: str) -> bytes:
    """A tiny PNG of one color, displayed next to a name. Unlike a style, no front end removes it."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", SWATCH_SIZE, of).save(buffer, format="png")
    return buffer.getvalue()


def _draw(axes: Axes, run: NamedRun, scale: float) -> None:
    bins = run.state.curves["loss"].bins
    steps, means = points(bins)
    few: dict[str, Any] = {"marker": "o", "markersize": 2.5} if len(bins) < 3 else {}
    if bins:
        at = [step * scale for step in steps]
        axes.plot(at, smoothed(steps, means), color=run.color, linewidth=1.0, alpha=0.8, **few)
    for curve in run.state.validation.values():
        look: dict[str, Any] = {"marker": "o", "markersize": 4, "markevery": _marked(len(curve.bins))}
        steps, means = points(curve.bins)
        ends = [step * scale for step in steps]
        [line] = axes.plot(ends, means, color=run.color, linewidth=1.8, zorder=4, **look)
        clip_vertically(axes, line)


def _marked(points: int) -> tuple[int, int]:
    """Which points have a marker, as (first, stride), so that the last one has one. Markers on all points of several
    curves would look like bands.
    """
    every = max(1, math.ceil(points / MAX_MARKERS))
    return (points - 1) % every if points else 0, every


def _limit(axes: Axes, height: float) -> None:
    """Set the range of the loss axis, so that a diverged run does not flatten the others."""
    import numpy as np

    curves: list[list[float]] = [np.asarray(line.get_ydata(), dtype=float).tolist() for line in axes.lines]
    curves = [curve for curve in curves if curve]
    if not curves:
        show_empty(axes)
        return
    tops = [top_without_outliers(values, 0.0) for values in curves]
    usual = [top for top in tops if top <= OUTLIER_FACTOR * abs(statistics.median(tops))] or tops
    limit_to(axes, *axis_range(min(map(min, curves)), max(usual)), height)


def _legend_columns(runs: Sequence[NamedRun], width: float) -> int:
    """The number of legend columns that fit into `width` points."""
    longest = max(format.columns(label) for label in (*(run.label for run in runs), VALIDATION))
    return min(MAX_COLUMNS, max(1, int(width / (longest * LETTER * FONT + LEGEND_PADDING))))


def _legend(fig: Figure, runs: Sequence[NamedRun], columns: int, left: float) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=run.color, linewidth=3, label=run.label) for run in runs]
    handles.append(Line2D([], [], color=INK, linewidth=1.0, label="training loss"))
    handles.append(Line2D([], [], color=INK, linewidth=1.8, marker="o", markersize=4, label=VALIDATION))
    legend = fig.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(left - 0.008, 0.995),
        ncols=columns,
        frameon=False,
        fontsize=FONT,
        borderpad=0,
        labelcolor=INK,
        handlelength=1.4,
        handletextpad=0.5,
        columnspacing=1.6,
        labelspacing=0.35,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def _lengths_differ(states: Sequence[RunState]) -> bool:
    lengths = [1 / share for share in map(_epochs_per_step, states) if share]
    return bool(lengths) and max(lengths) > 1.01 * min(lengths)


def _epochs_per_step(state: RunState) -> float:
    return state.epoch / state.step if state.step else 0.0
