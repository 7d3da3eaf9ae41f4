"""The runner of other libraries' trainer tests: what counts as a difference between two trainings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.trainer_suites.__main__ import compare


def results(folder: Path, way: str, **tests: tuple[str, str]) -> None:
    """Write the results of a way: by name, the outcome of a test and the weights that its only training leaves."""
    path = folder / "results" / f"trl-{way}.json"
    path.parent.mkdir(exist_ok=True)
    found = {
        name: {"outcome": outcome, "reason": "it broke", "trainings": [{"weights": weights, "error": ""}]}
        for name, (outcome, weights) in tests.items()
    }
    path.write_text(json.dumps(found))


def test_a_difference_is_a_failure_or_other_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    passed = ("passed", "aa")
    results(tmp_path, "plain", same=passed, fails=passed, differs=passed, varies=passed, broken=("failed", "aa"))
    results(tmp_path, "again", same=passed, fails=passed, differs=passed, varies=("passed", "bb"))
    results(
        tmp_path,
        "stream",
        same=passed,
        fails=("failed", "aa"),
        differs=("passed", "cc"),
        varies=("passed", "dd"),
        broken=("failed", "aa"),
    )
    assert compare(tmp_path) == 2
    printed = capsys.readouterr().out
    assert "| trl | stream | 3 of 4 | 5 |" in printed
    assert "fails: passed -> failed (it broke)" in printed
    assert "differs: weights" in printed
    assert "varies" not in printed
    assert "trl: 1 x it broke" in printed


@pytest.mark.trainer
def test_a_digest_sees_every_bit_and_no_timings() -> None:
    import torch

    from scripts.trainer_suites.outcome import digest

    def log(**changed: Any) -> Any:
        weights = torch.zeros(2, dtype=torch.bfloat16)
        return [{"loss": 0.1, "runtime": 3.0, "at": "/tmp/a", "weights": weights, **changed}]

    least = torch.tensor([0.0, 9.2e-41], dtype=torch.bfloat16)
    assert digest(log()) == digest(log(runtime=4.0, at="/tmp/b"))
    assert least.count_nonzero() == 1
    assert len({digest(log()), digest(log(loss=0.1 + 1e-17 * 8)), digest(log(weights=least))}) == 3
    assert digest(log()) != digest(log(weights=torch.zeros(1, 2, dtype=torch.bfloat16)))
