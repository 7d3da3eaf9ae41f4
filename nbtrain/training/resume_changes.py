"""What may change when a run continues another one: the configuration of the new run, and its changes in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbtrain import format
from nbtrain.config import Config, from_mapping, schema
from nbtrain.errors import ConfigError, Problem
from nbtrain.training.resume import BATCHES, ResumePoint

UNCHANGEABLE = {
    **dict.fromkeys(("model", "tokenizer", "task", "trainer_class"), "the checkpoint's weights belong to it"),
    **dict.fromkeys(("dataset", "train", "validation", "test", "text", "label"), "the run was trained on that data"),
    **dict.fromkeys(("max_length", "validation_split", "max_train_samples"), "the run was trained on that data"),
    **dict.fromkeys(("seed", "data_seed", "full_determinism"), "the order of the data depends on it"),
    **dict.fromkeys(
        ("lora_r", "lora_alpha", "lora_dropout", "lora_target_modules"), "the checkpoint's adapter belongs to it"
    ),
    "optim": "the checkpoint's optimizer state belongs to it",
    "lr_scheduler_type": "the checkpoint's scheduler state belongs to it",
}
"""Keys that cannot change when a run continues, with the reason."""

MUTUALLY_EXCLUSIVE = (("metrics", "compute_metrics"),)
"""Keys that replace each other."""


def changed_config(origin: ResumePoint, changes: Config, variables: Mapping[str, Any] | None = None) -> Config:
    """The configuration of the parent with `changes`, resuming from the checkpoint.

    Raises:
        ConfigError: A key cannot change, or a variable of the parent no longer exists.
    """
    parent = origin.parent.config
    _refuse_changes(origin, changes)
    replaced = {key for pair in MUTUALLY_EXCLUSIVE if changes.given.keys() & set(pair) for key in pair}
    own = {key: value for key, value in parent.given.items() if key not in changes.given and key not in replaced}
    named = {key: _reference_or_value(key, value, parent, variables) for key, value in own.items()}
    base = from_mapping(named, variables=variables, complete=False)
    given = {**base.given, **changes.given}
    references = {**{key: name for key, name in parent.references.items() if key in own}, **base.references}
    references = {key: name for key, name in {**references, **changes.references}.items() if key in given}
    if origin.checkpoint is not None:
        given["resume_from_checkpoint"] = str(origin.checkpoint)
    return Config(given, references)


def _reference_or_value(key: str, value: Any, config: Config, variables: Mapping[str, Any] | None) -> Any:
    """The value of a key of the parent: "$name" if that variable exists (it may have a new value), else the value.

    Raises:
        ConfigError: The value was an object that is not in this process.
    """
    if isinstance(value, str) and value.startswith("<") and value.endswith(">"):
        message = f"`{key}` was an object of type {value[1:-1]} in that run, which is not in this process."
        raise ConfigError([Problem(message, key, fix=f'Pass it again: {key} = "$name".')])
    reference = config.references.get(key)
    is_there = isinstance(reference, str) and reference.removeprefix("$") in (variables or {})
    return reference if is_there else value


def describe_changes(origin: ResumePoint, changes: Config) -> list[str]:
    """Each changed key with its old and new value: "learning_rate 5e-5 -> 1e-5"."""
    parent = origin.parent.config
    return [
        f"{key} {_format_value(parent[key])} -> {_format_value(value)}"
        for key, value in changes.given.items()
        if key != "output_dir" and _values_differ(parent[key], value)
    ]


def _refuse_changes(origin: ResumePoint, changes: Config) -> None:
    parent, problems = origin.parent.config, []
    for key, value in changes.given.items():
        reason = UNCHANGEABLE.get(key) or (schema()[key].changes_inputs and "the run was trained on these inputs")
        reason = reason or (key in BATCHES and origin.why_batches_cannot_change())
        if reason and _values_differ(parent[key], value):
            message = (
                f"`{key}` cannot change from {_format_value(parent[key])} to {_format_value(value)} when a run "
                f"continues: {reason}."
            )
            problems.append(Problem(message, key, changes.lines.get(key), "Leave it out, or start a new run."))
    if problems:
        raise ConfigError(problems)


def _values_differ(before: Any, now: Any) -> bool:
    """Whether two values of a key differ. False if the old one was an object of another process ("<DataFrame>")."""
    if isinstance(before, str) and before.startswith(("$", "<")):
        return False
    plain = (str, bool, int, float, list, type(None))
    return bool(before != now) if isinstance(before, plain) and isinstance(now, plain) else before is not now


def _format_value(value: Any) -> str:
    if isinstance(value, float):
        return format.hyperparameter(value, 6)
    return str(value) if value is None or isinstance(value, (str, bool, int, list)) else type(value).__name__
