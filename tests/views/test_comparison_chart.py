from __future__ import annotations

import io
import warnings

import numpy as np
from PIL import Image

from nbtrain.events.state import RunState
from nbtrain.views.comparison.chart import COLORS, NamedRun, color, figure, swatch
from nbtrain.views.drawing import encoded
from tests.views.conftest import finished, training


def shown(*states: RunState) -> list[NamedRun]:
    return [NamedRun(f"run {index}", state, color(index)) for index, state in enumerate(states)]


def test_every_kind_of_run_is_drawn(states: dict[str, RunState]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image = encoded(figure(shown(*states.values())))
        for state in states.values():
            encoded(figure(shown(state)))
    assert len(image) < 120_000
    assert np.asarray(Image.open(io.BytesIO(image)).convert("RGBA"))[0, 0, 3] == 0


def test_each_run_has_its_colour_and_its_name(states: dict[str, RunState]) -> None:
    fig = figure(shown(states["finished"], states["stopped"]))
    [axes] = fig.axes
    assert {line.get_color() for line in axes.lines} == set(COLORS[:2])
    [legend] = fig.legends
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["run 0", "run 1", "training loss", "validation loss"]


def test_runs_with_epochs_of_different_lengths_are_drawn_over_epochs() -> None:
    small, large = (RunState.fold(finished(training(steps, 3))) for steps in (100, 400))
    [axes] = figure(shown(small, large)).axes
    assert axes.get_xlabel() == "epoch"
    assert 3 <= axes.get_xlim()[1] < 3.1
    [axes] = figure(shown(small, small)).axes
    assert axes.get_xlabel() == "step"


def test_many_evaluations_are_no_band_of_dots() -> None:
    for every, dots in ((153, 3), (7, 11), (1, 12)):
        state = RunState.fold(finished(training(459, 3, every=every)))
        [axes] = figure(shown(state)).axes
        line = axes.lines[-1]
        first, distance = line.get_markevery()
        marked = line.get_xdata()[first::distance]
        assert len(marked) == dots
        assert marked[-1] == line.get_xdata()[-1], "the last one always has one"


def test_names_are_no_formulas(states: dict[str, RunState]) -> None:
    assert encoded(figure([NamedRun("$x_{", states["finished"], color(0))]))


def test_a_chip_is_small_and_of_one_colour() -> None:
    image = swatch("#3f8fd6")
    assert len(image) < 120
    assert Image.open(io.BytesIO(image)).convert("RGB").getpixel((0, 0)) == (0x3F, 0x8F, 0xD6)
