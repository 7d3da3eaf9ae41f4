"""Masked language modelling: texts without labels, sums of tokens on the device, and a run that learns."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nbtrain
from nbtrain.data.source import Source
from nbtrain.errors import DataError, RunError
from nbtrain.preprocessing.dataset import read
from nbtrain.tasks.masked_lm import TASK, encode_in_parts, language_scores, token_sums

TEXTS = ["the cat sees the dog", "a bird likes one red cat", "two dog and three bird"] * 20


def test_it_needs_no_label() -> None:
    data = read(Source(dataset=pd.DataFrame({"text": TEXTS, "id": range(60)}), task="masked_lm"))
    assert (data.spec.inputs, data.spec.target, data.spec.labels) == (("text",), (), ())
    assert data.labels == {}
    assert {split: len(rows) for split, rows in data.splits.items()} == {"train": 54, "validation": 6}


@pytest.mark.parametrize(
    ("columns", "source", "said"),
    [
        ({"text": TEXTS, "label": [0, 1] * 30}, {"label": ["label"]}, "Remove label ="),
        ({"question": TEXTS, "answer": TEXTS}, {}, "text = "),
        ({"text": [None, *TEXTS[1:]]}, {}, "1 of 60 rows has no text"),
        ({"number": range(60)}, {}, "No column contains text"),
    ],
)
def test_doubt_and_mistakes_are_named(columns: dict[str, Any], source: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError) as refused:
        read(Source(dataset=pd.DataFrame(columns), task="masked_lm", **source))
    assert said in str(refused.value)


def test_nothing_of_a_long_text_is_lost(tiny_model: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    text = " ".join(TEXTS[:3])
    parts = encode_in_parts([text, "the cat"], tokenizer, 6)
    assert all(len(ids) <= 6 for ids in parts["input_ids"])
    words = [tokenizer.decode(ids, skip_special_tokens=True) for ids in parts["input_ids"]]
    assert " ".join(words[:-1]) == text
    assert words[-1] == "the cat"


def test_sums_are_those_of_all_tokens() -> None:
    import torch

    torch.manual_seed(0)
    logits, labels = torch.randn(3, 5, 7), torch.randint(0, 7, (3, 5))
    labels[0, 2:] = labels[2] = -100
    sums = token_sums((logits, "more"), labels)
    assert sums.shape == (3, 3)
    wanted = torch.nn.functional.cross_entropy(logits.reshape(-1, 7), labels.reshape(-1))
    scores = language_scores(sums.numpy())
    assert scores["perplexity"] == pytest.approx(math.exp(float(wanted)), rel=1e-5)
    known = labels != -100
    assert scores["accuracy"] == pytest.approx(float((logits.argmax(-1) == labels)[known].float().mean()))
    assert math.isnan(language_scores(np.zeros((2, 3)))["perplexity"])


def test_from_texts_to_a_model_that_knows_them(tiny_model: Path, tmp_path: Path) -> None:
    keys: dict[str, Any] = {"model": str(tiny_model), "num_train_epochs": 8, "learning_rate": 1e-2, "use_cpu": True}
    keys |= {"save_strategy": "no"}
    frame = pd.DataFrame({"text": [f"{text} {text}" for text in TEXTS]})
    run = nbtrain.finetune(train=frame, task="masked_lm", output_dir=str(tmp_path / "run"), views=[], **keys)
    assert run.status == "finished"
    perplexity = run.metrics["perplexity"]
    assert perplexity.iloc[-1] < perplexity.iloc[0] < 30
    for one in (run, nbtrain.Run.load(run.directory)):
        with pytest.raises(RunError, match="fill-mask"):
            _ = one.predictions
        with pytest.raises(RunError, match="fill-mask"):
            one.predict(["the [MASK]"])
    assert type(nbtrain.Run.load(run.directory).model).__name__ == "BertForMaskedLM"
    run.save(tmp_path / "adapted")
    labelled = frame.assign(label=["x", "y"] * 30)
    keys |= {"model": str(tmp_path / "adapted"), "num_train_epochs": 1}
    assert nbtrain.finetune(train=labelled, output_dir=str(tmp_path / "next"), views=[], **keys).status == "finished"


def test_an_evaluation_gathers_no_logits_of_the_vocabulary(tiny_model: Path, tmp_path: Path) -> None:
    from nbtrain.config import from_mapping
    from nbtrain.training.finetune import Finetuning

    frame = pd.DataFrame({"text": TEXTS})
    keys: dict[str, Any] = {"model": str(tiny_model), "max_steps": 1, "use_cpu": True, "train": frame}
    finetuning = Finetuning(from_mapping({**keys, "task": "masked_lm", "output_dir": str(tmp_path / "run")}), [])
    trainer = finetuning.prepare().model.trainer
    assert trainer.predict(trainer.eval_dataset).predictions.shape == (6, 3)


def test_a_batch_without_a_hidden_token_gets_one_and_the_others_stay(tiny_model: Path) -> None:
    import torch
    from transformers import AutoTokenizer, DataCollatorForLanguageModeling, set_seed

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    plain, collate = DataCollatorForLanguageModeling(tokenizer), TASK.collator(tokenizer, None)
    examples = [{"input_ids": ids} for ids in tokenizer(["the cat", "a"])["input_ids"]]
    whole = torch.tensor([tokenizer("the cat")["input_ids"], [*tokenizer("a")["input_ids"], 0]])
    without = 0
    for seed in range(100):
        set_seed(seed)
        expected, state = plain([dict(each) for each in examples]), torch.get_rng_state()
        set_seed(seed)
        batch = collate([dict(each) for each in examples])
        hidden = batch["labels"] != -100
        if (expected["labels"] != -100).any():
            assert all(torch.equal(batch[name], value) for name, value in expected.items())
            assert torch.equal(torch.get_rng_state(), state)
            continue
        without += 1
        assert hidden.sum() == 1
        assert batch["labels"][hidden].tolist() == whole[hidden].tolist()
        assert batch["input_ids"][hidden].tolist() == [tokenizer.mask_token_id]
        assert batch["labels"][hidden].item() not in tokenizer.all_special_ids
        assert torch.equal(batch["input_ids"][~hidden], whole[~hidden])
    assert 30 < without < 90, "three tokens: 0.85 ** 3"


def test_texts_of_a_word_have_a_loss_in_every_step_and_evaluation(tiny_model: Path, tmp_path: Path) -> None:
    keys: dict[str, Any] = {"model": str(tiny_model), "max_steps": 12, "use_cpu": True, "save_strategy": "no"}
    keys |= {"per_device_train_batch_size": 1, "per_device_eval_batch_size": 1, "eval_strategy": "steps"}
    frame = pd.DataFrame({"text": ["cat", "dog", "bird", " "] * 10})
    run = nbtrain.finetune(
        train=frame, task="masked_lm", output_dir=str(tmp_path / "run"), views=[], eval_steps=6, **keys
    )
    assert run.status == "finished" and len(run.history) == 12
    assert np.isfinite(run.history["loss"]).all()
    assert np.isfinite(run.metrics[["loss", "perplexity"]].to_numpy()).all()
