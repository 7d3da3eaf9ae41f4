"""A script in two processes: it learns as one process does with batches of the same total size."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbtrain import Run
from tests.conftest import WORDS
from tests.export.conftest import execute

pytestmark = pytest.mark.kernel


@pytest.fixture
def rows() -> pd.DataFrame:
    """64 texts of 1 to 20 words to train on, and 16 others."""
    random = np.random.default_rng(1)
    texts = [" ".join(random.choice(WORDS, size)) for size in random.integers(1, 21, 80)]
    return pd.DataFrame({"text": texts, "label": [["no", "yes"]["cat" in text] for text in texts]})


@pytest.fixture
def without_dropout(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model without dropout, whose random numbers each process would draw for itself."""
    folder = shutil.copytree(tiny_model, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("launcher", "speed"),
    [
        # `--multi_gpu` is what has accelerate start more than one process; the script says that they use the CPU
        (("accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--main_process_port"), "auto"),
        pytest.param(
            ("torch.distributed.run", "--nproc-per-node", "2", "--master-port"), "exact", marks=pytest.mark.full
        ),
    ],
    ids=["accelerate, auto", "torchrun, exact"],
)
def test_the_loss_curve_is_that_of_one_process(
    train: Callable[..., Run],
    rows: pd.DataFrame,
    without_dropout: Path,
    tmp_path: Path,
    launcher: tuple[str, ...],
    speed: str,
) -> None:
    keys: dict[str, Any] = dict(
        model=str(without_dropout), train=rows[:64], validation=rows[64:], text="text", learning_rate=5e-3,
        num_train_epochs=3, logging_steps=1, bf16=False, speed=speed,
        average_tokens_across_devices=False,  # else the Trainer doubles a loss that is a mean
    )  # fmt: skip
    one = train(per_device_train_batch_size=8, **keys)
    assert one.state.prepared is not None and one.state.prepared.speed.get("by_length", False) == (speed == "auto")
    script = Path(train(per_device_train_batch_size=4, **keys).export(tmp_path / "train.py"))
    execute(script, sys.executable, "-m", *launcher, free_port())
    (state,) = script.with_name("train_output").glob("checkpoint-24/trainer_state.json")
    log = json.loads(state.read_text())["log_history"]
    losses = [entry["loss"] for entry in log if "loss" in entry]
    assert len(losses) == 24, "8 steps an epoch, of 4 examples in each of two processes; one would have taken 16"
    assert np.allclose(losses, one.history["loss"], atol=1e-4)
    assert losses[-1] != pytest.approx(losses[0], abs=0.01), "it has learned"
    evaluations = [entry for entry in log if "eval_loss" in entry]
    assert np.allclose([entry["eval_loss"] for entry in evaluations], one.metrics["loss"], atol=1e-4)
    assert [entry["eval_accuracy"] for entry in evaluations] == list(one.metrics["accuracy"])
