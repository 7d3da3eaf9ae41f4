"""A run of a model with an adapter of PEFT: what is kept of it can be loaded again, wherever it is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import nbtrain

if TYPE_CHECKING:
    import pandas as pd

LORA: dict[str, Any] = dict(r=2, lora_dropout=0.1)


@pytest.fixture
def three(pairs: pd.DataFrame) -> pd.DataFrame:
    """The pairs with three labels: a base model that is loaded by its name alone has two."""
    return pairs.assign(label=[("different", "same", "unclear")[at % 3] for at in range(len(pairs))])


def adapted(tiny_model: Path, kind: str, **settings: Any) -> Any:
    import peft
    from transformers import AutoModelForSequenceClassification, set_seed

    set_seed(5)
    labels = dict(enumerate(["different", "same", "unclear"]))
    base = AutoModelForSequenceClassification.from_pretrained(
        tiny_model, num_labels=3, id2label=labels, ignore_mismatched_sizes=True
    )
    return peft.get_peft_model(base, getattr(peft, kind)(**settings))


def train(model: Any, tiny_model: Path, rows: pd.DataFrame, folder: Path) -> nbtrain.Run:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    keys: dict[str, Any] = dict(text=["left", "right"], use_cpu=True, learning_rate=0.05, num_train_epochs=2)
    return nbtrain.finetune(
        model=model, tokenizer=tokenizer, train=rows, validation=rows, **keys, output_dir=str(folder), views=[]
    )


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("LoraConfig", dict(task_type="SEQ_CLS", **LORA)),
        ("LoraConfig", dict(target_modules=["query", "value"], **LORA)),  # the head, made anew, is in no adapter
        ("IA3Config", dict(task_type="SEQ_CLS")),
        ("PromptTuningConfig", dict(task_type="SEQ_CLS", num_virtual_tokens=2)),
    ],
)
def test_it_predicts_the_same_when_it_is_loaded_elsewhere(
    kind: str, settings: dict[str, Any], tiny_model: Path, three: pd.DataFrame, tmp_path: Path
) -> None:
    start = shutil.copytree(tiny_model, tmp_path / "start")
    run = train(adapted(start, kind, **settings), start, three, tmp_path / "run")
    assert run.status == "finished"
    shutil.rmtree(start)
    loaded = nbtrain.Run.load(shutil.move(run.directory, tmp_path / "moved"))
    assert type(loaded.model) is type(run.model)
    classes = ["p(different)", "p(same)", "p(unclear)"]
    before, after = run.predict(three.head(20)), loaded.predict(three.head(20))
    np.testing.assert_allclose(after[classes], before[classes], atol=1e-5)
    assert list(after["prediction"]) == list(before["prediction"])


def test_what_is_saved_is_loaded_by_transformers_alone(tiny_model: Path, three: pd.DataFrame, tmp_path: Path) -> None:
    from transformers import pipeline

    run = train(adapted(tiny_model, "LoraConfig", task_type="SEQ_CLS", **LORA), tiny_model, three, tmp_path / "run")
    classify = pipeline("text-classification", model=str(run.save(tmp_path / "saved")), device="cpu")
    row = three.iloc[0]
    [said] = [classify({"text": row["left"], "text_pair": row["right"]})]
    expected = run.predict(three.head(1)).iloc[0]
    assert said["label"] == expected["prediction"]
    assert said["score"] == pytest.approx(expected["probability"], abs=1e-5)


def test_an_adapter_alone_is_loaded_with_the_base_model_that_it_names(
    tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path
) -> None:
    import peft
    from transformers import AutoModelForSequenceClassification

    base = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    model = peft.get_peft_model(base, peft.LoraConfig(task_type="SEQ_CLS", **LORA))
    run = train(model, tiny_model, pairs, tmp_path / "run")
    before = run.predict(pairs.head(20))
    for name in ("config.json", "model.safetensors"):
        (run.directory / "model" / name).unlink()
    after = nbtrain.Run.load(run.directory).predict(pairs.head(20))
    np.testing.assert_allclose(after["p(same)"], before["p(same)"], atol=1e-5)


def test_the_adapter_has_trained_and_its_base_model_has_not(
    tiny_model: Path, three: pd.DataFrame, tmp_path: Path
) -> None:
    from safetensors.torch import load_file

    run = train(adapted(tiny_model, "LoraConfig", task_type="SEQ_CLS", **LORA), tiny_model, three, tmp_path / "run")
    start, saved = load_file(tiny_model / "model.safetensors"), load_file(run.directory / "model" / "model.safetensors")
    assert start.keys() == saved.keys()
    assert all(start[name].equal(saved[name]) for name in start if not name.startswith("classifier"))
    adapter = load_file(run.directory / "model" / "adapter_model.safetensors")
    assert any("lora_B" in name and bool(weight.any()) for name, weight in adapter.items())
