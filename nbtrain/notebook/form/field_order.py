"""The keys that are always visible, in groups and in order. Their help texts are those of the schema."""

from __future__ import annotations

from nbtrain.config.describe import DEFAULT_TASK
from nbtrain.config.schema import schema
from nbtrain.tasks.base import Task

DATA, MODEL, TASK, TRAINING, EVALUATION = "Data", "Model", "Task", "Training", "Evaluation"

GROUPS: dict[str, tuple[str, ...]] = {
    DATA: ("dataset", "train", "validation", "validation_split", "task", "text", "label", "max_train_samples"),
    MODEL: ("model", "max_length"),
    TASK: (),
    TRAINING: (
        "learning_rate",
        "num_train_epochs",
        "per_device_train_batch_size",
        "weight_decay",
        "bf16",
        "seed",
    ),
    EVALUATION: ("eval_strategy", "metrics", "max_eval_samples", "early_stopping_patience"),
}
"""The keys of each group. Those of the task depend on it, see `keys_of`."""

PRECISION = ("bf16", "fp16")
"""Two keys that share one field."""

SLIDERS = {"learning_rate": (1e-6, 1e-2)}
"""Keys with a slider, and its range unless `nbtrain.form` gives limits."""

_ELSEWHERE = {"test": DATA, "tokenizer": MODEL}
_BEGINNINGS = {
    "lora_": MODEL,
    "eval_": EVALUATION,
    "metric_": EVALUATION,
    "track_": EVALUATION,
    "compute_metrics": EVALUATION,
    "baselines": EVALUATION,
}


def field_of(key: str) -> str:
    """The key of the field that shows `key`."""
    return PRECISION[0] if key in PRECISION else key


def keys_of(task: Task) -> tuple[str, ...]:
    """The keys that belong to a task: its own, and those for all tasks that are often set for it."""
    often = [("class_weights", bool(task.weighted_loss)), ("lora_r", task.often_adapted)]
    return (*(key.name for key in task.keys), *task.argument_options, *(key for key, is_set in often if is_set))


def group_of(key: str, task: Task | None) -> str:
    """The group of a visible key."""
    if task is not None and key in keys_of(task):
        return TASK
    for group, keys in GROUPS.items():
        if key in keys:
            return group
    if schema()[key].tasks and key not in _ELSEWHERE:
        return TASK  # of another task: its problem says so
    found = next((group for beginning, group in _BEGINNINGS.items() if key.startswith(beginning)), TRAINING)
    return _ELSEWHERE.get(key, found)


def is_offered(key: str, task: Task | None) -> bool:
    """Whether a form offers `key` for a task; while none is known, for the usual one."""
    field = schema()[key]
    return not field.is_deprecated and field.is_for(task.name if task is not None else DEFAULT_TASK)
