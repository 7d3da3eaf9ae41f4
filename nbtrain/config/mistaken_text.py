"""Strings that are valid but mean something else: the name of a variable, or a path with escapes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbtrain.config.fields import shown
from nbtrain.config.keys import SPLITS
from nbtrain.config.schema import schema
from nbtrain.config.toml.writing import toml_value
from nbtrain.errors import Fix, Problem

PATH_KEYS = ("output_dir", "resume_from_checkpoint")
"""Keys of `TrainingArguments` with a path; those of nbtrain are known by their kind."""


ESCAPED = frozenset("\b\t\n\f\r\x1b")
"""Characters that a backslash and a letter stand for in TOML, and in no name or path."""


def mistaken_text(
    key: str, values: Mapping[str, Any], line: int | None, variables: Mapping[str, Any]
) -> Problem | None:
    """The problem of a string that means something else; None if it may be what it says.

    Args:
        key: Its key.
        values: All values.
        line: The line of the key; None if it is a keyword argument.
        variables: The variables of the notebook.
    """
    value, field = values[key], schema()[key]
    if not isinstance(value, str) or not (key in PATH_KEYS or "object" in field.kinds):
        return None
    if not ESCAPED.isdisjoint(value):
        return _escaped(key, value, line)
    if _is_variable(key, values, variables.get(value)) and not Path(value).exists():
        message = f'`{key} = "{value}"` is text, but `{value}` is a variable of this notebook.'
        return Problem(message, key, line, Fix.write(key, toml_value(f"${value}")))
    return None


def _escaped(key: str, value: str, line: int | None) -> Problem:
    """The problem of a path of Windows, where a backslash begins an escape."""
    path = repr(value)[1:-1].replace("\\x08", "\\b").replace("\\x0c", "\\f").replace("\\x1b", "\\e")
    path = path.replace("\\\\", "\\")
    fix = f'Write {key}=r"{path}".' if line is None else Fix.write(key, f"'{path}'", ", in single quotes")
    return Problem(f"`{key}`: a backslash in {shown(value)} begins an escape.", key, line, fix)


def _is_variable(key: str, values: Mapping[str, Any], variable: Any) -> bool:
    """Whether a string that is also the name of `variable` must mean that. A name on the Hub may be the same."""
    if variable is None or values[key] == "demo":
        return False
    is_table = hasattr(variable, "iloc")
    is_data = is_table or hasattr(variable, "column_names") or isinstance(variable, (list, tuple, dict))
    if key in SPLITS:
        return is_data and "dataset" not in values
    return is_table if key == "dataset" else values[key] == key
