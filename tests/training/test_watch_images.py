"""A user's Trainer of images."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import nbtrain
from nbtrain.data.frames import from_frame
from nbtrain.errors import RunError
from tests.tasks.test_image_classification import frame, tiny_vit  # noqa: F401

pytestmark = pytest.mark.trainer


def test_it_trains_alike_and_has_predictions(tiny_vit: Path, tmp_path: Path) -> None:  # noqa: F811
    from transformers import AutoImageProcessor, Trainer, TrainingArguments, ViTForImageClassification, set_seed

    processor = AutoImageProcessor.from_pretrained(tiny_vit)
    rows = from_frame(frame()).class_encode_column("label")

    def transform(batch: dict[str, Any]) -> dict[str, Any]:
        import numpy as np

        pictures = [np.dstack([np.uint8(one)] * 3) for one in batch["image"]]
        return {**processor(pictures, return_tensors="pt"), "labels": batch["label"]}

    losses = []
    for name in ("plain", "watched"):
        set_seed(0)
        arguments = TrainingArguments(
            str(tmp_path / name), max_steps=6, logging_steps=1, eval_strategy="steps", eval_steps=3, use_cpu=True,
            remove_unused_columns=False, report_to="none", save_strategy="no", disable_tqdm=True,
        )  # fmt: skip
        trainer = Trainer(
            ViTForImageClassification.from_pretrained(tiny_vit), arguments, processing_class=processor,
            train_dataset=rows.with_transform(transform), eval_dataset=rows.with_transform(transform),
        )  # fmt: skip
        run = nbtrain.watch(trainer) if name == "watched" else None
        trainer.train()
        losses.append([entry[key] for entry in trainer.state.log_history for key in entry if key.endswith("loss")])
    assert losses[0] == losses[1]
    assert run is not None
    assert list(run.predictions["correct"]) == list(run.predictions["label"] == run.predictions["prediction"])
    assert len(run.predictions) == 40
    with pytest.raises(RunError, match="image classification"):
        run.predict(frame())
