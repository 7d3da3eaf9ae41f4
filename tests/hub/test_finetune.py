"""Fine-tune with a model and a data set from the Hub, by ID."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from nbtrain.demo import model_path
from tests.hub import Hub, glue_repo

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.kernel, pytest.mark.training]

SCRIPT = """
import nbtrain
few = {"max_train_samples": 64, "max_eval_samples": 32, "num_train_epochs": 1}
run = nbtrain.finetune(model="acme/minilm", dataset="glue/mrpc", metrics="glue/mrpc", **few)
assert run.status == "finished"
assert list(run.metrics.columns) == ["step", "epoch", "loss", "accuracy", "f1"]
assert set(run.predictions["label"]) == {"equivalent", "not_equivalent"}, run.predictions["label"]
assert run.model.config.id2label == {0: "not_equivalent", 1: "equivalent"}
assert "idx" in run.predictions
print(len(run.predict("test")))
"""


def test_model_and_data_come_from_the_hub(data_dir: Path, tmp_path: Path) -> None:
    with Hub() as hub:
        hub.add_model("acme/minilm", model_path())
        hub.add_dataset("nyu-mll/glue", glue_repo(data_dir))
        environment = os.environ | hub.env(tmp_path / "cache")
        done = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
        )
        asked = {path for _, path in hub.requests}
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "32"
    assert any("acme/minilm" in path and path.endswith("model.safetensors") for path in asked)
    assert any("nyu-mll/glue" in path and path.endswith(".parquet") for path in asked)
    assert done.stderr == "", "no bars, no warnings"
