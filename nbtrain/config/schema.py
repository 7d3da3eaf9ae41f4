"""The schema: nbtrain's own keys and all fields of `TrainingArguments`, with nbtrain's defaults and bounds."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

from nbtrain.config.arguments import training_arguments
from nbtrain.config.fields import Field
from nbtrain.config.keys import OWN_KEYS

DEFAULTS: dict[str, Any] = {
    "eval_strategy": "epoch",
    "save_strategy": "epoch",
    "logging_first_step": True,
    "logging_steps": 50,
    "disable_tqdm": True,
}
"""Defaults that differ from the Trainer's, which in a notebook would mean no evaluation, no loss before step 500, and
progress bars next to the panel.
"""

DETAILS: dict[str, dict[str, Any]] = {
    "num_train_epochs": {"above": 0},
    "per_device_train_batch_size": {"low": 1},
    "per_device_eval_batch_size": {"low": 1},
    "gradient_accumulation_steps": {"low": 1},
    "learning_rate": {"above": 0},
    "weight_decay": {"low": 0},
    "warmup_steps": {"low": 0},
    "max_grad_norm": {"low": 0},
    "label_smoothing_factor": {"low": 0, "below": 1},
    "adam_beta1": {"low": 0, "below": 1},
    "adam_beta2": {"low": 0, "below": 1},
    "adam_epsilon": {"low": 0},
    "dataloader_num_workers": {"low": 0},
    "seed": {"low": 0, "below": 2**32},
    "data_seed": {"low": 0},
    "save_total_limit": {"low": 1},
    "eval_accumulation_steps": {"low": 1},
    "eval_steps": {"above": 0},
    "save_steps": {"above": 0},
    "logging_steps": {"above": 0},
    "resume_from_checkpoint": {"hint": "To continue a run: `%%finetune --resume run`, nbtrain.finetune(resume=run)."},
}
"""Bounds and hints that `TrainingArguments` does not have, as arguments of `Field`."""


@functools.cache
def schema() -> dict[str, Field]:
    """All keys by name: nbtrain's own, then those of `TrainingArguments` in their order."""
    fields = {field.name: _with_tasks(field) for field in OWN_KEYS}
    for name, field in training_arguments().items():
        fields[name] = replace(field, default=DEFAULTS.get(name, field.default), **DETAILS.get(name, {}))
    return fields


def _with_tasks(field: Field) -> Field:
    if field.name != "task":
        return field
    from nbtrain import tasks

    return replace(field, choices=tuple(tasks.names()))
