"""Trainers of other libraries and other tasks are watched: the training is theirs, the run has what there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from datasets import Dataset

import nbtrain
from nbtrain.errors import RunError

pytestmark = pytest.mark.trainer

TEXTS = ["the cat sees a dog", "a bird likes the cat", "one dog and two", "the red bird", "not the blue dog"] * 4


def arguments(kind: type, folder: Path, **keys: Any) -> Any:
    plain = {"per_device_train_batch_size": 4, "eval_strategy": "epoch", "save_strategy": "no", "report_to": "none"}
    return kind(
        output_dir=str(folder), num_train_epochs=2, use_cpu=True, disable_tqdm=True, logging_steps=1, **plain, **keys
    )


def sentence_transformer(folder: Path, encoder: Path, decoder: Path) -> Any:
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.losses import CosineSimilarityLoss

    model = SentenceTransformer(str(encoder), device="cpu")
    rows = Dataset.from_dict({"first": TEXTS, "second": TEXTS[::-1], "score": [0.1, 0.9] * 10})
    keys = {"train_dataset": rows, "eval_dataset": rows, "loss": CosineSimilarityLoss(model)}
    return SentenceTransformerTrainer(model, arguments(SentenceTransformerTrainingArguments, folder), **keys)


def cross_encoder(folder: Path, encoder: Path, decoder: Path) -> Any:
    from sentence_transformers.cross_encoder import (
        CrossEncoder,
        CrossEncoderTrainer,
        CrossEncoderTrainingArguments,
    )
    from sentence_transformers.cross_encoder.losses import BinaryCrossEntropyLoss

    model = CrossEncoder(str(encoder), num_labels=1, device="cpu", model_kwargs={"ignore_mismatched_sizes": True})
    rows = Dataset.from_dict({"first": TEXTS, "second": TEXTS[::-1], "label": [0, 1] * 10})
    keys = {"train_dataset": rows, "eval_dataset": rows, "loss": BinaryCrossEntropyLoss(model)}
    return CrossEncoderTrainer(model, arguments(CrossEncoderTrainingArguments, folder), **keys)


def supervised_fine_tuning(folder: Path, encoder: Path, decoder: Path, **keys: Any) -> Any:
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    rows = Dataset.from_dict({"prompt": TEXTS, "completion": ["a red dog", "two"] * 10})
    sets = {"train_dataset": rows, "eval_dataset": rows}
    tokenizer = AutoTokenizer.from_pretrained(decoder)
    tokenizer.pad_token = tokenizer.eos_token
    configured = arguments(SFTConfig, folder, max_length=32, gradient_checkpointing=False, bf16=False)
    return SFTTrainer(str(decoder), configured, processing_class=tokenizer, **sets, **keys)


def supervised_fine_tuning_with_lora(folder: Path, encoder: Path, decoder: Path) -> Any:
    from peft import LoraConfig

    return supervised_fine_tuning(folder, encoder, decoder, peft_config=LoraConfig(r=2, task_type="CAUSAL_LM"))


def classifier(folder: Path, encoder: Path, kind: type, *, adapter: bool = False, **keys: Any) -> Any:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer, TrainingArguments, set_seed

    set_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    model = AutoModelForSequenceClassification.from_pretrained(encoder, num_labels=2)
    if adapter:
        from peft import LoraConfig, get_peft_model

        model = get_peft_model(model, LoraConfig(r=2, task_type="SEQ_CLS"))
    rows = Dataset.from_dict({"text": TEXTS, "label": [0, 1] * 10})
    encoded = rows.map(lambda batch: tokenizer(batch["text"]), batched=True)
    sets = {"train_dataset": encoded, "eval_dataset": encoded, **keys}
    return kind(model, arguments(TrainingArguments, folder), processing_class=tokenizer, **sets)


def adapter(folder: Path, encoder: Path, decoder: Path) -> Any:
    from transformers import Trainer

    return classifier(folder, encoder, Trainer, adapter=True)


def weighted_loss(folder: Path, encoder: Path, decoder: Path) -> Any:
    import torch
    from transformers import Trainer

    class Weighted(Trainer):
        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **kwargs: Any) -> Any:
            labels = inputs.pop("labels")
            outputs = model(**inputs)
            loss = torch.nn.functional.cross_entropy(outputs.logits, labels, weight=torch.tensor([1.0, 3.0]))
            return (loss, outputs) if return_outputs else loss

    return classifier(folder, encoder, Weighted)


def several_sets(folder: Path, encoder: Path, decoder: Path) -> Any:
    from transformers import Trainer

    trainer = classifier(folder, encoder, Trainer)
    trainer.eval_dataset = {"seen": trainer.eval_dataset, "other": trainer.eval_dataset.select(range(6))}
    return trainer


def iterable(folder: Path, encoder: Path, decoder: Path) -> Any:
    from transformers import Trainer

    trainer = classifier(folder, encoder, Trainer)
    trainer.train_dataset = trainer.train_dataset.to_iterable_dataset()
    trainer.eval_dataset = trainer.eval_dataset.to_iterable_dataset()
    trainer.args.max_steps = 6
    return trainer


def token_classification(folder: Path, encoder: Path, decoder: Path) -> Any:
    from transformers import (
        AutoModelForTokenClassification,
        AutoTokenizer,
        DataCollatorForTokenClassification,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    set_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(encoder)
    model = AutoModelForTokenClassification.from_pretrained(encoder, num_labels=2)
    words = [text.split() for text in TEXTS]

    def encode(batch: Any) -> Any:
        encoded = tokenizer(batch["tokens"], is_split_into_words=True)
        ids = [encoded.word_ids(row) for row in range(len(batch["tokens"]))]
        return {**encoded, "labels": [[-100 if at is None else at % 2 for at in row] for row in ids]}

    encoded = Dataset.from_dict({"tokens": words}).map(encode, batched=True)
    collator = DataCollatorForTokenClassification(tokenizer)
    keys = {"train_dataset": encoded, "eval_dataset": encoded, "data_collator": collator}
    return Trainer(model, arguments(TrainingArguments, folder), processing_class=tokenizer, **keys)


WITH_PREDICTIONS = (adapter, weighted_loss, several_sets, token_classification)
WITHOUT = (sentence_transformer, cross_encoder, supervised_fine_tuning, supervised_fine_tuning_with_lora, iterable)


@pytest.mark.parametrize("make", [*WITH_PREDICTIONS, *WITHOUT], ids=lambda make: make.__name__)
def test_the_training_is_its_own_and_the_run_has_it(
    make: Callable[[Path, Path, Path], Any], tiny_model: Path, tiny_decoder: Path, tmp_path: Path
) -> None:
    from transformers import set_seed

    logs = []
    for way in ("plain", "watched"):
        set_seed(0)
        trainer = make(tmp_path / way, tiny_model, tiny_decoder)
        run = nbtrain.watch(trainer) if way == "watched" else None
        trainer.train()
        logs.append([_without_times(entry) for entry in trainer.state.log_history])
    assert logs[0] == logs[1]
    assert run is not None and run.status == "finished", run.state.error
    losses = [entry["loss"] for entry in logs[0] if "loss" in entry]
    assert len(run.history) == len(losses) == trainer.state.global_step
    assert run.history["loss"].tolist() == pytest.approx(losses, abs=1e-3)
    assert len(run.metrics) == 2 or make is iterable
    assert any("loss" in name for name in run.metrics.columns)
    assert run.record().html()
    if make in WITH_PREDICTIONS:
        table = run.predictions
        assert isinstance(table, pd.DataFrame) and {"label", "prediction"} <= set(table.columns)
        assert len(table) == (26 if make is several_sets else 20)
    else:
        with pytest.raises(RunError) as caught:
            print(run.predictions)
        if "fine_tuning" in make.__name__:
            assert isinstance(run.chat("the cat", max_new_tokens=2), str)
            assert "run.chat" in str(caught.value)
        assert len(str(caught.value).splitlines()) <= 2


def _without_times(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if not name.endswith(("runtime", "per_second"))}
