"""Charts of results, readable on light and dark pages."""

from __future__ import annotations

from pathlib import Path

from nbtrain.views.drawing import FONT, INK, encoded

COLOURS = ("#9aa0a6", "#6b8fb3", "#57a5a0", "#3f8fd6", "#e8833a", "#b48ead", "#d9b44a")


def draw_phases(path: Path, title: str, seconds: dict[str, dict[str, float]]) -> None:
    """Write a PNG with a stacked bar of phases for each way.

    Args:
        path: The file.
        title: Title of the chart.
        seconds: Seconds of each phase for each way, with the same phases in each.
    """
    from matplotlib.figure import Figure

    fig = Figure(figsize=(7.2, 2.4), layout="constrained", facecolor="none")
    axes = fig.subplots(subplot_kw={"facecolor": "none"})
    ways, phases = list(seconds), list(next(iter(seconds.values())))
    ends = [0.0] * len(ways)
    for phase, colour in zip(phases, COLOURS, strict=True):
        widths = [seconds[way][phase] for way in ways]
        axes.barh(ways, widths, left=ends, height=0.62, color=colour, label=phase)
        ends = [end + width for end, width in zip(ends, widths, strict=True)]
    for at, end in enumerate(ends):
        times = "" if at == 0 else f"   {ends[0] / end:.1f} times as fast"
        axes.text(end, at, f" {end:,.0f} s{times}", va="center", color=INK, fontsize=FONT + 1)
    axes.set_xlim(0, max(ends) * 1.12)
    axes.invert_yaxis()
    axes.set_title(title, loc="left", color=INK, fontsize=FONT + 1.5)
    axes.tick_params(colors=INK, labelsize=FONT + 0.5, length=0)
    axes.spines[:].set_visible(False)
    axes.xaxis.set_visible(False)
    legend = fig.legend(
        loc="outside lower center", ncols=4, frameon=False, fontsize=FONT, handlelength=1, handleheight=1
    )
    for text in legend.get_texts():
        text.set_color(INK)
    path.write_bytes(encoded(fig))
