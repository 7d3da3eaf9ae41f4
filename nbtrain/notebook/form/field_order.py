"""The keys that are always visible, and their order. Their help texts are those of the schema."""

from __future__ import annotations

DATA = ("model", "dataset", "train", "validation", "text", "label", "task")
"""Keys for model and data."""

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
"""The most common hyper-parameters."""

PRECISION = ("bf16", "fp16")
"""Two keys that share one field."""

SLIDERS = {"learning_rate": (1e-6, 1e-2)}
"""Keys with a slider, and its range unless `nbtrain.form` gives limits."""


def field_of(key: str) -> str:
    """The key of the field that shows `key`."""
    return PRECISION[0] if key in PRECISION else key
