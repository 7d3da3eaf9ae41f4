"""Image classification on the digits of scikit-learn: accuracy and seconds of `nbtrain.finetune` and a plain Trainer.

    python -m benchmarks.digits
    python -m benchmarks.digits --seeds 1

The model is a small ViT that is made from a configuration, so both begin with the same random weights of a file. Both
train in turns, each in a fresh process, on the same rows and with the same hyper-parameters; the seeds differ between
rounds.
"""

from __future__ import annotations

import tempfile
from typing import Any

from benchmarks.both_ways import in_turns, is_near, options, ratios, report, spread
from benchmarks.results import Result, shown

EPOCHS = 8
BATCH = 32
LEARNING_RATE = 1e-3
VALIDATION = 360
"""The last rows are for validation."""


def write_model(folder: str) -> None:
    """A ViT of 8 x 8 pixels with random weights, and its image processor."""
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor, set_seed

    set_seed(0)
    shape = {"hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 128}
    config = ViTConfig(image_size=8, patch_size=2, num_labels=10, **shape)
    ViTForImageClassification(config).save_pretrained(folder)
    ViTImageProcessor(size={"height": 8, "width": 8}).save_pretrained(folder)


def digits() -> tuple[Any, Any]:
    """The images with numbers from 0 to 1, and the labels."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return found.images / 16, found.target


def plain(folder: str, seed: int, model: str) -> float:
    """Accuracy on the validation rows after a plain training."""
    import numpy as np
    from datasets import Dataset
    from PIL import Image
    from transformers import (
        AutoImageProcessor,
        AutoModelForImageClassification,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    images, labels = digits()
    processor = AutoImageProcessor.from_pretrained(model)
    pictures = [Image.fromarray((one * 255).round().astype("uint8")).convert("RGB") for one in images]
    rows = Dataset.from_dict({"image": pictures, "label": labels})

    def transform(batch: Any) -> Any:
        return {
            "pixel_values": processor(batch["image"], return_tensors="pt")["pixel_values"],
            "labels": batch["label"],
        }

    set_seed(seed)
    arguments = TrainingArguments(
        folder,
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        eval_strategy="epoch",
        save_strategy="no",
        remove_unused_columns=False,
        seed=seed,
        report_to="none",
        disable_tqdm=True,
    )
    trainer = Trainer(
        AutoModelForImageClassification.from_pretrained(model, num_labels=10),
        arguments,
        train_dataset=rows.select(range(len(rows) - VALIDATION)).with_transform(transform),
        eval_dataset=rows.select(range(len(rows) - VALIDATION, len(rows))).with_transform(transform),
        compute_metrics=lambda found: {"accuracy": float(np.mean(found.predictions.argmax(-1) == found.label_ids))},
    )
    trainer.train()
    return float([entry["eval_accuracy"] for entry in trainer.state.log_history if "eval_accuracy" in entry][-1])


def driven(folder: str, seed: int, model: str) -> float:
    """Accuracy on the validation rows after `nbtrain.finetune`."""
    import nbtrain

    images, labels = digits()
    run = nbtrain.finetune(
        model=model,
        train={"image": images[:-VALIDATION], "label": labels[:-VALIDATION]},
        validation={"image": images[-VALIDATION:], "label": labels[-VALIDATION:]},
        num_train_epochs=EPOCHS,
        per_device_train_batch_size=BATCH,
        learning_rate=LEARNING_RATE,
        save_strategy="no",
        seed=seed,
        output_dir=f"{folder}/run",
        views=[],
    )
    return float(run.metrics["accuracy"].iloc[-1])


def measure(seeds: int = 2) -> Result:
    """Train in both ways with each seed."""
    with tempfile.TemporaryDirectory() as model:
        write_model(model)
        runs = in_turns("digits", seeds, model)
    scores = {way: [run.value for run in found] for way, found in runs.items()}
    names = {"plain": "plain Trainer", "driven": "nbtrain"}
    rows = [
        [names[way], spread(scores[way]), shown([run.seconds for run in found], digits=0)]
        for way, found in runs.items()
    ]
    rows.append(["plain / nbtrain", "", shown(ratios(runs), digits=2)])
    is_alike = is_near(scores["plain"], scores["driven"], margin=0.02)
    missed = () if is_alike else ("the accuracy of nbtrain is not that of the plain Trainer",)
    how = (
        f"1,797 images of 8 x 8 pixels, the last {VALIDATION} for validation; a ViT with 4 layers and random weights, "
        f"{EPOCHS} epochs, batches of {BATCH}, learning rate {LEARNING_RATE:g}, {seeds} seeds. Accuracy: median, with "
        "the lowest and the highest. Seconds with start of the process and evaluations."
    )
    return Result("Digits, image classification", how, ["", "accuracy", "seconds"], rows, missed)


if __name__ == "__main__":
    report(measure(options(__doc__, seeds=2).seeds))
