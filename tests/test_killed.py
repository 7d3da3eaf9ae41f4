"""A process that is killed at any moment: what it did until then is on the disk, and going on ends where it would have."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbtrain
from nbtrain.resuming import checkpoints

pytestmark = pytest.mark.kernel

KEYS: dict[str, Any] = dict(
    text=["left", "right"], label="label", use_cpu=True, per_device_train_batch_size=4, num_train_epochs=6,
    learning_rate=1e-3, save_strategy="steps", save_steps=3, eval_strategy="steps", eval_steps=5,
)  # fmt: skip
SCRIPT = """
import json, sys, torch, nbtrain
torch.set_num_threads(1)
nbtrain.finetune(**json.loads(sys.argv[1]), views=[])
"""


def kill_and_go_on(folder: Path, keys: dict[str, Any], seed: int) -> nbtrain.Run | None:
    """Train in another process, kill it at some moment, and go on in this one; None if it was too early to go on."""
    import json

    directory = folder / f"run-{seed}"
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, json.dumps({**keys, "output_dir": str(directory)})],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.DEVNULL,
    )
    journal = directory / "events.jsonl"
    while process.poll() is None and not (journal.exists() and b'"stepped"' in journal.read_bytes()):
        time.sleep(0.01)
    time.sleep(random.Random(seed).uniform(0, 1.2))
    killed_at = journal.read_bytes().count(b'"stepped"')
    process.send_signal(signal.SIGKILL)
    process.wait()

    run = nbtrain.Run.load(directory)
    assert run.status in ("interrupted", "finished"), "the lock went with the process"
    assert len(run.history) >= killed_at
    assert list(run.history["step"]) == list(range(1, len(run.history) + 1))
    assert run.record().text()
    counted = checkpoints(run)
    if not counted or run.status == "finished":
        return None
    return run.branch()


@pytest.fixture
def keys(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.chdir(tmp_path)
    pairs.to_csv(tmp_path / "pairs.csv", index=False)
    return {**KEYS, "model": str(tiny_model), "train": str(tmp_path / "pairs.csv")}


def kill_at(keys: dict[str, Any], folder: Path, seeds: range) -> None:
    whole = nbtrain.finetune(**keys, views=[])
    expected = {name: value.clone() for name, value in whole.model.state_dict().items()}
    gone_on = 0
    for seed in seeds:
        run = kill_and_go_on(folder, keys, seed)
        if run is not None:
            gone_on += 1
            assert run.status == "finished"
            assert all(bool((expected[name] == value).all()) for name, value in run.model.state_dict().items()), seed
            assert list(run.history["step"]) == list(whole.history["step"])
    assert gone_on > 0, "each was killed before its first checkpoint"


def test_a_few_moments(keys: dict[str, Any], tmp_path: Path) -> None:
    kill_at(keys, tmp_path, range(3))


@pytest.mark.full
def test_twenty_moments(keys: dict[str, Any], tmp_path: Path) -> None:
    kill_at(keys, tmp_path, range(100, 120))
