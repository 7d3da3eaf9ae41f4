"""A configuration as the source of a `%%finetune` cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import tomlkit

from nbtrain.config.config import is_data
from nbtrain.export.text import is_plain

if TYPE_CHECKING:
    from nbtrain.config import Config

MAGIC = "%%finetune --out run"


def cell(config: Config) -> str:
    """The cell: the original text if it is known, else a line for every key that was given.

    An object that was passed to a function becomes a variable with the name of its key; a comment says so.
    """
    if config.text.strip():
        return f"{MAGIC}\n{config.text.strip()}\n"
    document, comments = tomlkit.document(), []
    for key, value in config.given.items():
        if key in config.references:
            document[key] = config.references[key]
        elif is_plain(value) and not is_data(key, value) and not _is_placeholder(value):
            document[key] = _in_toml(value)
        else:
            document[key] = f"${key}"
            kind = value.strip("<>") if _is_placeholder(value) else type(value).__name__
            comments.append(f"# `{key}` was an object of type {kind}: assign it to a variable `{key}` first.")
    return "\n".join([MAGIC, *comments, tomlkit.dumps(document)])


def _is_placeholder(value: Any) -> bool:
    """Whether it is the placeholder that a run directory has for an object without a name: "<DataFrame>"."""
    return isinstance(value, str) and value.startswith("<") and value.endswith(">")


def _in_toml(value: Any) -> Any:
    """`value` for TOML, where None is written as "none"."""
    if isinstance(value, dict):
        return {str(key): _in_toml(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_in_toml(item) for item in value]
    return "none" if value is None else value
