"""What a positional argument of `nbtrain.finetune` was meant to be: its only one is a TOML file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbtrain.data.files import READERS
from nbtrain.errors import ConfigError, Problem


def check_arguments(positional: tuple[Any, ...], variables: Mapping[str, Any]) -> None:
    """Check that there is at most one positional argument, which may be the path of a TOML file.

    Args:
        positional: The arguments.
        variables: The variables of the caller, to name objects as the caller does.

    Raises:
        ConfigError: An argument belongs to a key; the fix is the call with its key.
    """
    if not positional or (len(positional) == 1 and _may_be_toml(positional[0])):
        return
    keys = [(_key(value), value) for value in positional]
    named = ", ".join(f"{key}={_written(value, variables)}" if key else "..." for key, value in keys)
    message = f"`nbtrain.finetune` takes one argument without a key, a TOML file, got {_described(positional[0])}."
    fix = f"Write nbtrain.finetune({named}, ...)."
    for key, value in keys:
        if key == "args":
            fix = "Write its arguments themselves: nbtrain.finetune(model=..., train=..., num_train_epochs=3)."
        elif key == "trainer":
            name = _written(value, variables)
            fix = f"To train your own Trainer: run = nbtrain.watch({name}), then {name}.train()."
        elif key == "keys":
            fix = f"Write nbtrain.finetune(**{_written(value, variables)})."
    raise ConfigError([Problem(message, fix=fix)])


def _may_be_toml(value: Any) -> bool:
    if not isinstance(value, (str, Path)):
        return False
    path = Path(value).expanduser()
    return path.suffix.lower() == ".toml" or (path.is_file() and path.suffix.lower() not in READERS)


def _key(value: Any) -> str:
    """The key to which a value belongs, as far as its kind tells; "" if it does not."""
    names = {base.__name__ for base in type(value).__mro__}
    if "TrainingArguments" in names:
        return "args"
    if "Trainer" in names:
        return "trainer"
    if isinstance(value, (str, Path)):
        path = Path(value).expanduser()
        is_data = path.suffix.lower() in READERS or (path.is_dir() and not (path / "config.json").exists())
        return "train" if is_data else "model"
    if "PreTrainedTokenizerBase" in names:
        return "tokenizer"
    if "Module" in names:
        return "model"
    if "DatasetDict" in names:
        return "dataset"
    if isinstance(value, dict):
        from nbtrain.config import schema

        return "keys" if set(value) & set(schema()) else "train"
    is_data = hasattr(value, "columns") or hasattr(value, "column_names") or isinstance(value, (list, tuple))
    return "train" if is_data else ""


def _written(value: Any, variables: Mapping[str, Any]) -> str:
    """`value` as the caller writes it: the name of its variable, or a string."""
    if isinstance(value, (str, Path)):
        return f'"{value}"'
    return next((name for name, one in variables.items() if one is value and not name.startswith("_")), "...")


def _described(value: Any) -> str:
    return f'"{value}"' if isinstance(value, (str, Path)) else f"an object of type {type(value).__name__}"
