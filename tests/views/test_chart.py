from __future__ import annotations

import dataclasses
import io
import sys
import time
import warnings

import numpy as np
import pytest
from PIL import Image

from nbtrain import events
from nbtrain.errors import RunError
from nbtrain.events import Event
from nbtrain.events.series import Curve
from nbtrain.events.state import RunState
from nbtrain.views import chart, drawing
from nbtrain.views.comparison.chart import NamedRun
from nbtrain.views.comparison.chart import figure as compared
from nbtrain.views.comparison.table import Line, html
from nbtrain.views.record import Record
from tests.views.chart_cases import several_sets
from tests.views.conftest import training


def texts(state: RunState) -> list[str]:
    [axes] = chart.figure(state).axes
    return [text.get_text() for text in axes.texts]


def test_every_kind_of_run_is_drawn(states: dict[str, RunState]) -> None:
    for state in states.values():
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            image = chart.png(state)
        assert Image.open(io.BytesIO(image)).size == (1440, 520)
        assert len(image) < 40_000


@pytest.mark.timing
def test_it_is_fast(states: dict[str, RunState]) -> None:
    chart.png(states["long"])
    before = time.process_time()
    chart.png(states["long"])
    assert time.process_time() - before < 0.5


def test_background_is_transparent(states: dict[str, RunState]) -> None:
    image = np.asarray(Image.open(io.BytesIO(chart.png(states["finished"]))).convert("RGBA"))
    assert image[0, 0, 3] == 0
    assert (image[..., 3] == 0).mean() > 0.5


def test_no_global_figure_is_made(states: dict[str, RunState]) -> None:
    from matplotlib import pyplot

    before = pyplot.get_fignums()
    chart.figure(states["finished"])
    assert pyplot.get_fignums() == before


def test_epochs_and_commands_are_marked(states: dict[str, RunState]) -> None:
    assert texts(states["finished"]) == ["epoch 1", "2", "3"]
    assert texts(states["stopped"]) == ["epoch 1", "lr 1e-5", "stop"]


def test_many_epochs_are_thinned() -> None:
    assert texts(RunState.fold(training(1000, 100, every=0))) == ["epoch 10", *map(str, range(20, 101, 10))]


def test_many_commands_keep_their_labels_apart() -> None:
    slides = [
        events.Commanded(step=step, time=9, command="set", values={"learning_rate": step * 1e-7})
        for step in range(50, 100)
    ]
    labels = texts(RunState.fold([*training(until=300, every=0), *slides]))
    assert [label for label in labels if label.startswith("lr")] == ["lr 5e-6", "lr 9.9e-6"]


def test_another_run_is_drawn_behind_with_its_name(states: dict[str, RunState]) -> None:
    other = dataclasses.replace(states["finished"], run="20260101-first")
    [axes] = chart.figure(states["stopped"], [other]).axes
    _, names = axes.get_legend_handles_labels()
    assert names == ["training loss, smoothed", "validation loss", "20260101-first"]
    assert axes.get_xlim()[1] >= 459
    assert chart.png(states["stopped"], [other, states["created"]]) != chart.png(states["stopped"])


def test_each_evaluation_set_has_a_line_and_a_color() -> None:
    state = RunState.fold(several_sets())
    [axes] = chart.figure(state).axes
    lines, names = axes.get_legend_handles_labels()
    assert names == ["training loss, smoothed", "validation loss, easy", "validation loss, hard"]
    easy, hard = lines[1:]
    assert easy.get_color() == drawing.VALIDATION != hard.get_color()
    losses = [event.metrics["eval_hard_loss"] for event in state.evaluations]
    assert list(hard.get_ydata()) == pytest.approx(losses)
    assert axes.get_ylim()[1] >= max(losses)


def test_command_text_is_no_formula() -> None:
    strange: list[Event] = [*training(until=20), events.Commanded(step=10, time=9, command="$x_{")]
    assert chart.png(RunState.fold(strange))


def test_loss_that_is_no_number_is_said(states: dict[str, RunState]) -> None:
    assert "loss is nan" in texts(states["nan"])
    assert texts(states["no step"]) == ["no step yet"]


def test_a_few_wild_steps_do_not_flatten_the_curve() -> None:
    made = training(400, 4, loss=lambda step, steps, noise: 5_000.0 if step == 200 else 0.5 + 0.1 * noise.random())
    [axes] = chart.figure(RunState.fold(made)).axes
    assert axes.get_ylim()[1] < 2


@pytest.mark.parametrize("value", [0.0, -2.0, 1e30])
def test_constant_loss(value: float) -> None:
    state = RunState(step=5, epoch=1.0, loss=value)
    state.curves["loss"] = Curve()
    for step in range(1, 6):
        state.curves["loss"].add(step, value)
    low, high = chart.figure(state).axes[0].get_ylim()
    assert low <= value < high


def test_without_matplotlib_a_sentence_is_in_place_of_the_picture(
    states: dict[str, RunState], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)  # importing it fails
    state = states["finished"]
    assert chart.png(state) is None
    record = Record(state, png=chart.png(state))
    assert record.html().count("pip install matplotlib") == 1 and "<img" not in record.html()
    assert "accuracy" in record.html()
    assert "pip install matplotlib" not in Record(states["created"]).html(), "there is no loss yet"
    named = [NamedRun(name, state, drawing.TRAINING) for name in ("one", "two")]
    assert html([Line(one, {}, {}, []) for one in named]).count("pip install matplotlib") == 1
    for draw in (lambda: chart.figure(state), lambda: compared(named)):
        with pytest.raises(RunError, match="Run: pip install matplotlib"):
            draw()
