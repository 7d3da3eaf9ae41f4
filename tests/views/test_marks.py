"""Labels at the steps where the user steered a run."""

from __future__ import annotations

import itertools
import random

import pytest

from nbtrain.views.marks import CLEAR, labels

WIDTH, LETTER = 460.0, 4.5


@pytest.mark.parametrize("count", [1, 3, 10, 100])
def test_labels_cross_neither_each_other_nor_a_line(count: int) -> None:
    noise = random.Random(count)
    steps = sorted(noise.sample(range(1000), count))
    marks = [(step, "lr 1e-5, pause"[: noise.randint(4, 14)]) for step in steps]
    scale = WIDTH / 1000
    placed = labels(marks, scale, WIDTH, LETTER)
    spans = []
    for label in placed:
        at, size = label.step * scale, len(label.text) * LETTER
        spans.append((at + CLEAR, at + CLEAR + size) if label.on_right else (at - CLEAR - size, at - CLEAR))
    assert all(start >= 0 and end <= WIDTH for start, end in spans)
    assert all(first[1] < second[0] for first, second in itertools.pairwise(spans))
    assert not any(start < step * scale < end for start, end in spans for step in steps)


def test_a_cluster_is_labelled_on_both_sides() -> None:
    placed = labels([(500, "lr 1e-5"), (502, "lr 2e-5"), (504, "lr 3e-5")], 0.4, WIDTH, LETTER)
    assert [(label.text, label.on_right) for label in placed] == [("lr 1e-5", False), ("lr 3e-5", True)]


def test_the_last_step_is_labelled_on_its_left() -> None:
    [label] = labels([(1000, "stop")], WIDTH / 1000, WIDTH, LETTER)
    assert not label.on_right


def test_a_long_label_is_cut() -> None:
    [label] = labels([(10, "lr 1e-5, decay 0.1, evaluate, save")], 0.4, WIDTH, LETTER)
    assert len(label.text) == 24
