"""Data and weights of the hub keep their names in a script."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.hub import Hub, glue_repo

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.kernel, pytest.mark.training]

SCRIPT = """
import nbtrain
keys = {"max_steps": 2, "eval_strategy": "no", "save_strategy": "no", "use_cpu": True, "output_dir": "run"}
run = nbtrain.finetune(model="acme/tiny", dataset="glue/mrpc", metrics="glue/mrpc", views=[], **keys)
run.export("train.py")
"""


@pytest.mark.full
def test_names_of_the_hub(tiny_model: Path, data_dir: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    with Hub() as hub:
        hub.add_model("acme/tiny", tiny_model)
        hub.add_dataset("nyu-mll/glue", glue_repo(data_dir))
        environment = os.environ | hub.env(tmp_path / "cache") | {"OMP_NUM_THREADS": "1"}
        for command in (["-c", SCRIPT], ["train.py"]):
            done = subprocess.run(
                [sys.executable, *command], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, done.stderr
    text = (tmp_path / "train.py").read_text()
    assert 'MODEL = "acme/tiny"' in text
    assert '"validation": load_dataset("nyu-mll/glue", "mrpc", split="validation"),' in text
    assert 'encoded["labels"] = batch["label"]' in text
    assert not (tmp_path / "train_data").exists()
    mine = load_file(tmp_path / "run" / "model" / "model.safetensors")
    theirs = load_file(tmp_path / "train_output" / "model.safetensors")
    assert [name for name in mine if not mine[name].equal(theirs[name])] == []
