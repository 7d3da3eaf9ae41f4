"""A key of a configuration, as data. A task declares its own keys with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Key:
    """A key and what it takes.

    Args:
        name: The key.
        kinds: The allowed kinds of values: "bool", "int", "float", "str", "list", "dict", "object".
        default: The default value.
        help: A sentence or two of help.
        choices: The allowed strings, if the key is an enumeration.
        low: Minimum (inclusive).
        above: Minimum (exclusive).
        below: Maximum (exclusive).
        changes_inputs: Whether the model's inputs depend on it, so that it cannot change when a run continues.
    """

    name: str
    kinds: tuple[str, ...]
    default: Any = None
    help: str = ""
    choices: tuple[str, ...] = ()
    low: float | None = None
    above: float | None = None
    below: float | None = None
    changes_inputs: bool = False
