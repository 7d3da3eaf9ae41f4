"""Scripts of token classification and of masked language modelling give the weights of their runs, bit for bit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

import nbtrain
from tests.export.conftest import check_same_weights, execute
from tests.tasks.test_token_classification import TOKENS, frame


@pytest.mark.kernel
@pytest.mark.parametrize("kind", ["names", "spans"])
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
