"""The checked configuration of a run, with defaults."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from nbtrain.config.schema import schema
from nbtrain.config.toml.writing import toml_key, toml_value
from nbtrain.errors import ConfigError
from nbtrain.events.best import direction


@dataclass(frozen=True)
class Config:
    """A checked configuration.

    Args:
        given: The values that the user gave; references are resolved to objects.
        references: The references by key: "$train_df", or a list with some.
        text: The text from which it was read, if any.
        lines: The line numbers of the keys as the user sees them, if it was read from text.
    """

    given: dict[str, Any] = field(default_factory=dict)
    references: dict[str, Any] = field(default_factory=dict)
    text: str = field(default="", compare=False, repr=False)
    lines: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    def __getitem__(self, key: str) -> Any:
        """The value of `key`: the given one, else one derived from other keys, else the default."""
        if key in self.given:
            return self.given[key]
        derived = self._derived()
        return derived[key] if key in derived else schema()[key].default

    def __contains__(self, key: str) -> bool:
        return key in self.given

    def training_arguments(self) -> dict[str, Any]:
        """Keyword arguments for `TrainingArguments`: given and derived values, and nbtrain's own defaults. Those that
        only the arguments of a task have are among them if they are given.
        """
        from nbtrain.config.schema import DEFAULTS, KEEP_ALL

        values = {**DEFAULTS, **self._derived(), **self.given}
        if values.get("save_total_limit") == KEEP_ALL:
            values["save_total_limit"] = None
        return {key: value for key, value in values.items() if not schema()[key].own}

    def replaced(self, **changes: Any) -> Config:
        """This configuration with other values for some keys."""
        references = {key: name for key, name in self.references.items() if key not in changes}
        lines = {key: line for key, line in self.lines.items() if key not in changes}
        return Config({**self.given, **changes}, references, lines=lines)

    @contextlib.contextmanager
    def locating(self) -> Iterator[None]:
        """Context manager: a `ConfigError` that is raised inside gets the line of its key.

        Raises:
            ConfigError: As was raised inside.
        """
        try:
            yield
        except ConfigError as error:
            places = ((problem, self.lines.get(problem.key or "")) for problem in error.problems)
            found = [replace(problem, line=line) if problem.line is None else problem for problem, line in places]
            raise ConfigError(found) from error.__cause__

    def to_toml(self) -> str:
        """The configuration as TOML: given values, then derived ones; variables by name."""
        lines = []
        for key, value in {**self.given, **self._derived()}.items():
            is_written = _is_plain(value) and not is_data(key, value)
            written = value if is_written else self.references.get(key, f"<{type(value).__name__}>")
            lines.append(f"{toml_key(key)} = {toml_value(written)}\n")
        return "".join(lines)

    def _derived(self) -> dict[str, Any]:
        """Defaults that depend on other keys."""
        derived: dict[str, Any] = {}
        given = self.given
        if "early_stopping_patience" in given:
            derived["load_best_model_at_end"] = True
        best = given.get("load_best_model_at_end", derived.get("load_best_model_at_end", False))
        if best:
            strategy = given.get("eval_strategy", schema()["eval_strategy"].default)
            derived["save_strategy"] = strategy
            if strategy == "steps" and "eval_steps" in given:
                derived["save_steps"] = given["eval_steps"]
        metric = given.get("metric_for_best_model")
        if metric is not None and direction(metric) < 0:
            derived["greater_is_better"] = False  # the Trainer knows this of "loss" only
        return {key: value for key, value in derived.items() if key not in given}


def is_data(key: str, value: Any) -> bool:
    """Whether a value is data in memory, such as a list of rows, which is no part of a configuration."""
    return bool(value) and isinstance(value, (list, tuple, dict)) and "object" in schema()[key].kinds


def _is_plain(value: Any) -> bool:
    """Whether TOML can represent the value."""
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, (str, bool, int, float))
