"""Dynamics, by hand: three evaluations; all taken for ham, all for spam, then as in the newest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from nbtrain import Run, RunError
from nbtrain.insight.dynamics import statistics
from tests.insight import runs
from tests.insight.conftest import LABELS, NAMES, PROBABILITIES


def test_each_example(run: Run) -> None:
    table = run.dynamics
    assert len(table) == 8 and {"text", "source", "label"} <= {*table}
    first = table.loc[0]  # ham: .8 right, .2 wrong, .9 right
    assert first["confidence"] == pytest.approx((0.8 + 0.2 + 0.9) / 3)
    assert first["variability"] == pytest.approx(np.std([0.8, 0.2, 0.9]))
    assert first["correctness"] == pytest.approx(2 / 3)
    assert (first["flips"], first["forgotten"], first["learned_step"]) == (2, 1, 30)
    third = table.loc[2]  # ham: right, wrong, wrong
    assert (third["flips"], third["forgotten"]) == (1, 1)
    assert pd.isna(third["learned_step"]) and not third["never_learned"]
    fifth = table.loc[4]  # spam: wrong, right, right
    assert (fifth["flips"], fifth["forgotten"], fifth["learned_step"]) == (1, 0, 20)
    assert list(table.rows(4).index) == [4]


def test_never_learned_and_always_right() -> None:
    right = np.array([[0, 1], [0, 1]], dtype=bool)
    steps = np.array([[10, 10], [20, 20]])
    table = statistics(np.array([[0.1, 0.9], [0.2, 1.0]]), right, steps)
    assert table["never_learned"].tolist() == [True, False]
    assert pd.isna(table["learned_step"][0]) and table["learned_step"][1] == 10
    assert table["correctness"].tolist() == [0, 1]


def test_regions() -> None:
    """The third that varies most is ambiguous; of the others, confidence tells."""
    confidence = np.array([[0.9, 0.1, 0.1], [0.9, 0.1, 0.9]])
    table = statistics(confidence, confidence > 0.5, np.array([[1] * 3, [2] * 3]))
    assert table["region"].tolist() == ["easy", "hard", "ambiguous"]


def test_examples_that_were_seen_less_often() -> None:
    confidence = np.array([[0.5, 0.5], [0.9, 0.0]])
    right = np.array([[True, False], [False, False]])
    table = statistics(confidence, right, np.array([[1, 2], [3, 0]]), np.array([2, 1]))
    assert table["confidence"].tolist() == pytest.approx([0.7, 0.5])
    assert table["variability"].tolist() == pytest.approx([0.2, 0.0])
    assert table["forgotten"].tolist() == [1, 0]


def test_one_evaluation_has_no_dynamics(tmp_path: Path) -> None:
    table = runs.classes(LABELS, PROBABILITIES, NAMES)
    run = runs.write(tmp_path / "run", runs.spec("text_classification", *NAMES), {1: table})
    with pytest.raises(RunError, match="has one with stored predictions") as refused:
        _ = run.dynamics
    assert "eval_strategy" in str(refused.value)


def test_examples_without_a_label_have_none(tmp_path: Path) -> None:
    table = runs.classes([*LABELS[:7], None], PROBABILITIES, NAMES)
    run = runs.write(tmp_path / "run", runs.spec("text_classification", *NAMES), {1: table, 2: table})
    assert list(run.dynamics.index) == list(range(7))
    assert run.dynamics["variability"].max() == 0


def test_evaluations_of_other_rows_are_left_out(tmp_path: Path) -> None:
    table = runs.classes(LABELS, PROBABILITIES, NAMES)
    spec = runs.spec("text_classification", *NAMES)
    run = runs.write(tmp_path / "run", spec, {1: table.head(3), 2: table, 3: table})
    assert run.dynamics.origin is not None and run.dynamics.origin.caption == "2 evaluations, steps 2 to 3"


def test_numbers_have_no_dynamics(tmp_path: Path) -> None:
    table = pd.DataFrame({"label": [1.0], "prediction": [1.0], "error": [0.0], "loss": [0.0]})
    run = runs.write(tmp_path / "run", runs.spec("regression"), {1: table, 2: table})
    with pytest.raises(RunError, match="regression predicts numbers"):
        _ = run.dynamics
