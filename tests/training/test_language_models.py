"""Models that write, from a cell to their answers, and LoRA for every task, with tiny models."""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nbtrain
from nbtrain.errors import ConfigError, DataError, ModelError, RunError

TEXTS = ["the cat sees a dog", "a bird likes the cat", "one dog and two cat", "the red bird", "not the blue dog"] * 12
CHAT = pd.DataFrame({"prompt": [f"the cat {text}" for text in TEXTS], "completion": ["a red dog", "two bird"] * 30})


def finetune(model: Path, folder: Path, **keys: Any) -> nbtrain.Run:
    keys = {"model": str(model), "num_train_epochs": 1, "use_cpu": True, "output_dir": str(folder / "run"), **keys}
    return nbtrain.finetune(**keys, learning_rate=1e-3, max_new_tokens=4, generated_examples=3, views=[])


@pytest.mark.parametrize("packing", [False, True])
def test_causal_language_model(tiny_decoder: Path, tmp_path: Path, packing: bool) -> None:
    frame = pd.DataFrame({"text": TEXTS})
    run = finetune(tiny_decoder, tmp_path, train=frame, task="causal_lm", packing=packing, max_length=16)
    last = run.metrics.iloc[-1]
    assert last["perplexity"] == pytest.approx(math.exp(last["loss"]), rel=0.02), "batches have different lengths"
    assert 0 <= last["accuracy"] <= 1
    table = run.predictions
    assert list(table.columns) == ["prompt", "reference", "generated"] and len(table) == 3
    whole = [f"{prompt} {rest}" for prompt, rest in zip(table["prompt"], table["reference"], strict=True)]
    assert set(whole) <= set(TEXTS)
    new = run.predict(["the cat"])
    assert list(new.columns) == ["prompt", "generated"]
    assert nbtrain.Run.load(run.directory).predict(["the cat"]).equals(new)


@pytest.mark.parametrize(
    ("keys", "is_more"),
    [({"task": "causal_lm", "packing": True, "max_length": 16}, False), ({"task": "masked_lm", "max_length": 5}, True)],
    ids=["fewer inputs than rows", "more"],
)
def test_at_the_end_of_an_epoch_the_batch_size_may_change(
    tiny_model: Path, tiny_decoder: Path, tmp_path: Path, keys: dict[str, Any], is_more: bool
) -> None:
    model = tiny_model if keys["task"] == "masked_lm" else tiny_decoder
    keys = {**keys, "model": str(model), "train": pd.DataFrame({"text": TEXTS}), "use_cpu": True, "views": []}
    run = nbtrain.finetune(**keys, num_train_epochs=2, save_total_limit="all", output_dir=str(tmp_path / "run"))
    assert run.state.prepared is not None
    rows, inputs = run.state.prepared.sizes["train"], run.state.prepared.inputs["train"]
    assert inputs == len(run.trainer.train_dataset) and (inputs > rows if is_more else inputs < rows)
    step = math.ceil(inputs / 8)
    assert list(run.metrics["step"]) == [step, 2 * step]
    other = run.branch(step=step, per_device_train_batch_size=3, views=[])
    per_epoch = math.ceil(inputs / 3)
    assert list(other.metrics["step"]) == [per_epoch, 2 * per_epoch]
    assert list(other.history["step"])[-per_epoch:] == list(range(per_epoch + 1, 2 * per_epoch + 1))
    assert other.state.branched is not None
    assert other.state.branched.changes == ["per_device_train_batch_size 8 -> 3"]


def test_chat(tiny_decoder: Path, tmp_path: Path) -> None:
    run = finetune(tiny_decoder, tmp_path, train=CHAT, num_train_epochs=2)
    assert run.state.prepared is not None and run.state.prepared.spec.task == "chat"
    assert [label for _, label, _ in run.state.prepared.example] == ["", "learned"]
    assert run.state.prepared.example[1][0] in ("a red dog<end>", "two bird<end>")
    tables = [run.predictions_at(step) for step in run.metrics["step"]]
    assert [list(table.columns) for table in tables] == [["prompt", "reference", "generated"]] * 2
    assert tables[0]["prompt"].equals(tables[1]["prompt"])
    assert run.predictions.equals(tables[1])
    with pytest.raises(RunError, match="Steps with predictions: "):
        run.predictions_at(1)
    answer = run.chat("the cat", max_new_tokens=3)
    assert answer == run.chat([{"role": "user", "content": "the cat"}], max_new_tokens=3)
    loaded = nbtrain.Run.load(run.directory)
    assert loaded.chat("the cat", max_new_tokens=3) == answer
    assert loaded.predict(CHAT.head(4)).equals(run.predict(CHAT.head(4)))
    assert list(run.predict(CHAT.head(4))["reference"]) == list(CHAT["completion"].head(4))
    assert "generated" in run.record().html()


def test_generating_does_not_change_the_training(tiny_decoder: Path, tmp_path: Path) -> None:
    keys: dict[str, Any] = {"train": CHAT, "eval_strategy": "steps", "eval_steps": 2, "lora_r": 2, "lora_dropout": 0.3}
    runs = [finetune(tiny_decoder, tmp_path / name, **keys) for name in ("one",)]
    without = nbtrain.finetune(
        model=str(tiny_decoder),
        num_train_epochs=1,
        use_cpu=True,
        output_dir=str(tmp_path / "two"),
        **keys,
        learning_rate=1e-3,
        generated_examples=0,
        views=[],
    )
    assert runs[0].history["loss"].tolist() == without.history["loss"].tolist()


def test_a_classifier_does_not_chat(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    keys: dict[str, Any] = {"train": pairs, "text": ["left", "right"], "max_steps": 1, "views": []}
    run = nbtrain.finetune(model=str(tiny_model), output_dir=str(tmp_path / "run"), **keys)
    with pytest.raises(RunError, match=r"run\.predict"):
        run.chat("hello")


TOKENS = pd.DataFrame(
    {"tokens": [["the", "cat"], ["a", "dog", "sees"]] * 20, "ner_tags": [["O", "B-x"], ["O", "B-y", "O"]] * 20}
)
TASKS = {
    "text_classification": {"train": pd.DataFrame({"text": TEXTS, "label": ["x", "y", "z"] * 20})},
    "regression": {"train": pd.DataFrame({"text": TEXTS, "label": np.linspace(0.1, 3, 60)})},
    "multi_label": {"train": pd.DataFrame({"text": TEXTS, "label": [["x"], ["x", "y"]] * 30})},
    "token_classification": {"train": TOKENS},
    "masked_lm": {"train": pd.DataFrame({"text": TEXTS}), "task": "masked_lm"},
}


@pytest.mark.parametrize("task", TASKS)
def test_lora_trains_few_weights_of_every_task(tiny_model: Path, tmp_path: Path, task: str) -> None:
    import torch
    from transformers import AutoModel

    run = nbtrain.finetune(
        model=str(tiny_model), **TASKS[task], lora_r=2, use_cpu=True, output_dir=str(tmp_path / "run"), views=[]
    )
    assert run.state.prepared is not None and run.state.prepared.spec.task == task
    trained = {name for name, weight in run.model.named_parameters() if weight.requires_grad}
    assert trained and all("lora_" in name or "modules_to_save" in name for name in trained)
    assert any("modules_to_save" in name for name in trained) == (task != "masked_lm"), "a new head is trained, too"
    [note] = [note for note in run.state.prepared.notes if note.startswith("LoRA: ")]
    count = sum(weight.numel() for weight in run.model.parameters() if weight.requires_grad)
    assert f"LoRA: {count:,} of " in note
    assert not (run.directory / "model" / "model.safetensors").exists(), "the adapter alone"
    before = AutoModel.from_pretrained(tiny_model).state_dict()
    whole = AutoModel.from_pretrained(run.save(tmp_path / "whole", merge=True)).state_dict()
    changed = {name for name in before if name in whole and not torch.equal(before[name], whole[name])}
    assert changed and all("LayerNorm" not in name and "embeddings" not in name for name in changed)
    if task == "masked_lm":
        return
    loaded, texts = nbtrain.Run.load(run.directory), ["the cat sees", "a dog"]
    mine, theirs = run.predict(texts), loaded.predict(texts)
    for column in mine.columns:
        if mine[column].dtype.kind == "f":
            assert theirs[column].to_numpy() == pytest.approx(mine[column].to_numpy(), rel=1e-5, abs=1e-6)
        else:
            assert theirs[column].map(str).tolist() == mine[column].map(str).tolist()


def test_a_saved_adapter_is_one_of_peft(tiny_decoder: Path, tmp_path: Path) -> None:
    import torch
    from peft import AutoPeftModelForCausalLM
    from transformers import AutoModelForCausalLM, AutoTokenizer

    run = finetune(tiny_decoder, tmp_path, train=CHAT, lora_r=4, lora_alpha=8, lora_target_modules=["q_proj", "v_proj"])
    adapter, whole = run.save(tmp_path / "adapter"), run.save(tmp_path / "whole", merge=True)
    assert {path.name for path in adapter.iterdir()} >= {"adapter_config.json", "tokenizer.json"}
    inputs = AutoTokenizer.from_pretrained(whole)("the cat", return_tensors="pt")
    with torch.no_grad():
        mine = run.model.eval()(**inputs).logits
        merged = AutoModelForCausalLM.from_pretrained(whole)(**inputs).logits
        theirs = AutoPeftModelForCausalLM.from_pretrained(adapter)(**inputs).logits
    assert torch.allclose(mine, theirs) and torch.allclose(mine, merged, atol=1e-5)


@pytest.mark.parametrize(
    ("keys", "key"),
    [
        ({"lora_r": 4, "lora_target_modules": "nothing"}, "lora_target_modules"),
        ({"lora_alpha": 8}, "lora_alpha"),
        ({"packing": True}, "packing"),
        ({"packing": True, "task": "text_classification"}, "packing"),
    ],
    ids=str,
)
def test_keys_that_do_not_fit(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path, keys: Any, key: str) -> None:
    keys |= {"text": ["left", "right"], "output_dir": str(tmp_path / "run")}
    with pytest.raises(ConfigError) as caught:
        nbtrain.finetune(model=str(tiny_model), train=pairs, **keys, views=[])
    assert [problem.key for problem in caught.value.problems] == [key]
    assert caught.value.problems[0].fix


def test_texts_from_a_generator_are_continued(tiny_decoder: Path, tmp_path: Path) -> None:
    run = finetune(tiny_decoder, tmp_path, train=pd.DataFrame({"text": TEXTS}), task="causal_lm", max_steps=1)
    assert run.predict(text for text in ["the cat", "a dog", ""])["prompt"].tolist() == ["the cat", "a dog", ""]
    assert [len(part) for part in run.predict_in_parts(iter(TEXTS[:5]), rows=2)] == [2, 2, 1]
    for wrong in ([{"content": "hi"}], [], 3):
        with pytest.raises(DataError, match="a list of messages"):
            run.chat(wrong)  # type: ignore[arg-type]


def test_a_model_with_layers_of_an_earlier_adapter_is_refused(
    tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path
) -> None:
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    keys: dict[str, Any] = {"train": pairs, "text": ["left", "right"], "max_steps": 1, "views": [], "use_cpu": True}
    keys |= {"tokenizer": str(tiny_model)}
    first = nbtrain.finetune(model=model, lora_r=2, output_dir=str(tmp_path / "first"), **keys)
    for again in ({}, {"lora_r": 2}):
        with pytest.raises(ConfigError, match="merge_and_unload"):
            nbtrain.finetune(model=model, output_dir=str(tmp_path / "second"), **again, **keys)
    folder = first.save(tmp_path / "both")
    with pytest.raises(ConfigError, match="merge=True"):
        nbtrain.finetune(model=str(folder), output_dir=str(tmp_path / "third"), **keys)
    whole = first.model.merge_and_unload()
    nbtrain.finetune(model=whole, output_dir=str(tmp_path / "fourth"), **keys)


def test_an_adapter_is_no_model(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    keys: dict[str, Any] = {"train": pairs, "text": ["left", "right"], "max_steps": 1, "views": [], "use_cpu": True}
    run = nbtrain.finetune(model=str(tiny_model), lora_r=2, output_dir=str(tmp_path / "run"), **keys)
    with pytest.raises(ModelError, match="merge=True"):
        nbtrain.finetune(model=str(run.save(tmp_path / "adapter")), output_dir=str(tmp_path / "other"), **keys)
    with pytest.raises(ConfigError, match="the checkpoint's adapter belongs to it"):
        run.branch(views=[], lora_alpha=64)


@pytest.mark.kernel
def test_an_evaluation_never_holds_the_logits_of_a_vocabulary(tmp_path: Path) -> None:
    code = f"""
import resource, pandas as pd, nbtrain
from transformers import LlamaConfig, LlamaForCausalLM, AutoTokenizer
import sys
tokenizer = AutoTokenizer.from_pretrained(sys.argv[1])
config = LlamaConfig(vocab_size=128_000, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8)
texts = pd.DataFrame({{"text": ["the cat sees a dog and " * 10] * 200}})
keys = dict(model=LlamaForCausalLM(config), tokenizer=tokenizer, task="causal_lm", use_cpu=True, max_steps=1,
    per_device_train_batch_size=1, per_device_eval_batch_size=2, generated_examples=0, eval_strategy="steps", views=[])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
keys |= dict(train=texts.head(1), validation=texts, output_dir={str(tmp_path / "run")!r}, eval_steps=1)
run = nbtrain.finetune(**keys)
print("rows", len(run.metrics), "MB", (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024)
"""
    model = tmp_path / "tokenizer"

    _tokenizer(model)
    done = subprocess.run([sys.executable, "-c", code, str(model)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    words = done.stdout.split()
    assert words[words.index("rows") + 1] == "1"
    whole = 200 * 60 * 128_000 * 4 / 2**20
    assert float(words[words.index("MB") + 1]) < whole / 5


def _tokenizer(folder: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = ["<unk>", "<end>", "the", "cat", "sees", "a", "dog", "and"]
    whole = Tokenizer(models.WordLevel({word: at for at, word in enumerate(words)}, unk_token="<unk>"))
    whole.pre_tokenizer = pre_tokenizers.Whitespace()
    PreTrainedTokenizerFast(tokenizer_object=whole, unk_token="<unk>", eos_token="<end>").save_pretrained(folder)
