"""The panels of the other curves, with the rules of the live panel's tabs."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nbtrain.errors import RunError
from nbtrain.events import Event
from nbtrain.events.series import Curve
from nbtrain.events.state import RunState
from nbtrain.views import chart, chart_rules, panels
from nbtrain.views.drawing import encoded

SERIES = Path(__file__).parents[2] / "labextension/src/chart/series.ts"


def curve(*values: float) -> Curve:
    made = Curve()
    for step, value in enumerate(values, start=1):
        made.add(step, value)
    return made


@pytest.fixture
def state(runs: dict[str, list[Event]]) -> RunState:
    """A finished run with all curves."""
    found = RunState.fold(runs["finished"])
    found.curves |= {
        "grad_norm": curve(*[1.0 + (step % 7) / 10 for step in range(97)], 40.0, 1.0, 1.0),
        "examples_per_second": curve(*[80.0] * 50),
        "memory": curve(1.1, 1.2, 1.3),
        "device_memory": curve(4.0, 4.5),
        "metric:accuracy": curve(0.7, 0.8, 0.85),
        "metric:f1": curve(0.6, 0.7, 0.9),
    }
    return found


def labels(axes: Any) -> list[str]:
    return axes.get_legend_handles_labels()[1]


def test_all_panels_that_have_values(state: RunState) -> None:
    assert panels.names(state) == ["loss", "metrics", "learning_rate", "grad_norm", "speed", "memory"]
    figure = panels.figure(state, ["all"])
    assert [labels(axes) for axes in figure.axes] == [
        ["training loss, smoothed", "validation loss"],
        ["accuracy", "f1"],
        ["learning rate"],
        ["gradient norm, smoothed"],
        ["examples/s, smoothed"],
        ["process memory, GB", "device memory, GB"],
    ]
    assert figure.axes[1].get_legend().get_window_extent().x1 <= figure.bbox.x1
    boxes = [axes.get_position() for axes in figure.axes]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    assert len(encoded(figure)) < 150_000


def test_a_panel_alone_is_as_large_as_that_of_the_losses(state: RunState) -> None:
    [axes], [losses] = panels.figure(state, ["metrics"]).axes, chart.figure(state).axes
    assert axes.get_position().bounds == pytest.approx(losses.get_position().bounds)
    assert axes.get_xlim() == losses.get_xlim()
    assert [line.get_linestyle() for line in axes.lines[:2]] == ["-", "--"], "they differ in more than their color"
    assert axes.lines[0].get_marker() != axes.lines[1].get_marker()


def test_many_names_have_room_above(state: RunState) -> None:
    state.curves |= {f"metric:a_metric_with_a_long_name_{at}": curve(0.1, 0.2) for at in range(4)}
    figure = panels.figure(state, ["metrics", "learning_rate"])
    figure.canvas.draw()
    legend = figure.axes[0].get_legend().get_window_extent()
    assert legend.y0 > figure.axes[0].get_window_extent().y1 and legend.y1 <= figure.bbox.y1


def test_the_rules_are_those_of_the_chart(state: RunState) -> None:
    [axes] = panels.figure(state, ["grad_norm"]).axes
    bins = state.curves["grad_norm"].bins
    steps, means = [bin.last for bin in bins], [bin.mean for bin in bins]
    assert list(axes.lines[1].get_ydata()) == pytest.approx(chart_rules.smoothed(steps, means))
    low, high = chart_rules.value_range(bins, [])
    assert axes.get_ylim()[0] <= low and high <= axes.get_ylim()[1] < 40.0, "an outlier is not within the range"
    assert "\N{UPWARDS ARROW} 40.0" in " ".join(text.get_text() for text in axes.texts)
    [exact] = panels.figure(state, ["learning_rate"]).axes
    rates = [bin.mean for bin in state.curves["learning_rate"].bins]
    assert list(exact.lines[0].get_ydata()) == pytest.approx(rates), "it is not smoothed"


def test_the_losses_in_a_panel_are_the_picture_of_the_record(state: RunState) -> None:
    pictures = [encoded(made) for made in (chart.figure(state), panels.figure(state, ["loss"]))]
    assert pictures[0] == pictures[1]


def test_what_the_run_does_not_have(state: RunState) -> None:
    del state.curves["memory"], state.curves["device_memory"]
    assert "memory" not in panels.names(state)
    with pytest.raises(RunError, match=r'no values of "memory". It has: loss, metrics, .*speed'):
        panels.figure(state, ["memory"])
    with pytest.raises(
        RunError, match=r'no curve "metric"\. Allowed: all, loss, metrics.*\n    Write run\.plot\("metrics"\)'
    ):
        panels.figure(state, ["metric"])


def test_a_run_without_a_step(states: dict[str, RunState]) -> None:
    assert panels.names(states["created"]) == ["loss"]
    [axes] = panels.figure(states["created"], ["all"]).axes
    assert [text.get_text() for text in axes.texts] == ["no step yet"]


def test_the_names_are_those_of_the_tabs() -> None:
    source = SERIES.read_text(encoding="utf-8")
    for panel, curves in panels.CURVES.items():
        assert f"{{ id: '{panel}', title:" in source
        for key, _, noisy in curves:
            assert f"['{key}', " in source
            line = next(line for line in source.splitlines() if f"['{key}', " in line)
            assert (", true]" in line) is noisy


def test_the_background_is_transparent(state: RunState) -> None:
    pixels = np.asarray(Image.open(io.BytesIO(encoded(panels.figure(state, ["all"])))).convert("RGBA"))
    assert pixels[0, 0, 3] == 0
