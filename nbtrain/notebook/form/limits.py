"""Limits and presets of a form, as a teacher gives them to students: bounds, choices, and fixed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nbtrain import format
from nbtrain.config import from_mapping
from nbtrain.config.fields import shown
from nbtrain.config.schema import schema
from nbtrain.errors import ConfigError, Problem, did_you_mean


@dataclass(frozen=True)
class Limit:
    """Limit of a key in a form, stricter than in a cell.

    Args:
        key: The key.
        low: Minimum.
        high: Maximum.
        choices: The allowed values, instead of bounds.
    """

    key: str
    low: float = 0.0
    high: float = 0.0
    choices: tuple[Any, ...] = ()

    def problem(self, value: Any, line: int | None) -> Problem | None:
        """What is wrong with `value`; None if it is allowed, or not a number (the parser reports that)."""
        if self.choices:
            if any(value == choice for choice in self.choices):
                return None
            allowed = ", ".join(_shown(choice) for choice in self.choices)
            return Problem(f"`{self.key}` must be one of {allowed} in this form, got {_shown(value)}.", self.key, line)
        if not isinstance(value, (int, float)) or self.low <= value <= self.high:
            return None
        bounds = f"between {_shown(self.low)} and {_shown(self.high)}"
        return Problem(f"`{self.key}` must be {bounds} in this form, got {_shown(value)}.", self.key, line)

    def nearest(self, value: Any) -> Any:
        """The allowed value nearest to `value`."""
        if self.choices:
            return value if value in self.choices else self.choices[0]
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            return self.low
        return min(max(value, self.low), self.high)


def split(fields: Mapping[str, Any], variables: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Limit]]:
    """Separate presets and limits.

    Args:
        fields: For each key a value, bounds (low, high), or a list of choices. For a key that takes lists, a list is a
            value.
        variables: The variables of the notebook; objects are written as references to them.

    Returns:
        The presets, as they are written in the text, and the limits.

    Raises:
        ConfigError: A key is unknown, or a value, bound or choice is invalid.
    """
    presets: dict[str, Any] = {}
    limits: dict[str, Limit] = {}
    problems: list[Problem] = []
    for key, given in fields.items():
        try:
            limit = _limit(key, given)
            if limit is None:
                from_mapping({key: given}, variables=variables, complete=False)
                presets[key] = _written(key, given, variables)
            else:
                limits[key] = limit
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return presets, limits


def check_keys(keys: list[str]) -> None:
    """Raises ConfigError if a key is unknown."""
    if problems := [
        Problem(f"Unknown key `{key}`.", key, fix=did_you_mean(key, schema()) or None)
        for key in keys
        if key not in schema()
    ]:
        raise ConfigError(problems)


def _limit(key: str, given: Any) -> Limit | None:
    takes_lists = key in schema() and "list" in schema()[key].kinds
    if isinstance(given, list) and given and not takes_lists:
        for choice in given:
            from_mapping({key: choice}, complete=False)
        return Limit(key, choices=tuple(given))
    if not isinstance(given, tuple):
        return None
    if len(given) != 2 or not all(isinstance(one, (int, float)) for one in given) or not given[0] < given[1]:
        fix = f"Example: {key}=(1, 10). To allow only certain values, give a list."
        raise ConfigError(
            [
                Problem(
                    f"`{key}`: bounds must be two numbers (low, high) with low < high, got {given!r:.100}.",
                    key,
                    fix=fix,
                )
            ]
        )
    for bound in given:
        from_mapping({key: bound}, complete=False)
    return Limit(key, given[0], given[1])


def _shown(value: Any) -> str:
    return format.hyperparameter(value, 6) if isinstance(value, float) else shown(value)


def _written(key: str, value: Any, variables: Mapping[str, Any]) -> Any:
    """`value` as it is written in the text: objects as a reference to the variable that holds them."""
    if isinstance(value, (str, bool, int, float, list)):
        return value
    if value is None:
        return "none"
    for name, held in variables.items():
        if held is value and not name.startswith("_"):
            return f"${name}"
    message = (
        f"`{key}`: no variable of the notebook holds this {type(value).__name__}, so the form cannot reference it."
    )
    raise ConfigError([Problem(message, key, fix=f"Assign it to a variable first, then pass that variable as {key}.")])
