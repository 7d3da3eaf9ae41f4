"""The `TrainingArguments` of a script: what differs from transformers' own defaults."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.errors import RunError
from nbtrain.export.text import is_plain, literal

if TYPE_CHECKING:
    from nbtrain.config import Config

ELSEWHERE = ("output_dir", "resume_from_checkpoint")
"""Fields that stand in other places of the script."""

LOOKS = ("disable_tqdm",)
"""What nbtrain sets because it has a panel."""

FILES = ("deepspeed", "fsdp_config", "accelerator_config")
"""Fields that may be the path of a file."""


USE_CPU = "not torch.accelerator.is_available()"
"""Source for the field, where it was chosen because bfloat16 on a CPU asks for it."""


def training_arguments(config: Config, chosen: Mapping[str, Any]) -> dict[str, str]:
    """Source of the value of each field.

    Args:
        config: The configuration of the run.
        chosen: Fields that were chosen for the user.

    Raises:
        RunError: A value is an object.
    """
    defaults = _defaults()
    found: dict[str, str] = {}
    for name, value in {**config.training_arguments(), **chosen}.items():
        if name in ELSEWHERE or (name in LOOKS and name not in config):
            continue
        if isinstance(value, str) and value.startswith("$") and name in config.references:
            value = object()
        if not is_plain(value):
            raise RunError(
                f"`{name}` cannot go into a script: it is an object of type {type(value).__name__}.\n"
                f"    Write its value itself: {name} = ..."
            )
        if name not in defaults or not _same(value, defaults[name]):
            found[name] = literal(_absolute(value) if name in FILES else value)
    if "use_cpu" in chosen and "use_cpu" not in config:
        found["use_cpu"] = USE_CPU
    return found


def _defaults() -> dict[str, Any]:
    from transformers import TrainingArguments

    found = {}
    for spec in dataclasses.fields(TrainingArguments):
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
