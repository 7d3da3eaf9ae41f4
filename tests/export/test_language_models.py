"""Scripts of models that write give the weights of their runs, bit for bit; with LoRA those of the adapter."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbtrain
from tests.export.conftest import check_same_weights, execute
from tests.training.test_language_models import CHAT, TEXTS


@pytest.mark.kernel
@pytest.mark.parametrize(
    "keys",
    [
        {"train": pd.DataFrame({"text": TEXTS}), "task": "causal_lm", "packing": True},
        {"train": CHAT},
    ],
    ids=["causal_lm", "chat"],
)
def test_the_script_gives_the_same_weights(
    train: Callable[..., nbtrain.Run], tiny_decoder: Path, keys: dict[str, Any], tmp_path: Path
) -> None:
    run = train(model=str(tiny_decoder), **keys, num_train_epochs=1, max_length=24)
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    execute(script)
    check_same_weights(run, script)


@pytest.mark.kernel
def test_hidden_tokens_of_texts_of_a_word(train: Callable[..., nbtrain.Run], tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["cat", "dog", "bird", "the cat"] * 10})
    run = train(train=frame, task="masked_lm", num_train_epochs=1, per_device_train_batch_size=1)
    assert run.history["loss"].notna().all()
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    execute(script)
    check_same_weights(run, script)


@pytest.mark.kernel
def test_lora(train: Callable[..., nbtrain.Run], pairs: pd.DataFrame, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    run = train(train=pairs, text=["left", "right"], lora_r=2, lora_dropout=0.1, num_train_epochs=1)
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    execute(script)
    mine, theirs = (
        load_file(folder / "adapter_model.safetensors")
        for folder in (run.directory / "model", script.with_name("train_output"))
    )
    assert mine.keys() == theirs.keys()
    assert [name for name in mine if not mine[name].equal(theirs[name])] == []
