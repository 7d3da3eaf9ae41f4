"""Which keys stand in front, and in what order. Their texts are the schema's."""

from __future__ import annotations

DATA = ("model", "dataset", "train", "validation", "text", "label", "task")
"""What is trained, and on what."""

TUNED = (
    "learning_rate",
    "num_train_epochs",
    "per_device_train_batch_size",
    "warmup_steps",
    "weight_decay",
    "lr_scheduler_type",
    "max_length",
    "bf16",
    "early_stopping_patience",
    "seed",
)
"""The hyper-parameters that people change first."""

PRECISION = ("bf16", "fp16")
"""Two keys that are one question, and one field."""

SLIDERS = {"learning_rate": (1e-6, 1e-2)}
"""Keys with a slider, and its range where no teacher gives another."""


def field_of(key: str) -> str:
    """The key under which the field of `key` goes."""
    return PRECISION[0] if key in PRECISION else key
