"""A tiny, seeded Trainer: two layers, dropout, random tokens, so that a training takes a second."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def make_trainer(tmp_path: Path) -> Callable[..., Any]:
    """Build a Trainer in folder `name`, the same each time: `make_trainer("a", num_train_epochs=2, ...)`."""
    import numpy as np
    import torch
    from datasets import Dataset
    from transformers import BertConfig, BertForSequenceClassification, Trainer, TrainingArguments, set_seed

    torch.set_num_threads(1)
    generator = np.random.default_rng(0)
    tokens = generator.integers(5, 60, size=(44, 12))
    labels = (tokens.sum(axis=1) % 2).tolist()
    rows = Dataset.from_dict(
        {"input_ids": tokens.tolist(), "attention_mask": np.ones_like(tokens).tolist(), "labels": labels}
    )

    def compute_metrics(prediction: Any) -> dict[str, float]:
        return {"accuracy": float((prediction.predictions.argmax(-1) == prediction.label_ids).mean())}

    def make(
        name: str, *, callbacks: list[Any] | None = None, trainer_class: type[Trainer] = Trainer, **arguments: Any
    ) -> Trainer:
        set_seed(7)
        shape = dict(hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32)
        model = BertForSequenceClassification(BertConfig(vocab_size=60, max_position_embeddings=16, **shape))
        defaults: dict[str, Any] = dict(
            output_dir=str(tmp_path / name),
            per_device_train_batch_size=4,
            num_train_epochs=2,
            learning_rate=1e-2,
            logging_steps=3,
            disable_tqdm=True,
            report_to="none",
            use_cpu=True,
            save_strategy="no",
            seed=11,
        )
        trainer = trainer_class(
            model=model,
            args=TrainingArguments(**{**defaults, **arguments}),
            train_dataset=rows.select(range(32)),
            eval_dataset=rows.select(range(32, 44)),
            compute_metrics=compute_metrics,
            callbacks=callbacks,
        )
        from transformers import PrinterCallback

        trainer.remove_callback(PrinterCallback)
        return trainer

    return make
