"""Field: one key of the configuration, and the check of a value against it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from nbtrain.config.toml.lenient import loose_number
from nbtrain.config.toml.writing import toml_value
from nbtrain.errors import did_you_mean

KIND_NAMES = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "list": "a list",
    "dict": "a table",
    "object": 'a variable ("$name")',
}


@dataclass(frozen=True)
class Field:
    """One key.

    Args:
        name: The key.
        kinds: What kinds of values it takes, names of `KIND_NAMES`.
        default: Its value where the user gives none.
        help: What it is for, in a sentence or two.
        choices: The texts that it takes, if they are few.
        optional: Whether "none" is a value.
        own: Whether it is a key of nbtrain, rather than one of `TrainingArguments`.
        low: Least number allowed.
        above: The number must be larger than this.
    """

    name: str
    kinds: tuple[str, ...]
    default: Any = None
    help: str = ""
    choices: tuple[str, ...] = ()
    optional: bool = False
    own: bool = False
    low: float | None = None
    above: float | None = None

    @property
    def allowed(self) -> str:
        """What it takes, in words."""
        kinds = [
            kind
            for kind in self.kinds
            if not (kind == "str" and self.choices) and not (kind == "int" and "float" in self.kinds)
        ]
        words = [KIND_NAMES[kind] for kind in kinds]
        if self.choices:
            words.append("one of " + ", ".join(f'"{choice}"' for choice in self.choices))
        if self.optional:
            words.append('"none"')
        return " or ".join(words) + self._bounds()

    def _bounds(self) -> str:
        if self.above is not None:
            return f" above {self.above:g}"
        return f", at least {self.low:g}" if self.low is not None else ""

    def parse(self, value: Any) -> Any:
        """The value as the engine takes it.

        Raises:
            ValueError: `value` will not do; the arguments are what is wrong, and a fix (or "").
        """
        if self.optional and (
            value is None or (isinstance(value, str) and value.lower() == "none" and "none" not in self.choices)
        ):
            return "none" if self.default == "none" else None  # `report_to` has a text for it
        kind = _kind(value)
        if "object" in self.kinds and kind in ("object", "dict"):  # a `DatasetDict` is a dict
            return value
        if kind == "int" and "float" in self.kinds and "int" not in self.kinds:
            value = _as_float(value)
            kind = "float"
        if kind not in self.kinds:
            raise ValueError(
                f"`{self.name}` takes {self.allowed}; {shown(value)} is {_described(value, kind)}.",
                self._kind_fix(value, kind),
            )
        if kind == "str" and self.choices and value not in self.choices:
            message = f"`{self.name}` takes {self.allowed}; {shown(value)} is none of them."
            raise ValueError(message, did_you_mean(value, self.choices))
        if kind in ("int", "float") and not self._within(value):
            raise ValueError(f"`{self.name}` must be {self._bound_words(value)}; it is {shown(value)}.", "")
        return value

    def as_written(self, value: Any) -> Any:
        """A whole number without its point where any number will do: people write `num_train_epochs = 3`."""
        if "float" in self.kinds and isinstance(value, float) and value.is_integer() and abs(value) < 1e7:
            return int(value)
        return value

    def _within(self, value: float) -> bool:
        if "float" in self.kinds and not math.isfinite(_as_float(value)):
            return False
        return (self.low is None or value >= self.low) and (self.above is None or value > self.above)

    def _bound_words(self, value: float) -> str:
        if "float" in self.kinds and math.isinf(_as_float(value)):
            return f"a finite number{self._bounds()}"
        return self._bounds().lstrip(", ") or "a number"

    def _kind_fix(self, value: Any, kind: str) -> str:
        """A fix for a value of the wrong kind, where what was meant is plain."""
        if kind == "str":
            bare = value.strip().lower()
            if "bool" in self.kinds and bare in ("true", "false"):
                return f"Write {self.name} = {bare}, without quotes."
            if {"int", "float"} & set(self.kinds) and (number := loose_number(bare)) is not None:
                return f"Write {self.name} = {number}, without quotes."
        if kind == "str" and "list" in self.kinds:
            return f"Write {self.name} = [{shown(value)}]."
        if kind == "float" and "int" in self.kinds and float(value).is_integer():
            return f"Write {self.name} = {int(value)}."
        return ""


def shown(value: Any) -> str:
    """A value as it would stand in TOML, shortened."""
    if isinstance(value, float):
        return toml_value(value)
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError):
        text = f"<{type(value).__name__}>"
    return text if len(text) <= 60 else text[:57] + "..."


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    for kind, type_ in (("int", int), ("float", float), ("str", str), ("list", (list, tuple)), ("dict", dict)):
        if isinstance(value, type_):
            return kind
    return "object"


def _described(value: Any, kind: str) -> str:
    return f"an object of type {type(value).__name__}" if kind == "object" else KIND_NAMES[kind]


def _as_float(value: float) -> float:
    """`value`; infinite where it is a whole number that is larger than any float."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
