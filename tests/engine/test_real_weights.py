"""Bit-identity on real weights and real data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from nbtrain.demo import model_path
from nbtrain.engine.stream import stream

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.training


def make_trainer(data_dir: Path, folder: Path) -> Any:
    from datasets import load_dataset
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        PrinterCallback,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    tokenizer = AutoTokenizer.from_pretrained(model_path())
    rows = load_dataset("csv", data_files=str(data_dir / "mrpc" / "train.csv"), split="train[:48]")
    rows = rows.map(lambda row: tokenizer(row["sentence1"], row["sentence2"], truncation=True))
    set_seed(42)
    model = AutoModelForSequenceClassification.from_pretrained(model_path(), num_labels=2)
    arguments = TrainingArguments(
        str(folder), max_steps=5, logging_steps=2, report_to="none", disable_tqdm=True, save_strategy="no", use_cpu=True
    )
    trainer = Trainer(model=model, args=arguments, train_dataset=rows, processing_class=tokenizer)
    trainer.remove_callback(PrinterCallback)
    return trainer


def test_weights_are_those_of_train(data_dir: Path, tmp_path: Path) -> None:
    plain = make_trainer(data_dir, tmp_path / "plain")
    before = plain.model.classifier.weight.detach().clone()
    plain.train()
    streamed = make_trainer(data_dir, tmp_path / "streamed")
    losses = [event.loss for event in stream(streamed) if event.type == "stepped"]  # type: ignore[attr-defined]
    assert len(losses) == 5
    assert not plain.model.classifier.weight.equal(before)
    for (name, mine), (_, theirs) in zip(
        streamed.model.state_dict().items(), plain.model.state_dict().items(), strict=True
    ):
        assert mine.equal(theirs), name
