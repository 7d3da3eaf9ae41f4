"""A configuration that is being edited as text, key by key; the model of a form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nbtrain.config.config import Config
from nbtrain.config.read import from_toml, partial
from nbtrain.config.schema import schema
from nbtrain.config.toml import parser
from nbtrain.config.toml.edit import broken_lines, same, with_value, without
from nbtrain.config.toml.writing import toml_value
from nbtrain.errors import ConfigError, Problem

_REMOVED = object()


class Draft:
    """A configuration that is being edited: the text of a cell, and changes to its keys.

    The text is always the original text with the changes applied. So an undone change leaves no trace, and everything
    else stays byte for byte, including comments and mistakes.

    Args:
        text: The body of a cell; any text.
        variables: The variables that references may name; None outside notebooks.
        complete: Whether model and data are required; False if it only changes another configuration.
    """

    def __init__(self, text: str = "", variables: Mapping[str, Any] | None = None, *, complete: bool = True) -> None:
        self._original_text = text
        document = parser.read(text)
        self._original_values = document.values
        self._broken = broken_lines(text, document)
        self._variables = variables
        self._complete = complete
        self._changes: dict[str, Any] = {}
        self._text = text
        self._values = self._original_values

    @property
    def text(self) -> str:
        """The current text."""
        return self._text

    @property
    def values(self) -> dict[str, Any]:
        """The values as written: "$df" and "none" are strings. Lines with invalid TOML are left out."""
        return dict(self._values)

    def set(self, key: str, value: Any) -> None:
        """Set `key`, even to a value that the schema does not allow; None is written as "none".

        A default value is written only if the original text has the key. A line with invalid TOML about the key is
        replaced.

        Raises:
            TypeError: TOML cannot represent the value.
        """
        toml_value(value)
        was_given = key in self._original_values
        is_default = not was_given and key not in self._broken and self._is_default(key, value)
        value = _plain(value)
        if is_default or (was_given and same(self._original_values[key], value)):
            self._change(key, None, undo=True)
        elif not (key in self._values and same(self._values[key], value)):
            self._change(key, schema()[key].as_written(value) if key in schema() else value)

    def unset(self, key: str) -> None:
        """Remove `key` from the text."""
        self._change(key, _REMOVED, undo=key not in self._original_values and key not in self._broken)

    def problems(self) -> list[Problem]:
        """All problems; lines are counted from 1."""
        try:
            self.config()
        except ConfigError as error:
            return error.problems
        return []

    def config(self) -> Config:
        """The configuration.

        Raises:
            ConfigError: The text has problems.
        """
        return from_toml(self._text, variables=self._variables, complete=self._complete)

    def partial(self) -> Config:
        """The configuration of the valid keys, for views that show as much as possible."""
        return partial(self._values, variables=self._variables)

    def default(self, key: str) -> Any:
        """The value of `key` if the text does not give it; it may depend on other keys."""
        others = {name: value for name, value in self._values.items() if name != key}
        return partial(others, variables=self._variables)[key]

    def _change(self, key: str, value: Any, *, undo: bool = False) -> None:
        is_new = not undo and key not in self._changes
        if undo:
            self._changes.pop(key, None)
        else:
            self._changes[key] = value
        text, changes = (self._text, {key: value}) if is_new else (self._original_text, self._changes)
        for name, changed in changes.items():
            text = without(text, name) if changed is _REMOVED else with_value(text, name, changed)
        self._text, self._values = text, parser.read(text).values

    def _is_default(self, key: str, value: Any) -> bool:
        if key not in schema():
            return False
        default = self.default(key)
        if value is None and default is None:
            return True
        try:
            return same(schema()[key].parse(value), _parsed(key, default))
        except ValueError:
            return False


def _parsed(key: str, value: Any) -> Any:
    """`value` parsed by the schema; unchanged if it is invalid."""
    try:
        return schema()[key].parse(value)
    except ValueError:
        return value


def _plain(value: Any) -> Any:
    """`value` converted to the types of TOML."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return "none" if value is None else value
