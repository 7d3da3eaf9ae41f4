"""`nbtrain.finetune(df)`: to which key a positional argument belongs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from datasets import Dataset, DatasetDict

import nbtrain
from nbtrain.errors import ConfigError


def fix_of(call: Callable[[], Any]) -> str:
    with pytest.raises(ConfigError) as caught:
        call()
    [problem] = caught.value.problems
    return problem.fix or ""


def test_objects_are_named_as_the_caller_names_them() -> None:
    df = pd.DataFrame({"text": ["a"], "label": [1]})
    data = Dataset.from_pandas(df)
    splits = DatasetDict(train=data)
    rows = [{"text": "a", "label": 1}]
    keys = {"model": "demo"}
    assert fix_of(lambda: nbtrain.finetune(df)) == "Write nbtrain.finetune(train=df, ...)."
    assert fix_of(lambda: nbtrain.finetune(data)) == "Write nbtrain.finetune(train=data, ...)."
    assert fix_of(lambda: nbtrain.finetune(splits)) == "Write nbtrain.finetune(dataset=splits, ...)."
    assert fix_of(lambda: nbtrain.finetune(rows)) == "Write nbtrain.finetune(train=rows, ...)."
    assert fix_of(lambda: nbtrain.finetune(keys)) == "Write nbtrain.finetune(**keys)."
    assert fix_of(lambda: nbtrain.finetune("demo", df)) == 'Write nbtrain.finetune(model="demo", train=df, ...).'
    assert fix_of(lambda: nbtrain.finetune(df.head(1))) == "Write nbtrain.finetune(train=..., ...)."


@pytest.mark.parametrize(
    ("name", "key"), [("train.csv", "train"), ("x.jsonl", "train"), ("bert-base-cased", "model"), ("a/b", "model")]
)
def test_names(name: str, key: str) -> None:
    assert fix_of(lambda: nbtrain.finetune(name)) == f'Write nbtrain.finetune({key}="{name}", ...).'
    assert fix_of(lambda: nbtrain.finetune(Path(name))) == f'Write nbtrain.finetune({key}="{name}", ...).'


def test_a_file_of_keys_is_read(tmp_path: Path) -> None:
    for path in (tmp_path / "keys", tmp_path / "keys.toml"):
        path.write_text('modl = "demo"')
        with pytest.raises(ConfigError, match="modl"):
            nbtrain.finetune(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        nbtrain.finetune(tmp_path / "none.toml")


def test_arguments_of_the_trainer() -> None:
    from transformers import TrainingArguments

    assert "num_train_epochs=3" in fix_of(lambda: nbtrain.finetune(TrainingArguments("x", report_to="none")))
