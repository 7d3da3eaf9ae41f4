"""What the figures of tables have in common: axes, points with intervals, texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from nbtrain import format
from nbtrain.views.drawing import FONT, INK, TRAINING, blank_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nbtrain.insight.table import Table

WIDTH = 7.2
MAX_LINES = 30
"""Lines of a table that are drawn; the table has all."""

LABEL = 40
"""Characters of a text beside an axis."""

MAX_POINTS = 5000
"""Points of a scatter plot; of more, a random part is drawn."""


def text_of(rows: pd.DataFrame, position: int, room: int = 60) -> str:
    """A few words of a row: its first column of text, or its number."""
    for name in rows.columns:
        cell = rows[name].iloc[position]
        if isinstance(cell, (list, tuple)) and cell and all(isinstance(one, str) for one in cell):
            cell = " ".join(cell)
        if isinstance(cell, str) and name not in ("label", "prediction", "error"):
            return text(cell, room)
    return f"row {rows.index[position]}"


def lines(table: Table, names: Sequence[str], n: Any = None, room: float = 0.26) -> tuple[Figure, Axes]:
    """A figure with a line for each name, from top to bottom."""
    more = len(table) - len(names) if len(names) == MAX_LINES else 0
    fig = blank_figure(WIDTH, 0.9 + room * max(1, len(names)))
    fig.set_layout_engine("constrained")
    axes = plain(fig.add_subplot(facecolor="none"))
    if n is not None:
        names = [f"{name}  (n={format.count(int(size))})" for name, size in zip(names, n, strict=True)]
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.set_ylim(max(1, len(names)) - 0.5, -0.5)
    axes.grid(visible=True, axis="x", color=INK, alpha=0.2, linewidth=0.7)
    caption = "" if table.origin is None else table.origin.caption
    caption += f" ({format.count(more)} more lines in the table)" if more else ""
    if caption:
        axes.set_title(caption.strip(), color=INK, fontsize=FONT, loc="left", parse_math=False)
    return fig, axes


def plain(axes: Axes) -> Axes:
    """Axes without a frame, in the color of all charts."""
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set(color=INK, alpha=0.6, linewidth=0.8)
    axes.tick_params(colors=INK, labelsize=FONT, length=0, pad=5)
    axes.set_axisbelow(True)
    return axes


def points(
    axes: Axes,
    values: ArrayLike,
    low: ArrayLike,
    high: ArrayLike,
    *,
    color: str = TRAINING,
    shift: float = 0.0,
    label: str = "",
) -> None:
    """A point with its interval on each line."""
    at = np.arange(len(np.asarray(values))) + shift
    look: dict[str, Any] = {"color": color, "markersize": 4.5, "linewidth": 1.4, "label": label or None}
    axes.errorbar(np.asarray(values), at, xerr=reach(values, low, high), fmt="o", **look)


def reach(values: ArrayLike, low: ArrayLike, high: ArrayLike) -> NDArray[np.float64]:
    """How far intervals reach to both sides of values."""
    values, low, high = (np.asarray(one, dtype=np.float64) for one in (values, low, high))
    distances: NDArray[np.float64] = np.nan_to_num(np.clip([values - low, high - values], 0, None))
    return distances


def legend(axes: Axes) -> None:
    """A legend above the axes."""
    axes.legend(frameon=False, fontsize=FONT, labelcolor="linecolor", ncols=3, loc="lower left", bbox_to_anchor=(0, 1))


def rgb(color: str) -> tuple[float, float, float]:
    """A color as numbers from 0 to 1."""
    from matplotlib.colors import to_rgb

    red, green, blue = to_rgb(color)
    return red, green, blue


def text(value: Any, room: int = LABEL) -> str:
    """A value as text on one line, shortened."""
    if isinstance(value, pd.Interval):
        return (
            f"{format.short(float(value.left))} to {format.short(float(value.right))}"
            if _is_number(value.left)
            else str(value)
        )
    return format.shorten(" ".join(str(value).split()), room)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number))
