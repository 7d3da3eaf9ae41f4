"""The quickstart on the embedded model and data, as `make demo` runs it, and what the data set promises."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import nbtrain

pytestmark = pytest.mark.training

ROOT = Path(__file__).parents[2]
BAG_OF_WORDS = 0.65
"""Most that lexical overlap and single words reach (`nbtrain/demo/README.md`)."""


@pytest.mark.timeout(2400)  # a minute on a CPU with bfloat16, many on an old one
@pytest.mark.full
def test_the_quickstart_learns_and_more_epochs_help(tmp_path: Path) -> None:
    target = tmp_path / "out" / "quickstart.ipynb"
    command = [sys.executable, str(ROOT / "scripts" / "run_notebook.py"), "notebooks/quickstart.ipynb", str(target)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert str(target) in done.stdout
    assert "accuracy" in done.stdout

    (directory,) = (tmp_path / "out" / "nbtrain_runs").iterdir()
    accuracy = list(nbtrain.Run.load(directory).metrics["accuracy"])
    assert len(accuracy) == 2
    assert accuracy[0] > BAG_OF_WORDS + 0.05
    assert accuracy[-1] > accuracy[0]

    notebook = nbformat.read(target, as_version=4)
    errors = [output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "error"]
    assert errors == []
    pairs = notebook.cells[-2].outputs[0]["data"]["text/plain"]
    assert "prediction" in pairs


@pytest.mark.full
def test_three_epochs_are_clearly_better_than_one(tmp_path: Path) -> None:
    run = nbtrain.finetune(
        model="demo", dataset="demo", num_train_epochs=3, per_device_train_batch_size=16,
        output_dir=str(tmp_path / "run"), views=[],
    )  # fmt: skip
    accuracy = list(run.metrics["accuracy"])
    assert accuracy[-1] > accuracy[0] + 0.03


@pytest.mark.full
def test_a_learning_rate_of_one_hundredth_fails_visibly(tmp_path: Path) -> None:
    run = nbtrain.finetune(
        model="demo", dataset="demo", learning_rate=1e-2, num_train_epochs=1, per_device_train_batch_size=16,
        output_dir=str(tmp_path / "run"), views=[],
    )  # fmt: skip
    majority = run.predictions["label"].value_counts(normalize=True).max()
    assert run.metrics["accuracy"].iloc[-1] <= majority + 0.02
