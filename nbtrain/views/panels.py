"""Every curve of a run as a matplotlib figure: a panel for each tab of the live panel's chart.

The rules are those of the tabs, in `labextension/src/chart/series.ts`: which curves belong together, which have a value
for each step and are smoothed, and what the value axis must show.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain import format
from nbtrain.errors import RunError, closest
from nbtrain.events.series import Bin
from nbtrain.events.state import METRIC, RunState
from nbtrain.views import chart_rules
from nbtrain.views.chart import draw_losses, loss_names
from nbtrain.views.drawing import (
    DASHES,
    FONT,
    MARGIN,
    SETS,
    TRAINING,
    axes_at,
    blank_figure,
    draw_cuts,
    draw_exact,
    draw_noisy,
    draw_steps,
    last_step,
    legend,
    limit_to,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LOSS = "loss"
METRICS = "metrics"
CURVES: dict[str, tuple[tuple[str, str, bool], ...]] = {
    "learning_rate": (("learning_rate", "learning rate", False),),
    "grad_norm": (("grad_norm", "gradient norm", True),),
    "speed": (("examples_per_second", "examples/s", True),),
    "memory": (("memory", "process memory, GB", False), ("device_memory", "device memory, GB", False)),
}
"""The panels beside those of losses and metrics, with their curves: key in the state, name, whether it is smoothed."""

COLORS = (TRAINING, *SETS)
LINES = ("solid", *DASHES)
MARKERS = "osvD"
"""Curves differ in more than their color."""

WIDTH = 7.2
HEIGHT = 2.6
SMALL_HEIGHT = 2.1
"""Inches: of the figure, of a panel over its whole width, and of one of two beside each other."""

LEGEND_LINES = 2
LINE_HEIGHT = 0.16
"""Lines of a legend for which there is room above a panel, and the height of each further one, in inches."""

MAX_NAME_LENGTH = 30
LETTER = 0.6 * FONT / 72
SWATCH = 0.4
"""Inches: a letter of a legend, slightly above the average, and what stands before a name."""


@dataclass(frozen=True)
class Series:
    """A curve of a panel.

    Args:
        name: What the legend calls it.
        bins: Its values.
        noisy: Whether it has a value for each step, and is smoothed; the others are drawn with points.
    """

    name: str
    bins: Sequence[Bin]
    noisy: bool


def names(state: RunState) -> list[str]:
    """The panels that have data; "loss" in any case."""
    return [name for name in (LOSS, METRICS, *CURVES) if name == LOSS or series_of(state, name)]


def series_of(state: RunState, panel: str) -> list[Series]:
    """The curves of a panel, other than that of the losses, that have data."""
    if panel == METRICS:
        found = [(name.removeprefix(METRIC), name, False) for name in state.curves if name.startswith(METRIC)]
    else:
        found = [(name, key, noisy) for key, name, noisy in CURVES[panel]]
    curves = [(name, state.curves.get(key), noisy) for name, key, noisy in found]
    return [
        Series(format.shorten(name, MAX_NAME_LENGTH), curve.bins, noisy)
        for name, curve, noisy in curves
        if curve is not None and curve.bins
    ]


def figure(state: RunState, wanted: Sequence[str], others: Sequence[RunState] = ()) -> Figure:
    """Panels below and beside each other.

    Args:
        state: The run.
        wanted: Their names; "all" stands for all that have data.
        others: Runs to compare with; their losses are drawn, too.

    Raises:
        RunError: There is no panel of such a name, or it has no data; or matplotlib is not installed.
    """
    known = names(state)
    for name in wanted:
        _check(name, known)
    shown = list(dict.fromkeys(one for name in wanted for one in (known if name == "all" else [name])))
    rows = _rows(shown)
    legends = [[_columns(state, name, others, WIDTH / len(row)) for name in row] for row in rows]
    extra = [max(lines for _, lines in row) * LINE_HEIGHT for row in legends]
    heights = [(HEIGHT if len(row) == 1 else SMALL_HEIGHT) + more for row, more in zip(rows, extra, strict=True)]
    fig = blank_figure(WIDTH, sum(heights))
    bottom = sum(heights)
    for row, height, more, columns in zip(rows, heights, extra, legends, strict=True):
        bottom, width = bottom - height, WIDTH / len(row)
        for at, name in enumerate(row):
            axes = axes_at(fig, (at * width, bottom, width, height - more))
            if name == LOSS:
                draw_losses(axes, state, others, width=width, height=height - more)
            else:
                _draw(axes, state, series_of(state, name), width, height - more)
            legend(axes, columns[at][0], above=more)
    return fig


def _check(name: str, known: Sequence[str]) -> None:
    """Raises RunError if there is no panel of this name, or if the run has no values for it."""
    allowed = ["all", LOSS, METRICS, *CURVES]
    if name not in allowed:
        match = closest(str(name), allowed) or "all"
        raise RunError(
            f'`plot`: there is no curve "{name}". Allowed: {", ".join(allowed)}.\n    Write run.plot("{match}").'
        )
    if name not in ("all", *known):
        raise RunError(
            f'`plot`: the run has no values of "{name}". It has: {", ".join(known)}.\n    Write run.plot("all").'
        )


def _columns(state: RunState, panel: str, others: Sequence[RunState], width: float) -> tuple[int, int]:
    """In how many columns the names of a panel's curves are written, and how many lines too much that makes."""
    names = [one.name for one in series_of(state, panel)] if panel != LOSS else loss_names(state, others)
    widest = max(map(len, names), default=0) * LETTER + SWATCH
    columns = max(1, int((width - MARGIN) / widest))
    return columns, max(0, -(-len(names) // columns) - LEGEND_LINES)


def _rows(shown: Sequence[str]) -> list[list[str]]:
    """Two panels in a row; the first alone if their number is odd."""
    first, rest = (list(shown[:1]), shown[1:]) if len(shown) % 2 else ([], shown)
    return [*([first] if first else []), *([one, other] for one, other in zip(rest[::2], rest[1::2], strict=True))]


def _draw(axes: Axes, state: RunState, series: Sequence[Series], width: float, height: float) -> None:
    looks: Any = zip(itertools.cycle(COLORS), itertools.cycle(LINES), itertools.cycle(MARKERS))
    for one, (color, line, marker) in zip(series, looks, strict=False):
        if one.noisy:
            draw_noisy(axes, one.bins, one.name, color)
        else:
            draw_exact(axes, one.bins, one.name, color, line, marker)
    noisy, exact = ([bin for one in series if one.noisy is kind for bin in one.bins] for kind in (True, False))
    low, high = chart_rules.value_range(noisy, exact)
    limit_to(axes, low, high, height)
    draw_cuts(axes, max(bin.high for one in series for bin in one.bins))
    draw_steps(axes, state, max(1, last_step(state)), width)
