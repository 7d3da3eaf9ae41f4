"""The loss curve of a run as a matplotlib figure: transparent, in colors that are legible in light and dark themes."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain import format
from nbtrain.errors import RunError
from nbtrain.events.series import Bin, Curve
from nbtrain.events.state import RunState
from nbtrain.views import chart_rules
from nbtrain.views.annotations import draw_marks, marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

TRAINING = "#3f8fd6"
VALIDATION = "#e8833a"
SETS = (VALIDATION, "#8e6bbf", "#2a9d8f", "#c2528b")
"""The colors of the validation losses of several evaluation sets."""

WARNING = "#d9534f"
INK = "#85898f"
FONT = 8.5

PIXELS_PER_INCH = 100
"""Resolution of the displayed chart; the PNG has twice as many."""

DASHES = ((0, (4, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)))
"""Line styles of the other runs in a chart."""

MAX_MARKERS = 30


NOT_DRAWN = "The loss curve is not drawn: matplotlib is not installed (`pip install matplotlib`)."


def png(state: RunState, others: Sequence[RunState] = ()) -> bytes | None:
    """The figure of `figure` as PNG; None without matplotlib."""
    return encoded(figure(state, others)) if can_draw() else None


def can_draw() -> bool:
    """Whether there is a matplotlib that can be imported."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError:
        return False
    return True


def blank_figure(width: float, height: float) -> Figure:
    """An empty, transparent figure of a size in inches.

    Raises:
        RunError: matplotlib is not installed.
    """
    if not can_draw():
        raise RunError("The figure is drawn by matplotlib, which is not installed.\n    Run: pip install matplotlib")
    from nbtrain.views.figure import NotebookFigure

    return NotebookFigure(figsize=(width, height), dpi=PIXELS_PER_INCH, facecolor="none", edgecolor="none")


def encoded(fig: Figure) -> bytes:
    """A figure as PNG, with double resolution for high-density screens."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    fig.set_dpi(2 * PIXELS_PER_INCH)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    # 256 colors with transparency are enough for a few lines, and make the file three times smaller.
    pixels = np.asarray(canvas.buffer_rgba())
    image = Image.fromarray(pixels).quantize(256, method=Image.Quantize.FASTOCTREE)
    buffer = io.BytesIO()
    image.save(buffer, format="png", compress_level=9)
    return buffer.getvalue()


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
    axes = fig.add_axes((0.62 / width, 0.44 / height, 1 - 0.78 / width, 1 - 0.96 / height), facecolor="none")
    style(axes)
    _draw_training(axes, state.curves["loss"].bins)
    for (name, curve), color in zip(state.validation.items(), itertools.cycle(SETS)):
        _draw_validation(axes, curve, chart_rules.label_of(name), color)
    _draw_others(axes, others)
    end = max(1, *(last_step(one) for one in (state, *others)))
    limit_steps(axes, end, width)
    _limit(axes, state, others, height)
    _draw_epochs(axes, state, end)
    room = (width - 0.78) * 72
    draw_marks(axes, marks(state.commands, moves=False), end=end * 1.01, width=room, color=INK, font=FONT - 1)
    _draw_broken(axes, state)
    if axes.get_legend_handles_labels()[0]:
        axes.legend(
            loc="upper left",
            bbox_to_anchor=(0.62 / width - 0.008, 0.995),
            bbox_transform=fig.transFigure,
            ncols=4,
            frameon=False,
            fontsize=FONT,
            borderpad=0,
            labelcolor="linecolor",
            handlelength=1.4,
            handletextpad=0.5,
            columnspacing=1.6,
        )
    return fig


def style(axes: Axes) -> None:
    """Apply the common style to axes that show losses over steps."""
    from matplotlib.ticker import FuncFormatter

    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set(color=INK, alpha=0.6, linewidth=0.8)
    axes.tick_params(colors=INK, labelsize=FONT, length=0, pad=5, which="both")
    axes.grid(visible=False)
    axes.grid(visible=True, axis="y", color=INK, alpha=0.2, linewidth=0.7, linestyle="-")
    axes.set_axisbelow(True)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: format.count(round(value))))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: format.short(value)))
    axes.set_xlabel("step", color=INK, fontsize=FONT, labelpad=2)


def last_step(state: RunState) -> int:
    """The step at which the run's curves end."""
    return max([state.step, *(curve.bins[-1].last for curve in state.validation.values() if curve.bins)])


def _draw_others(axes: Axes, others: Sequence[RunState]) -> None:
    """Draw the smoothed curves of other runs, behind those of the run, with their IDs in the legend."""
    for other, dashes in zip(others, itertools.cycle(DASHES)):
        look: dict[str, Any] = {"alpha": 0.55, "linewidth": 1.2, "linestyle": dashes, "zorder": 1.5}
        steps, means = points(other.curves["loss"].bins)
        axes.plot(steps, chart_rules.smoothed(steps, means), color=TRAINING, label=other.run, **look)
        for curve, color in zip(other.validation.values(), itertools.cycle(SETS)):
            axes.plot(*points(curve.bins), color=color, **look)


def _draw_training(axes: Axes, bins: Sequence[Bin]) -> None:
    if not bins:
        return
    steps, means = points(bins)
    if len(bins) < 3:
        axes.plot(steps, means, color=TRAINING, linewidth=1.6, marker="o", markersize=4, label="training loss")
        return
    axes.fill_between(
        steps, [bin.low for bin in bins], [bin.high for bin in bins], color=TRAINING, alpha=0.22, linewidth=0
    )
    axes.plot(steps, means, color=TRAINING, alpha=0.42, linewidth=0.8)
    look: dict[str, Any] = {"color": TRAINING, "linewidth": 1.8, "solid_capstyle": "round"}
    axes.plot(steps, chart_rules.smoothed(steps, means), label="training loss, smoothed", **look)


def points(bins: Sequence[Bin]) -> tuple[list[int], list[float]]:
    """The points of a curve: the last step and the mean of each bin."""
    return [bin.last for bin in bins], [bin.mean for bin in bins]


def _draw_validation(axes: Axes, curve: Curve, label: str, color: str) -> None:
    if not curve.bins:
        return
    marker = "o" if len(curve.bins) <= MAX_MARKERS else None
    steps, means = points(curve.bins)
    look: dict[str, Any] = {"color": color, "linewidth": 1.6, "marker": marker, "markersize": 4.5}
    [line] = axes.plot(steps, means, label=label, zorder=4, **look)
    clip_vertically(axes, line)


def clip_vertically(axes: Axes, line: Line2D) -> None:
    """Clip `line` to the value range, but do not clip the markers of the first and last step."""
    from matplotlib.patches import Rectangle

    line.set_clip_path(Rectangle((-0.05, 0), 1.1, 1, transform=axes.transAxes))


def _limit(axes: Axes, state: RunState, others: Sequence[RunState], height: float) -> None:
    """Set the range of the loss axis."""
    curves = state.curves["loss"].bins, _evaluated(state)
    behind = [[bin.mean for bin in bins] for other in others for bins in (other.curves["loss"].bins, _evaluated(other))]
    if any((*curves, *behind)):
        low, high = chart_rules.value_range(*curves, behind)
        limit_to(axes, low, high, height)
        tops = [bin.high for bins in curves for bin in bins] + [value for values in behind for value in values]
        _draw_cuts(axes, max(tops))
    else:
        show_empty(axes)


def _draw_cuts(axes: Axes, highest: float) -> None:
    """Show that the loss axis does not begin at 0, and the highest loss if it is above the axis."""
    low, high = axes.get_ylim()
    if low > 0:
        axes.annotate(
            "//", (0, 0.02), xycoords="axes fraction", ha="center", va="bottom", color=INK, fontsize=FONT, rotation=-60
        )
    if highest > high * (1 + 1e-6):
        axes.annotate(
            f"\N{UPWARDS ARROW} {format.number(highest)}",
            (0.995, 0.97), xycoords="axes fraction", ha="right", va="top", color=INK, fontsize=FONT - 0.5,
        )  # fmt: skip


def _evaluated(state: RunState) -> list[Bin]:
    """The bins of all validation losses."""
    return [bin for curve in state.validation.values() for bin in curve.bins]


def show_empty(axes: Axes) -> None:
    """Write "no step yet" into empty axes."""
    axes.set_yticks([])
    axes.text(0.5, 0.5, "no step yet", transform=axes.transAxes, ha="center", va="center", color=INK, fontsize=FONT)


def limit_to(axes: Axes, low: float, high: float, height: float) -> None:
    """Set the range of the loss axis to the round numbers around `low` and `high`.

    Args:
        axes: The axes.
        low: Lowest loss.
        high: Highest loss to show.
        height: Height of the figure, in inches.
    """
    ticks = chart_rules.ticks(low, high, height * PIXELS_PER_INCH / chart_rules.TICK_PIXELS)
    axes.set_ylim(ticks[0], ticks[-1])
    axes.set_yticks(ticks)


def limit_steps(axes: Axes, end: float, width: float) -> None:
    """Set the range of the step axis to 0 ... `end`, in a figure that is `width` inches wide."""
    axes.set_xlim(0, end * 1.01)
    marks = chart_rules.step_ticks(0, end, width * PIXELS_PER_INCH)
    axes.set_xticks(marks)
    if marks and marks[-1] > 0.97 * end and len(format.count(marks[-1])) > 4:  # inside of the figure
        axes.get_xticklabels()[-1].set_horizontalalignment("right")


def _draw_epochs(axes: Axes, state: RunState, end: int) -> None:
    """Draw faint, numbered lines at the ends of epochs, as many as can be distinguished."""
    for index, (epoch, step) in enumerate(chart_rules.epoch_ends(state.step, state.epoch, 0, end)):
        axes.axvline(step, color=INK, alpha=0.35, linewidth=0.7, linestyle=(0, (1, 2)), zorder=1)
        axes.text(
            step,
            1.02,
            str(epoch) if index else f"epoch {epoch}",
            transform=axes.get_xaxis_transform(),
            va="bottom",
            color=INK,
            fontsize=FONT - 1,
            ha="right" if not index and step > 0.96 * end else "center",
        )


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
