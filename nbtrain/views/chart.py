"""The loss curve of a run as a matplotlib figure: transparent, in tones that read on white and on dark notebooks."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.curve import Bin, Curve
from nbtrain.state import RunState
from nbtrain.views import marks
from nbtrain.views.commands import marks as marks_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from numpy.typing import NDArray

    Floats = NDArray[Any]

TRAINING = "#3f8fd6"
VALIDATION = "#e8833a"
WARNING = "#d9534f"
INK = "#85898f"
FONT = 8.5

PIXELS_PER_INCH = 100
"""Of the chart as shown; the PNG has twice as many."""

DASHES = ((0, (4, 1.5)), (0, (1, 1)), (0, (5, 1.5, 1, 1.5)))
"""Of the other runs in a chart."""

MOST_EPOCHS = 12
MOST_MARKED_POINTS = 30
SMOOTHING = 1 / 16
"""How far the smoothing reaches to either side, as a share of the curve."""


def png(state: RunState, others: Sequence[RunState] = ()) -> bytes:
    """The figure of `figure` as PNG."""
    return encoded(figure(state, others))


def encoded(fig: Figure) -> bytes:
    """A figure as PNG, at double density for sharp screens."""
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from PIL import Image

    fig.set_dpi(2 * PIXELS_PER_INCH)
    canvas = FigureCanvasAgg(fig)
    canvas.draw()
    # 256 colours with their transparency are plenty for a few lines, and make the file three times smaller.
    pixels = np.asarray(canvas.buffer_rgba())
    image = Image.fromarray(pixels).quantize(256, method=Image.Quantize.FASTOCTREE)
    buffer = io.BytesIO()
    image.save(buffer, format="png", compress_level=9)
    return buffer.getvalue()


def figure(state: RunState, others: Sequence[RunState] = (), *, width: float = 7.2, height: float = 2.6) -> Figure:
    """Training and validation loss over the steps, epochs and commands marked.

    Args:
        state: The run.
        others: Runs to compare it with, such as the one that it branched off: fainter, behind it.
        width: In inches.
        height: In inches.
    """
    from nbtrain.views.figure import NotebookFigure

    fig = NotebookFigure(figsize=(width, height), dpi=PIXELS_PER_INCH, facecolor="none", edgecolor="none")
    axes = fig.add_axes((0.62 / width, 0.44 / height, 1 - 0.78 / width, 1 - 0.96 / height), facecolor="none")
    style(axes)
    _draw_training(axes, state.curves["loss"].bins)
    _draw_validation(axes, state.curves["eval_loss"])
    _draw_others(axes, others)
    end = max(1, *(last_step(one) for one in (state, *others)))
    axes.set_xlim(0, end * 1.01)
    _limit(axes, [state, *others])
    _draw_epochs(axes, state, end)
    points = (width - 0.78) * 72
    marks.draw(axes, marks_of(state.commands), end=end * 1.01, width=points, color=INK, font=FONT - 1)
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
    """Quiet axes: losses over steps."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set(color=INK, alpha=0.6, linewidth=0.8)
    axes.tick_params(colors=INK, labelsize=FONT, length=0, pad=5, which="both")
    axes.grid(visible=False)
    axes.grid(visible=True, axis="y", color=INK, alpha=0.2, linewidth=0.7, linestyle="-")
    axes.set_axisbelow(True)
    axes.xaxis.set_major_locator(MaxNLocator(7, integer=True, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.4g}"))
    axes.set_xlabel("step", color=INK, fontsize=FONT, labelpad=2)


def last_step(state: RunState) -> int:
    """The step at which its curves end."""
    evaluated = state.curves["eval_loss"].bins
    return max(state.step, evaluated[-1].last if evaluated else 0)


def _draw_others(axes: Axes, others: Sequence[RunState]) -> None:
    """The smoothed curves of other runs, behind those of the run, with their names."""
    import numpy as np

    for other, dashes in zip(others, itertools.cycle(DASHES)):
        look: dict[str, Any] = {"alpha": 0.55, "linewidth": 1.2, "linestyle": dashes, "zorder": 1.5}
        bins, evaluated = other.curves["loss"].bins, other.curves["eval_loss"].bins
        means = np.array([bin.mean for bin in bins])
        smooth = smoothed(means) if len(bins) >= 3 else means
        axes.plot([(bin.first + bin.last) / 2 for bin in bins], smooth, color=TRAINING, label=other.run, **look)
        axes.plot([bin.last for bin in evaluated], [bin.mean for bin in evaluated], color=VALIDATION, **look)


def _draw_training(axes: Axes, bins: Sequence[Bin]) -> None:
    import numpy as np

    if not bins:
        return
    steps = np.array([(bin.first + bin.last) / 2 for bin in bins])
    means = np.array([bin.mean for bin in bins])
    if len(bins) < 3:
        axes.plot(steps, means, color=TRAINING, linewidth=1.6, marker="o", markersize=4, label="training loss")
        return
    axes.fill_between(
        steps, [bin.low for bin in bins], [bin.high for bin in bins], color=TRAINING, alpha=0.22, linewidth=0
    )
    axes.plot(steps, means, color=TRAINING, alpha=0.42, linewidth=0.8)
    axes.plot(steps, smoothed(means), color=TRAINING, linewidth=1.8, label="training loss", solid_capstyle="round")


def _draw_validation(axes: Axes, curve: Curve) -> None:
    if not curve.bins:
        return
    marker = "o" if len(curve.bins) <= MOST_MARKED_POINTS else None
    steps, means = [bin.last for bin in curve.bins], [bin.mean for bin in curve.bins]
    look: dict[str, Any] = {"color": VALIDATION, "linewidth": 1.6, "marker": marker, "markersize": 4.5}
    [line] = axes.plot(steps, means, label="validation loss", zorder=4, **look)
    clip_vertically(axes, line)


def clip_vertically(axes: Axes, line: Line2D) -> None:
    """Have `line` end where the values do, but not cut the markers of the first and the last step."""
    from matplotlib.patches import Rectangle

    line.set_clip_path(Rectangle((-0.05, 0), 1.1, 1, transform=axes.transAxes))


def smoothed(values: Floats) -> Floats:
    """Straight lines fitted through the neighbours of each point: unlike a moving mean they do not bend at the ends."""
    import numpy as np

    reach = max(2, round(len(values) * SMOOTHING))
    offset = np.arange(-reach, reach + 1)
    weight = (1 - np.abs(offset / (reach + 1)) ** 3) ** 3
    ones = np.ones(len(values))

    def moment(series: Floats, power: int) -> Floats:
        full: Floats = np.convolve(series, (weight * offset**power)[::-1], mode="full")
        return full[reach : reach + len(values)]

    w0, w1, w2 = moment(ones, 0), moment(ones, 1), moment(ones, 2)
    fitted: Floats = (w2 * moment(values, 0) - w1 * moment(values, 1)) / (w0 * w2 - w1**2)
    return fitted


def _limit(axes: Axes, states: Sequence[RunState]) -> None:
    """Set the range of the losses, in which a few wild steps may not flatten all the rest."""
    import numpy as np

    bins = [bin for state in states for bin in state.curves["loss"].bins]
    evaluated = [bin.mean for state in states for bin in state.curves["eval_loss"].bins]
    highs, lows = [bin.high for bin in bins], [bin.low for bin in bins]
    if not bins and not evaluated:
        limit_to(axes, 0.0, None)
        return
    top = max([float(np.percentile(highs, 99)) if highs else -math.inf, *evaluated])
    top = max([*highs, *evaluated]) if max([*highs, *evaluated]) <= 1.5 * abs(top) else top
    limit_to(axes, min([*lows, *evaluated]), top)


def limit_to(axes: Axes, bottom: float, top: float | None) -> None:
    """Have the axis of the losses hold `bottom` and `top`, and 0 where that is not far; None: there is no loss yet."""
    if top is None:
        axes.set_yticks([])
        axes.text(0.5, 0.5, "no step yet", transform=axes.transAxes, ha="center", va="center", color=INK, fontsize=FONT)
        return
    if 0 <= bottom < 0.45 * top:
        bottom = 0.0
    span = (top - bottom) or abs(top) or 1.0
    axes.set_ylim(bottom - (0.0 if bottom == 0 else 0.06 * span), top + 0.06 * span)


def _draw_epochs(axes: Axes, state: RunState, end: int) -> None:
    """Faint lines where epochs end, numbered above the curve, as many as can be told apart."""
    per_epoch = state.step / state.epoch if state.epoch > 0 and state.step > 0 else 0.0
    if not per_epoch:
        return
    whole = int(end / per_epoch + 1e-6)
    stride = next(
        size for power in range(9) for size in (10**power, 2 * 10**power, 5 * 10**power) if whole / size <= MOST_EPOCHS
    )
    for epoch in range(stride, whole + 1, stride):
        axes.axvline(epoch * per_epoch, color=INK, alpha=0.35, linewidth=0.7, linestyle=(0, (1, 2)), zorder=1)
        label = f"epoch {epoch}" if epoch == stride else str(epoch)
        axes.text(
            epoch * per_epoch,
            1.02,
            label,
            transform=axes.get_xaxis_transform(),
            va="bottom",
            color=INK,
            fontsize=FONT - 1,
            ha="right" if epoch == stride and epoch * per_epoch > 0.96 * end else "center",
        )


def _draw_broken(axes: Axes, state: RunState) -> None:
    """Shade the end of a run whose loss is no number any more: the curve itself leaves such steps out."""
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
