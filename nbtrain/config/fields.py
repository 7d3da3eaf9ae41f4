"""A key of the configuration, and the validation of its values."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass
from enum import Enum
from typing import Any

from nbtrain.config.toml.lenient import lenient_number
from nbtrain.config.toml.writing import toml_value
from nbtrain.errors import Edit, Fix, did_you_mean
from nbtrain.tasks.keys import Key

KIND_NAMES = {
    "bool": "true or false",
    "int": "an integer",
    "float": "a number",
    "str": "a string",
    "list": "a list",
    "dict": "a table",
    "object": 'a variable ("$name")',
}
COLUMN_KEYS = ("text", "label")
_NOUNS = {
    "int": "the integer",
    "float": "the number",
    "str": "the string",
    "list": "the list",
    "dict": "the table",
}
"""How messages name a value of each kind that was not expected."""


@dataclass(frozen=True)
class Field(Key):
    """One key, with the rules for its values.

    Args:
        optional: Whether "none" is allowed.
        own: Whether it is a key of nbtrain and not of `TrainingArguments`.
        hint: What to do if a value of another kind was given.
        tasks: Names of the tasks that it is for; empty if it is for all.
    """

    optional: bool = False
    own: bool = False
    hint: str = ""
    tasks: tuple[str, ...] = ()

    @property
    def allowed(self) -> str:
        """The allowed values, for messages."""
        kinds = [
            kind
            for kind in self.kinds
            if not (kind == "str" and self.choices) and not (kind == "int" and "float" in self.kinds)
        ]
        words = [KIND_NAMES[kind] + (self.bounds if kind in ("int", "float") else "") for kind in kinds]
        if self.choices:
            words.append("one of " + ", ".join(f'"{choice}"' for choice in self.choices))
        if self.optional:
            words.append('"none"')
        return " or ".join(words)

    @property
    def example(self) -> Any:
        """A valid value: the default, else a plausible one; None if there is no such value."""
        if self.default is not None and isinstance(self.default, (bool, int, float, str)):
            return self.as_written(self.default)
        for kind, value in (("int", max(1, int(self.low or 1))), ("float", 1.0), ("bool", True)):
            if kind in self.kinds:
                return value
        return self.choices[0] if self.choices else None

    @property
    def is_deprecated(self) -> bool:
        """Whether transformers says that it will be removed."""
        return "deprecated" in self.help.lower()

    def is_for(self, task: str) -> bool:
        """Whether `task` takes it."""
        return not self.tasks or task in self.tasks

    @property
    def of_columns(self) -> bool:
        """Whether the values are names of columns."""
        return self.name in COLUMN_KEYS

    @property
    def is_share(self) -> bool:
        """Whether it is a part of a whole, which may be given in percent by mistake."""
        return self.below == 1 and self.default is not None

    @property
    def bounds(self) -> str:
        """The bounds of a number in words, with a blank before them."""
        known = (("greater than", self.above), ("of at least", self.low), ("less than", self.below))
        bounds = [f"{words} {bound:.12g}" for words, bound in known if bound is not None]
        return f" {' and '.join(bounds)}" if bounds else ""

    def parse(self, value: Any) -> Any:
        """The value in the form that the engine takes.

        Raises:
            ValueError: `value` is not allowed; the arguments are the message and a fix (or "").
        """
        if isinstance(value, Enum):  # those of transformers
            value = value.value
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        if self.optional and (
            value is None or (isinstance(value, str) and value.lower() == "none" and "none" not in self.choices)
        ):
            return "none" if self.default == "none" else None  # for `report_to`, "none" is a value
        kind = _kind(value)
        is_data = kind == "list" and "list" not in self.kinds and not all(isinstance(item, str) for item in value)
        if "object" in self.kinds and (kind in ("object", "dict") or is_data):  # a `DatasetDict` is a dict
            return value
        if kind == "object" and hasattr(value, "tolist"):  # numbers and arrays of numpy, torch and pandas
            value = value.tolist()
            kind = _kind(value)
        if kind == "int" and "float" in self.kinds and "int" not in self.kinds:
            value = _as_float(value)
            kind = "float"
        if kind not in self.kinds:
            raise ValueError(
                f"`{self.name}`: expected {self.allowed}, got {_described(value, kind)}.",
                self._kind_fix(value, kind),
            )
        if kind == "str" and self.choices and value not in self.choices:
            message = f"`{self.name}`: expected {self.allowed}, got {shown(value)}."
            only = Fix.write(self.name, toml_value(self.choices[0])) if len(self.choices) == 1 else ""
            edit = lambda choice: Edit("value", toml_value(choice))  # noqa: E731
            raise ValueError(message, did_you_mean(value, self.choices, only, edit))
        if kind in ("int", "float") and not self._within(value):
            message = f"`{self.name}` must be {self._bound_words(value)}, got {shown(value)}."
            raise ValueError(message, self._bound_fix(value))
        if self.of_columns and kind == "list" and not all(isinstance(item, str) for item in value):
            is_flat = all(isinstance(item, (str, int)) for item in value)
            fix = Fix.write(self.name, toml_value([str(item) for item in value])) if is_flat else ""
            raise ValueError(f"`{self.name}`: names of columns are strings, got {_described(value, kind)}.", fix)
        return value

    def as_written(self, value: Any) -> Any:
        """A float without a fraction as an integer, if the key takes numbers: people write `num_train_epochs = 3`."""
        if "float" in self.kinds and isinstance(value, float) and value.is_integer() and abs(value) < 1e7:
            return int(value)
        return value

    def _within(self, value: float) -> bool:
        if "float" in self.kinds and not math.isfinite(_as_float(value)):
            return False
        is_above = (self.low is None or value >= self.low) and (self.above is None or value > self.above)
        return is_above and (self.below is None or value < self.below)

    def _bound_words(self, value: float) -> str:
        if "float" in self.kinds and math.isinf(_as_float(value)):
            return f"a finite number{self.bounds}"
        return self.bounds.strip().removeprefix("of ") or "a number"

    def _bound_fix(self, value: float) -> str:
        """A fix for a share, which may have been written in percent."""
        if not self.is_share:
            return ""
        share = value / 100 if 2 <= value < 100 else self.default
        return Fix.write(self.name, toml_value(share), ", for example")

    def _kind_fix(self, value: Any, kind: str) -> str:
        """A fix for a value of the wrong kind, if there is an obvious one."""
        if kind == "str":
            bare = value.strip().lower()
            if "bool" in self.kinds and bare in ("true", "false"):
                return Fix.write(self.name, bare, ", without quotes")
            if {"int", "float"} & set(self.kinds) and (number := lenient_number(bare)) is not None:
                return Fix.write(self.name, number, ", without quotes")
        if kind == "str" and "list" in self.kinds:
            return Fix.write(self.name, toml_value([value]))
        if kind == "float" and "int" in self.kinds and float(value).is_integer():
            return Fix.write(self.name, str(int(value)))
        if kind == "int" and self.of_columns:
            return Fix.write(self.name, toml_value(str(value)))
        return self.hint


def shown(value: Any) -> str:
    """A value in TOML, shortened."""
    try:
        text = toml_value(value)
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
    if kind == "object":
        return f"an object of type {type(value).__name__}"
    return shown(value) if kind == "bool" else f"{_NOUNS[kind]} {shown(value)}"


def _as_float(value: float) -> float:
    """`value` as a float; infinite if it is an integer out of range."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
