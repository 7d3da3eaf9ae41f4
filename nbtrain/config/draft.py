"""Draft: a configuration in the making. What a form shows and changes is the text of a cell, key by key."""

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
    """A configuration in the making: the text of a cell, edited key by key.

    It is the text that it began with and what was changed since. So a change that is taken back leaves no trace, and
    what was not changed stays byte for byte, comments and mistakes included.

    Args:
        text: The body of a cell; any text.
        variables: What "$name" may refer to; None where there is no notebook.
        complete: Whether model and data must be in it; not where it only changes another configuration.
    """

    def __init__(self, text: str = "", variables: Mapping[str, Any] | None = None, *, complete: bool = True) -> None:
        self._beginning = text
        document = parser.read(text)
        self._began_with = document.values
        self._broken = broken_lines(text, document)
        self._variables = variables
        self._complete = complete
        self._changes: dict[str, Any] = {}
        self._text = text
        self._values = self._began_with

    @property
    def text(self) -> str:
        """The text as it is now."""
        return self._text

    @property
    def values(self) -> dict[str, Any]:
        """The value of each key, as it is written: "$df" and "none" are texts. Lines that are no TOML are left out."""
        return dict(self._values)

    def set(self, key: str, value: Any) -> None:
        """Give `key` a value, whether the schema takes it or not; None is written as "none".

        A value that the configuration has anyway is written only if the key stood in the text from the beginning. A
        line that was to give the key its value, but is no TOML, makes room for one that is.

        Raises:
            TypeError: TOML has no such values.
        """
        toml_value(value)
        stood = key in self._began_with
        is_default = not stood and key not in self._broken and self._is_default(key, value)
        value = _plain(value)
        if is_default or (stood and same(self._began_with[key], value)):
            self._change(key, None, taken_back=True)
        elif not (key in self._values and same(self._values[key], value)):
            self._change(key, schema()[key].as_written(value) if key in schema() else value)

    def unset(self, key: str) -> None:
        """Take `key` out of the text."""
        self._change(key, _REMOVED, taken_back=key not in self._began_with and key not in self._broken)

    def problems(self) -> list[Problem]:
        """What is wrong with it, lines counted from 1."""
        try:
            self.config()
        except ConfigError as error:
            return error.problems
        return []

    def config(self) -> Config:
        """The configuration that it describes.

        Raises:
            ConfigError: Something is wrong with it.
        """
        return from_toml(self._text, variables=self._variables, complete=self._complete)

    def partial(self) -> Config:
        """The configuration of what is right in it: for views that show what they can."""
        return partial(self._values, variables=self._variables)

    def default(self, key: str) -> Any:
        """The value that the configuration has where the text does not give `key`; other keys may decide it."""
        others = {name: value for name, value in self._values.items() if name != key}
        return partial(others, variables=self._variables)[key]

    def _change(self, key: str, value: Any, *, taken_back: bool = False) -> None:
        is_new = not taken_back and key not in self._changes
        if taken_back:
            self._changes.pop(key, None)
        else:
            self._changes[key] = value
        text, changes = (self._text, {key: value}) if is_new else (self._beginning, self._changes)
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
    """`value` as the schema reads it; what the schema does not read is none of its values."""
    try:
        return schema()[key].parse(value)
    except ValueError:
        return value


def _plain(value: Any) -> Any:
    """`value` in the types of TOML."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return "none" if value is None else value
