"""What the benchmarks make of their measurements."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as every
from benchmarks import both_ways, end_to_end
from benchmarks.phases import EVALUATE, PHASES, PREDICT, TRAIN
from benchmarks.results import Result, shown

pytestmark = pytest.mark.full


def run(train: float, accuracy: float) -> dict[str, float]:
    """What a training gives."""
    phases = {**dict.fromkeys(PHASES, 1.0), TRAIN: train, PREDICT: 0.0}
    return {**phases, "whole": sum(phases.values()), "accuracy": accuracy, "memory": 900.0}


def test_one_section_of_the_results_is_written_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(every, "FILE", tmp_path / "RESULTS.md")
    for name, title in (("overhead", "A"), ("mrpc", "B"), ("predictions", "C"), ("overhead", "D")):
        every.write(name, every.section(Result(title, "how", ["x"], [["1"]], missed=["too slow"])))
    text = every.FILE.read_text()
    titles = [line for line in text.splitlines() if line.startswith("#")]
    assert titles == ["# Results", "## B", "## D", "## C"], "in the order of the list"
    assert text.count("torch ") == 3, "each with where it was measured"
    assert text.count("**Missed:** too slow.") == 3


def test_the_whole_job_is_judged_by_time_and_accuracy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_to_end, "__file__", str(tmp_path / "end_to_end.py"))
    job = end_to_end.JOBS["mrpc"]
    plain = [run(300, 0.80), run(310, 0.78), run(290, 0.79)]
    fast = end_to_end.result_of(job, {"plain Trainer": plain, "%%finetune": [run(95, 0.79)] * 3})
    assert fast.missed == []
    cells = {row[0]: row[1:] for row in fast.rows}
    assert cells[EVALUATE] == ["1.0 (1.0 to 1.0)", "1.0 (1.0 to 1.0)", "1.0"]
    assert cells[TRAIN][2] == "3.2" and cells[PREDICT][2] == ""
    assert cells["accuracy of each seed"][0] == "0.800 0.780 0.790"
    assert (tmp_path / fast.picture).read_bytes().startswith(b"\x89PNG")
    slow = end_to_end.result_of(job, {"plain Trainer": plain, "%%finetune": [run(200, 0.7)] * 3})
    assert [one.split()[0] for one in slow.missed] == ["1.49", "accuracy"]


def test_medians_have_their_spread() -> None:
    assert shown([1.0, 2.0, 3.0, 4.0, 5.0], digits=0) == "3 (2 to 4)"
    assert shown([0.0251], unit=0.001) == "25.1"


def test_both_ways_take_turns_in_processes_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        said.append(command[-1].partition("digits.")[2].split("(")[0])
        assert command[-1].endswith(f", {(len(said) - 1) // 2}, 'model', None)))"), "the seed, and further arguments"
        return subprocess.CompletedProcess(command, 0, stdout="a warning\nRESULT 0.75\n", stderr="")

    monkeypatch.setattr(subprocess, "run", run)
    runs = both_ways.in_turns("digits", 2, "model", None)
    assert said == ["plain", "driven", "driven", "plain"]
    assert {way: [one.value for one in found] for way, found in runs.items()} == {way: [0.75, 0.75] for way in runs}


def test_scores_are_alike_within_the_spread_of_seeds() -> None:
    assert both_ways.is_near([0.50, 0.54], [0.56, 0.57, 0.60])
    assert not both_ways.is_near([0.50, 0.54], [0.59, 0.60, 0.45])
    assert both_ways.is_near([0.5], [0.51], margin=0.02) and not both_ways.is_near([0.5], [0.53], margin=0.02)
    assert both_ways.spread([0.5, 0.25, 1.0]) == "0.500 (0.250 to 1.000)"
