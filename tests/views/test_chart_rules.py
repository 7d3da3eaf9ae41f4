from __future__ import annotations

import json
import math
from typing import Any

import pytest

from nbtrain.events.state import RunState
from nbtrain.views.chart_rules import axis_range, epoch_ends, smoothed, ticks
from tests.views.chart_cases import FILE, RUNS, decided
from tests.views.conftest import training

CASES: dict[str, dict[str, Any]] = {case["name"]: case for case in json.loads(FILE.read_text(encoding="utf-8"))}


def near(wanted: Any) -> Any:
    """`wanted`, to be compared with a tolerance."""
    if isinstance(wanted, list) and any(isinstance(item, str) for item in wanted):
        return wanted
    if isinstance(wanted, list) and any(isinstance(item, list) for item in wanted):
        return [near(item) for item in wanted]
    return pytest.approx(wanted, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("name", RUNS)
def test_the_browser_and_python_decide_the_same(name: str) -> None:
    """`tests/js/chart_cases.test.mjs` is the other half."""
    is_, wanted = decided(CASES[name]), CASES[name]["decided"]
    assert list(is_) == list(wanted)
    for key, value in wanted.items():
        assert is_[key] == near(value), key


def test_each_evaluation_set_has_a_line() -> None:
    decided_ = CASES["several evaluation sets"]["decided"]
    assert decided_["validation"] == ["validation loss, easy", "validation loss, hard"]
    hard = CASES["several evaluation sets"]["curves"]["eval_hard_loss"]
    assert max(high for _, _, _, high, _ in hard) <= decided_["range"][1]


def test_one_noisy_last_batch_is_no_rise() -> None:
    case = CASES["a noisy last batch"]
    *_, last = (mean for *_, mean in case["curves"]["loss"])
    *_, before, end = case["decided"]["smoothed"]
    assert last - before > 0.4
    assert 0 < end - before < 0.15 * (last - before)


def test_the_last_value_of_a_line_is_debiased() -> None:
    """The first values are means of what there is, and do not begin at 0."""
    assert smoothed([1, 2, 3], [4.0, 4.0, 4.0]) == pytest.approx([4.0] * 3)
    assert smoothed([7, 8, 9], [3.0, 1.0, 2.0])[0] == 3.0
    assert smoothed([1, 2], [3.0, 1.0]) == [3.0, 1.0], "two points are not smoothed"
    assert smoothed([], []) == []


@pytest.mark.parametrize("steps", [1_000, 5_000, 60_000])
def test_a_saved_record_has_the_line_of_the_panel(steps: int) -> None:
    """It has fewer points of the same curve."""
    curve = RunState.fold(training(steps, 3, every=0)).curves["loss"]
    lines = []
    for bins in (curve.bins, curve.thinned(500), curve.thinned(250)):
        line = smoothed([bin.last for bin in bins], [bin.mean for bin in bins])
        lines.append({bin.last: value for bin, value in zip(bins, line, strict=True)})
    whole, *thinned = lines
    for line in thinned:
        common = [step for step in sorted(set(whole) & set(line)) if step > 0.02 * steps]
        assert len(common) > 100
        assert max(abs(whole[step] - line[step]) for step in common) < 0.04, "a twelfth of the curve's height"


def test_the_line_is_not_far_behind_the_curve() -> None:
    """The loss is twice as low after half of the steps; the line says so at most 2 % of the steps later."""
    falling = [1 - step / 5_000 for step in range(5_000)]
    line = smoothed(list(range(1, 5_001)), falling)
    crossed = next(step for step, value in enumerate(line) if value < 0.5)
    assert 2_500 < crossed < 2_600


@pytest.mark.parametrize("value", [0.0, -2.0, 2.0, 1e30])
def test_the_axis_of_a_constant_is_not_empty(value: float) -> None:
    low, high = axis_range(value, value)
    marks = ticks(low, high, 5)
    assert marks[0] <= low <= value <= high <= marks[-1]
    assert low < high


def test_ticks_are_round_and_enclose_the_range() -> None:
    assert ticks(0, 1, 5) == [0, 0.2, 0.4, 0.6, 0.8, 1]
    assert ticks(-3, 12_000, 4) == [-5_000, 0, 5_000, 10_000, 15_000]


def test_epochs_are_thinned() -> None:
    assert [number for number, _ in epoch_ends(1_000, 100, 0, 1_000)] == list(range(10, 101, 10))
    assert epoch_ends(300, 3, 150, 310) == [(2, 200), (3, 300)]
    assert epoch_ends(5, 0, 0, 10) == epoch_ends(0, 0, 0, 10) == []


def test_a_loss_that_is_no_number_is_left_out() -> None:
    assert all(map(math.isfinite, CASES["losses that are no numbers"]["decided"]["smoothed"]))
