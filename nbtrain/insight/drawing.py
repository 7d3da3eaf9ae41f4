"""The figures of tables: transparent, in the colors of the other charts, drawn without pyplot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nbtrain import format
from nbtrain.insight.axes import (
    LABEL,
    MAX_LINES,
    MAX_POINTS,
    WIDTH,
    legend,
    lines,
    plain,
    points,
    reach,
    rgb,
    text,
    text_of,
)
from nbtrain.views.drawing import FONT, INK, TRAINING, VALIDATION, WARNING, blank_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nbtrain.insight.table import Table

MAX_NUMBERED = 20
"""Classes of a confusion matrix whose cells have numbers."""

NO_SCALE = ("loss", "mse")
"""Scores that have no place on the axis of the others."""


def fractions(table: Table) -> Figure:
    """A point with its interval for each line; the number of examples is beside its name."""
    shown = table.drop(index=[name for name in NO_SCALE if name in table.index and len(table) > 1]).head(MAX_LINES)
    fig, axes = lines(table, [text(key) for key in shown.index], shown["n"])
    points(axes, shown.iloc[:, 0], shown["low"], shown["high"])
    name = str(table.columns[0])
    axes.set_xlabel("" if name == "value" else name, color=INK, fontsize=FONT)
    return fig


def report(table: Table) -> Figure:
    """Precision, recall and F1 of each class, with intervals."""
    shown = table.head(MAX_LINES)
    fig, axes = lines(table, [text(key) for key in shown.index], shown["support"], room=0.42)
    for name, color, shift in (("precision", INK, -0.24), ("recall", VALIDATION, 0.0), ("f1", TRAINING, 0.24)):
        look: dict[str, Any] = {"color": color, "shift": shift, "label": name.replace("f1", "F1")}
        points(axes, shown[name], shown[f"{name}_low"], shown[f"{name}_high"], **look)
    legend(axes)
    axes.set_xlim(-0.02, 1.02)
    return fig


def confused(table: Table) -> Figure:
    """The rate of each pair, with its interval."""
    shown = table.head(MAX_LINES)
    names = [
        f"{text(a, LABEL // 2)} → {text(b, LABEL // 2)}"
        for a, b in zip(shown["label"], shown["prediction"], strict=True)
    ]
    fig, axes = lines(table, names, shown["n"])
    points(axes, shown["rate"], shown["low"], shown["high"], color=WARNING)
    axes.set_xlabel("rate among the examples with the label", color=INK, fontsize=FONT)
    return fig


def confusion(table: Table) -> Figure:
    """A cell for each pair; its shade is the fraction of the row, its number the count."""
    counts = table.to_numpy(dtype=np.float64)
    n = len(table)
    side = min(7.5, 1.6 + 0.42 * n)
    fig = blank_figure(side + 1.2, side)
    fig.set_layout_engine("constrained")
    axes = plain(fig.add_subplot(facecolor="none"))
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.nan_to_num(counts / counts.sum(axis=1, keepdims=True))
    colors = np.zeros((n, n, 4))
    diagonal = np.eye(n, dtype=bool)
    colors[diagonal, :3], colors[~diagonal, :3] = rgb(TRAINING), rgb(WARNING)
    colors[..., 3] = 0.85 * share
    axes.imshow(colors, aspect="auto")
    if n <= MAX_NUMBERED:
        for row, column in zip(*np.nonzero(counts), strict=True):
            axes.text(
                column,
                row,
                format.count(int(counts[row, column])),
                ha="center",
                va="center",
                color=INK if share[row, column] < 0.6 else "white",
                fontsize=FONT,
            )
    room = LABEL if n <= MAX_NUMBERED else LABEL // 2
    every = max(1, -(-n // 40))
    at = np.arange(0, n, every)
    names = [text(key, room) for key in table.index]
    sums = counts.sum(axis=1)
    axes.set_yticks(at, [f"{names[one]}  (n={format.count(int(sums[one]))})" for one in at], parse_math=False)
    axes.set_xticks(
        at,
        [names[one] for one in at],
        parse_math=False,
        rotation=45 if max(map(len, names), default=0) > 4 else 0,
        ha="right" if max(map(len, names), default=0) > 4 else "center",
    )
    axes.set_ylabel("label", color=INK, fontsize=FONT)
    axes.set_xlabel("prediction", color=INK, fontsize=FONT)
    return fig


def calibration(table: Table) -> Figure:
    """The frequency over the probability, with intervals; the size of a point grows with its examples."""
    fig = blank_figure(4.6, 4.2)
    fig.set_layout_engine("constrained")
    axes = plain(fig.add_subplot(facecolor="none"))
    axes.plot([0, 1], [0, 1], color=INK, alpha=0.5, linewidth=0.8, linestyle=(0, (4, 3)))
    shown = table[table["n"] > 0]
    happened = shown[table.columns[1]]
    axes.errorbar(
        shown["mean"],
        happened,
        yerr=reach(happened, shown["low"], shown["high"]),
        fmt="none",
        ecolor=TRAINING,
        alpha=0.6,
        linewidth=1.4,
    )
    axes.scatter(shown["mean"], happened, s=12 + 150 * shown["n"] / max(1, table["n"].sum()), color=TRAINING, zorder=3)
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    axes.set_xlabel("probability", color=INK, fontsize=FONT)
    axes.set_ylabel(str(table.columns[1]), color=INK, fontsize=FONT)
    n, error = format.count(int(table["n"].sum())), format.number(float(table["ece"].sum()), 3)
    caption = f"expected calibration error {error}, n = {n}"
    axes.set_title(caption, color=INK, fontsize=FONT, loc="left")
    return fig


def thresholds(table: Table) -> Figure:
    """For each label, the value at the best threshold with its interval, and at 0.5."""
    metric = str(table.columns[1])
    shown = table.head(MAX_LINES)
    names = [
        f"{text(key)} from {format.number(value, 2)} on"
        for key, value in zip(shown.index, shown["threshold"], strict=True)
    ]
    fig, axes = lines(table, names, shown["n"])
    points(axes, shown[metric], shown[f"{metric}_low"], shown[f"{metric}_high"], label="best threshold")
    axes.scatter(shown["at_half"], range(len(shown)), marker="|", s=80, color=VALIDATION, label="0.5", zorder=4)
    axes.set_xlabel(metric, color=INK, fontsize=FONT)
    legend(axes)
    return fig


def mistakes(table: Table) -> Figure:
    """For each label, how many examples have it by mistake, or lack it."""
    shown = table.head(MAX_LINES)
    fig, axes = lines(table, [text(key) for key in shown.index], shown["true_positive"] + shown["false_negative"])
    at = np.arange(len(shown))
    axes.barh(at, -shown["false_negative"], color=WARNING, alpha=0.8, height=0.6, label="false negatives")
    axes.barh(at, shown["false_positive"], color=VALIDATION, alpha=0.8, height=0.6, label="false positives")
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.xaxis.set_major_formatter(lambda value, _: format.short(abs(value)))
    legend(axes)
    return fig


def residuals(table: Table) -> Figure:
    """The error of each example over its prediction, and the mean of each range with its interval."""
    origin = table.origin
    assert origin is not None
    fig = blank_figure(WIDTH, 3.2)
    fig.set_layout_engine("constrained")
    axes = plain(fig.add_subplot(facecolor="none"))
    rows = origin.of
    some = rows if len(rows) <= MAX_POINTS else rows.sample(MAX_POINTS, random_state=0)
    axes.scatter(some["prediction"], some["prediction"] - some["label"], s=9, color=INK, alpha=0.35, linewidths=0)
    middles = np.array([getattr(key, "mid", key) for key in table.index], dtype=np.float64)
    limits = reach(table["bias"], table["low"], table["high"])
    axes.errorbar(middles, table["bias"], yerr=limits, fmt="o-", color=TRAINING, markersize=4, linewidth=1.4)
    axes.axhline(0, color=INK, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_xlabel("prediction", color=INK, fontsize=FONT)
    axes.set_ylabel("prediction - label", color=INK, fontsize=FONT)
    return fig


def losses(table: Table) -> Figure:
    """The loss of each row, or the probability, beside the beginning of its text."""
    name = next((one for one in ("loss", "words_f1", "f1", "probability") if one in table), None)
    return _bars(table, name)


def worst(table: Table) -> Figure:
    """How much each text has in common with its reference."""
    return _bars(table, "words_f1" if "words_f1" in table else "f1")


def entities(table: Table) -> Figure:
    """How many entities have each kind of error."""
    counts = table["error"].replace("", "right").value_counts()
    fig, axes = lines(table, list(counts.index), counts)
    axes.barh(
        range(len(counts)),
        counts,
        color=[TRAINING if name == "right" else WARNING for name in counts.index],
        alpha=0.8,
        height=0.6,
    )
    return fig


def _bars(table: Table, name: str | None) -> Figure:
    shown = table.head(MAX_LINES)
    names = [text_of(shown, at, LABEL) for at in range(len(shown))]
    fig, axes = lines(table, names)
    if name is not None:
        values = shown[name].astype("Float64").to_numpy(dtype=np.float64, na_value=np.nan)
        axes.barh(range(len(shown)), values, color=TRAINING, alpha=0.8, height=0.6)
        for at in np.flatnonzero(np.isnan(values)):
            axes.text(0, int(at), " nan", va="center", color=WARNING, fontsize=FONT)
        axes.set_xlabel(name, color=INK, fontsize=FONT)
    return fig
