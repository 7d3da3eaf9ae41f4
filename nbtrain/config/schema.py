"""The schema: nbtrain's own keys, those of tasks, and the fields of `TrainingArguments` with nbtrain's defaults."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from nbtrain.config.arguments import training_arguments
from nbtrain.config.fields import Field
from nbtrain.config.keys import OWN_KEYS

if TYPE_CHECKING:
    from nbtrain.tasks.base import Task

BASE = "TrainingArguments"

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

KEEP_ALL = "all"
"""Value of `save_total_limit` that keeps every checkpoint."""

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
    "save_total_limit": {
        "low": 1,
        "kinds": ("int", "str"),
        "choices": (KEEP_ALL,),
        "help": 'Number of checkpoints to keep. If omitted, the last and the best one; "all": every one, to branch '
        "from any epoch.",
    },
    "eval_accumulation_steps": {"low": 1},
    "eval_steps": {"above": 0},
    "save_steps": {"above": 0},
    "logging_steps": {"above": 0},
    "resume_from_checkpoint": {"hint": "To continue a run: `%%finetune --resume run`, nbtrain.finetune(resume=run)."},
}
"""Bounds and hints that `TrainingArguments` does not have, as arguments of `Field`."""

TAKEN_BY: dict[str, Callable[[Task], bool]] = {
    "label": lambda task: task.takes_label,
    "max_length": lambda task: task.reads_tokens,
    "class_weights": lambda task: bool(task.weighted_loss),
    "track_train_examples": lambda task: bool(task.example_loss),
}
"""Which tasks take a key of nbtrain's own that is not for all of them."""


@functools.cache
def schema() -> dict[str, Field]:
    """All keys by name: nbtrain's own, those of tasks, then those of `TrainingArguments` in their order, and those that
    only the arguments of a task have.
    """
    from nbtrain import tasks

    every = tasks.every()
    fields = {field.name: field for field in OWN_KEYS}
    fields["task"] = replace(fields["task"], choices=tuple(tasks.names()))
    for name, takes in TAKEN_BY.items():
        takers = tuple(task.name for task in every if takes(task))
        fields[name] = replace(fields[name], tasks=takers if len(takers) < len(every) else ())
    for task in every:
        for key in task.keys:
            fields[key.name] = _for_task(fields.get(key.name) or Field(**vars(key), own=True), task.name)
    for name, field in training_arguments().items():
        fields[name] = replace(field, default=DEFAULTS.get(name, field.default), **DETAILS.get(name, {}))
    for task in every:
        for name, field in training_arguments(task.arguments).items() if task.arguments != BASE else ():
            default = task.argument_defaults.get(name, field.default)
            fields[name] = _for_task(fields.get(name) or replace(field, default=default), task.name)
    return fields


def _for_task(field: Field, task: str) -> Field:
    """A key of `task`, and of those that have it already."""
    return replace(field, tasks=(*field.tasks, task))
