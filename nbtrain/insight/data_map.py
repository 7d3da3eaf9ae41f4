"""The data map: a point for each example, by how certain the model is of its label, and how much that changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbtrain import format
from nbtrain.insight.axes import MAX_POINTS, plain, text_of
from nbtrain.views.drawing import FONT, INK, TRAINING, VALIDATION, WARNING, blank_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbtrain.insight.table import Table

COLORS = {"easy": TRAINING, "ambiguous": VALIDATION, "hard": WARNING}
PLACES = {"easy": (0.01, 0.97, "left"), "ambiguous": (1.0, 0.93, "right"), "hard": (0.01, 0.05, "left")}
"""Where the names of the regions are, in fractions of the axes."""

SHOWN = 4
"""Ambiguous, and hard, examples whose text is shown."""

ROOM = 62
"""Characters of a text."""


def draw(table: Table) -> Figure:
    """The data map of Swayamdipta et al. 2020: mean confidence over variability, with the regions of easy, ambiguous
    and hard examples. The most ambiguous and the hardest ones have numbers, and their text stands beside.
    """
    fig = blank_figure(10.4, 4.6)
    left, right = fig.subplots(1, 2, width_ratios=[1, 0.95])
    fig.set_layout_engine("constrained")
    axes, texts = plain(left), plain(right)
    axes.set_facecolor("none")
    some = table if len(table) <= MAX_POINTS else table.sample(MAX_POINTS, random_state=0)
    for region, color in COLORS.items():
        own = some[some["region"] == region]
        axes.scatter(own["variability"], own["confidence"], s=11, color=color, alpha=0.45, linewidths=0)
        x, y, align = PLACES[region]
        name = f"{region} ({format.count(int((table['region'] == region).sum()))})"
        look: dict[str, Any] = {"ha": align, "va": "center", "color": color, "fontsize": FONT + 1, "fontweight": "bold"}
        axes.text(x, y, name, transform=axes.transAxes, **look)
    axes.set_xlim(-0.01, max(0.25, 1.05 * float(table["variability"].max())) if len(table) else 0.5)
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlabel("variability", color=INK, fontsize=FONT)
    axes.set_ylabel("confidence", color=INK, fontsize=FONT)
    caption = "" if table.origin is None else table.origin.caption
    axes.text(1, -0.13, caption, transform=axes.transAxes, ha="right", va="top", color=INK, fontsize=FONT - 1)
    texts.set_axis_off()
    texts.set(xlim=(0, 1), ylim=(0, 1))
    line = 0.98
    number = 0
    for title, chosen in _examples(table):
        texts.text(0, line, title, color=INK, fontsize=FONT, fontweight="bold", va="top")
        line -= 0.065
        for position in chosen:
            number += 1
            row = table.iloc[position]
            color = COLORS.get(str(row["region"]), INK)
            point = (float(row["variability"]), float(row["confidence"]))
            axes.annotate(str(number), point, color=INK, fontsize=FONT, xytext=(4, 3), textcoords="offset points")
            axes.scatter(*point, s=26, facecolors="none", edgecolors=INK, linewidths=0.9)
            said = text_of(table, int(position), ROOM)
            texts.text(0, line, f"{number}  {said}", color=color, fontsize=FONT, va="top", parse_math=False)
            told = f"{format.shorten(str(row['label']), 30)}, " if "label" in table else ""
            told += f"confidence {row['confidence']:.2f}"
            told += f", row {table.index[position]}"
            texts.text(0.03, line - 0.042, told, color=INK, fontsize=FONT - 1, va="top", parse_math=False)
            line -= 0.1
        line -= 0.03
    return fig


def _examples(table: Table) -> list[tuple[str, list[Any]]]:
    """The positions of the examples whose text is shown."""
    known = np.flatnonzero(np.isfinite(table["confidence"].to_numpy(dtype=np.float64)))
    spread = table["variability"].to_numpy(dtype=np.float64)
    hard = known[(table["region"] == "hard").to_numpy()[known]]
    hard = hard[np.argsort(table["confidence"].to_numpy(dtype=np.float64)[hard], kind="stable")][:SHOWN]
    ambiguous = known[(table["region"] == "ambiguous").to_numpy()[known]]
    ambiguous = ambiguous[np.argsort(-spread[ambiguous], kind="stable")][:SHOWN]
    found = [("most ambiguous", ambiguous.tolist()), ("hardest", hard.tolist())]
    return [(title, chosen) for title, chosen in found if chosen]
