"""Scripts of tasks that learn tokens give the weights of their runs, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from safetensors.torch import load_file

import nbtrain
from scripts.demo_data.seq2seq import make_model
from scripts.demo_data.seq2seq import rows as dates
from tests.export.conftest import check_same_weights, execute
from tests.tasks.test_token_classification import TOKENS, frame


@pytest.mark.kernel
@pytest.mark.parametrize("kind", ["names", pytest.param("spans", marks=pytest.mark.full)])
def test_the_script_gives_the_same_weights(train: Callable[..., nbtrain.Run], kind: str, tmp_path: Path) -> None:
    rows = frame()
    if kind == "spans":
        spans = [[{"start": 0, "end": len(words[0]), "label": "x"}] for words in TOKENS]
        rows = pd.DataFrame({"text": [" ".join(words) for words in TOKENS], "spans": spans})
    run = train(train=rows, class_weights="balanced", num_train_epochs=2)
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    execute(script)
    check_same_weights(run, script)


def test_masked_language_modelling(train: Callable[..., nbtrain.Run], tmp_path: Path) -> None:
    texts = [" ".join(words * 12) for words in TOKENS]
    run = train(train=pd.DataFrame({"text": texts}), task="masked_lm", num_train_epochs=2, max_length=16)
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    assert "preprocess_logits_for_metrics=token_sums" in script.read_text()
    execute(script)
    check_same_weights(run, script)


@pytest.mark.kernel
@pytest.mark.parametrize(
    "keys",
    [
        {},
        *(
            pytest.param(keys, marks=pytest.mark.full)
            for keys in ({"predict_with_generate": False, "prefix": "of "}, {"lora_r": 4})
        ),
    ],
    ids=str,
)
def test_sequence_to_sequence(train: Callable[..., nbtrain.Run], keys: dict[str, Any], tmp_path: Path) -> None:
    model = make_model(tmp_path / "t5", width=16)
    rows = pd.DataFrame(dates(40), columns=["source", "target"])
    run = train(model=str(model), train=rows, num_train_epochs=2, generation_max_length=14, **keys)
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    execute(script)
    if "lora_r" not in keys:
        check_same_weights(run, script)
        return
    assert 'task_type="SEQ_2_SEQ_LM"' in script.read_text()
    folders = run.directory / "model", script.with_name("train_output")
    mine, theirs = (load_file(folder / "adapter_model.safetensors") for folder in folders)
    assert mine.keys() == theirs.keys()
    assert [name for name in mine if not mine[name].equal(theirs[name])] == []
