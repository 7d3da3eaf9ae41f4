"""The `TrainingArguments` of a script: the fields that differ from the defaults of transformers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.errors import RunError
from nbtrain.export.text import is_plain, literal

if TYPE_CHECKING:
    from nbtrain.config import Config
    from nbtrain.tasks.base import Task

SET_SEPARATELY = ("output_dir", "resume_from_checkpoint")
"""Fields that the script sets elsewhere."""

DISPLAY_FIELDS = ("disable_tqdm",)
"""Fields that nbtrain sets only because of its panel."""

PATH_FIELDS = ("deepspeed", "fsdp_config", "accelerator_config")
"""Fields whose value may be the path of a file."""

USE_CPU = "not torch.accelerator.is_available()"
"""Source of the value if nbtrain chose it, because bfloat16 on a CPU needs it."""


def training_arguments(config: Config, chosen: Mapping[str, Any], task: Task) -> dict[str, str]:
    """Source of the value of each field.

    Args:
        config: The configuration of the run.
        chosen: Fields that nbtrain chose for the user.
        task: The task, which has a class of arguments.

    Raises:
        RunError: A value is an object.
    """
    defaults = _defaults(task.arguments)
    found: dict[str, str] = {}
    on_demand = {"remove_unused_columns": False} if task.on_demand else {}
    for name, value in {**task.argument_defaults, **config.training_arguments(), **chosen, **on_demand}.items():
        if name in SET_SEPARATELY or (name in DISPLAY_FIELDS and name not in config):
            continue
        if isinstance(value, str) and value.startswith("$") and name in config.references:
            value = object()
        if not is_plain(value):
            raise RunError(
                f"`{name}` cannot be exported to a script: it is an object of type {type(value).__name__}.\n"
                f"    Write a plain value: {name} = ..."
            )
        if name not in defaults or not _same(value, defaults[name]):
            found[name] = literal(_absolute(value) if name in PATH_FIELDS else value)
    if "use_cpu" in chosen and "use_cpu" not in config:
        found["use_cpu"] = USE_CPU
    return found


def _defaults(arguments: str) -> dict[str, Any]:
    import transformers

    found = {}
    for spec in dataclasses.fields(getattr(transformers, arguments)):
        if spec.default is not dataclasses.MISSING:
            found[spec.name] = spec.default
        elif spec.default_factory is not dataclasses.MISSING:
            found[spec.name] = spec.default_factory()
    return found


def _same(value: Any, default: Any) -> bool:
    return bool(value == default) and isinstance(value, bool) == isinstance(default, bool)


def _absolute(value: Any) -> Any:
    is_file = isinstance(value, str) and Path(value).expanduser().is_file()
    return str(Path(value).expanduser().absolute()) if is_file else value
