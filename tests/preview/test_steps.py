"""The estimated number of steps equals the Trainer's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbtrain.config import from_mapping
from nbtrain.events.recorder import Recorder
from nbtrain.preview import Preview
from nbtrain.training.finetune import Finetuning
from nbtrain.training.prepare import prepare
from nbtrain.training.trainer import steps_of

CASES: list[dict[str, Any]] = [
    {},
    {"gradient_accumulation_steps": 3},
    {"gradient_accumulation_steps": 100},
    {"max_steps": 5},
    {"max_steps": 30, "gradient_accumulation_steps": 2},
    {"dataloader_drop_last": True},
    {"dataloader_drop_last": True, "gradient_accumulation_steps": 4},
    {"num_train_epochs": 0.4},
    {"num_train_epochs": 2.5, "per_device_train_batch_size": 7},
    {"num_train_epochs": 1.3, "per_device_train_batch_size": 5, "gradient_accumulation_steps": 3},
    {"max_train_samples": 17, "per_device_train_batch_size": 4, "train_sampling_strategy": "group_by_length"},
    {"validation_split": 0.3, "per_device_train_batch_size": 60},
]


@pytest.mark.parametrize("changes", CASES, ids=str)
def test_steps_are_those_of_the_trainer(
    changes: dict[str, Any], tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path
) -> None:
    config = from_mapping({"model": str(tiny_model), "train": pairs, "text": ["left", "right"], **changes})
    estimate = Preview().estimate(config)
    trainer = prepare(config, tmp_path, Recorder("plan")).trainer
    assert estimate.steps == steps_of(trainer)
    assert estimate.examples == len(trainer.train_dataset)
    assert estimate.batch_size == trainer.args.train_batch_size * trainer.args.gradient_accumulation_steps
    assert estimate.parameters == sum(parameter.numel() for parameter in trainer.model.parameters())


@pytest.mark.parametrize("changes", [CASES[1], CASES[4], CASES[9]], ids=str)
def test_steps_are_those_that_are_taken(
    changes: dict[str, Any], tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path
) -> None:
    given = {
        "model": str(tiny_model),
        "train": pairs,
        "text": ["left", "right"],
        "output_dir": str(tmp_path),
        "save_strategy": "no",
        **changes,
    }
    config = from_mapping(given)
    finetuning = Finetuning(config)
    finetuning.prepare()
    run = finetuning.train()
    estimate = Preview().estimate(config)
    assert run.state.step == estimate.steps
