"""What all charts have in common, drawn with matplotlib: transparent, in colors legible in light and dark themes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain import format
from nbtrain.errors import RunError
from nbtrain.events.series import Bin
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
"""Points of a curve that are marked."""

MARGIN = 0.78
"""What the width of a place is more than that of the axes in it, in inches."""


NOT_DRAWN = "The loss curve is not drawn: matplotlib is not installed (`pip install matplotlib`)."


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


def axes_at(fig: Figure, place: tuple[float, float, float, float]) -> Axes:
    """Axes in a place of a figure, with room for numbers, legend and epochs around them.

    Args:
        fig: The figure.
        place: Left, bottom, width and height of the place, in inches.
    """
    left, bottom, width, height = place
    whole_width, whole_height = fig.get_size_inches()
    bounds = (
        (left + 0.62) / whole_width,
        (bottom + 0.44) / whole_height,
        (width - MARGIN) / whole_width,
        (height - 0.96) / whole_height,
    )
    axes = fig.add_axes(bounds, facecolor="none")
    style(axes)
    return axes


def legend(axes: Axes, columns: int = 4, above: float = 0.0) -> None:
    """Write the names of the curves above the axes, in their colors, if there are any.

    Args:
        axes: The axes with the curves, as `axes_at` has made them.
        columns: Names in a line.
        above: How much higher it begins, in inches, because it has many lines.
    """
    if not axes.get_legend_handles_labels()[0]:
        return
    fig: Any = axes.figure
    place, (_, height) = axes.get_position(), fig.get_size_inches()
    axes.legend(
        loc="upper left",
        bbox_to_anchor=(place.x0 - 0.008, place.y1 + (0.507 + above) / height),
        bbox_transform=fig.transFigure,
        ncols=columns,
        frameon=False,
        fontsize=FONT,
        borderpad=0,
        labelcolor="linecolor",
        handlelength=1.4,
        handletextpad=0.5,
        columnspacing=1.6,
    )


def draw_steps(axes: Axes, state: RunState, end: int, width: float) -> None:
    """Set the step axis, and mark the ends of epochs and the user's commands.

    Args:
        axes: The axes with the curves.
        state: The run.
        end: The last step.
        width: Width of the place, in inches.
    """
    limit_steps(axes, end, width)
    draw_epochs(axes, state, end)
    room = (width - MARGIN) * 72
    draw_marks(axes, marks(state.commands, moves=False), end=end * 1.01, width=room, color=INK, font=FONT - 1)


def points(bins: Sequence[Bin]) -> tuple[list[int], list[float]]:
    """The points of a curve: the last step and the mean of each bin."""
    return [bin.last for bin in bins], [bin.mean for bin in bins]


def draw_noisy(axes: Axes, bins: Sequence[Bin], label: str, color: str = TRAINING) -> None:
    """Draw a curve with a value for each step: its smoothed line, over the band of its values."""
    if not bins:
        return
    steps, means = points(bins)
    if len(bins) < 3:
        axes.plot(steps, means, color=color, linewidth=1.6, marker="o", markersize=4, label=label)
        return
    axes.fill_between(
        steps, [bin.low for bin in bins], [bin.high for bin in bins], color=color, alpha=0.22, linewidth=0
    )
    axes.plot(steps, means, color=color, alpha=0.42, linewidth=0.8)
    look: dict[str, Any] = {"color": color, "linewidth": 1.8, "solid_capstyle": "round"}
    axes.plot(steps, chart_rules.smoothed(steps, means), label=f"{label}, smoothed", **look)


def draw_exact(
    axes: Axes, bins: Sequence[Bin], label: str, color: str, dashes: Any = "solid", marker: str = "o"
) -> None:
    """Draw a curve of single values, with a marker at each of them if there are few."""
    if not bins:
        return
    steps, means = points(bins)
    look: dict[str, Any] = {"color": color, "linewidth": 1.6, "linestyle": dashes, "markersize": 4.5}
    shown = marker if len(bins) <= MAX_MARKERS else None
    [line] = axes.plot(steps, means, label=label, marker=shown, zorder=4, **look)
    clip_vertically(axes, line)


def clip_vertically(axes: Axes, line: Line2D) -> None:
    """Clip `line` to the value range, but do not clip the markers of the first and last step."""
    from matplotlib.patches import Rectangle

    line.set_clip_path(Rectangle((-0.05, 0), 1.1, 1, transform=axes.transAxes))


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


def draw_epochs(axes: Axes, state: RunState, end: int) -> None:
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


def draw_cuts(axes: Axes, highest: float) -> None:
    """Show that the value axis does not begin at 0, and the highest value if it is above the axis."""
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


def last_step(state: RunState) -> int:
    """The step at which the run's curves end."""
    return max([state.step, *(curve.bins[-1].last for curve in state.validation.values() if curve.bins)])
