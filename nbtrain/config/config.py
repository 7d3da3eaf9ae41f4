"""Config: what a run was asked to do, checked, with every default filled in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nbtrain.config.schema import schema
from nbtrain.config.toml.writing import toml_key, toml_value
from nbtrain.events.best import lower_is_better


@dataclass(frozen=True)
class Config:
    """A checked configuration.

    Args:
        given: The values that the user gave; variables of the notebook are objects here.
        references: The variables that were named, by key: "$train_df", or a list with such names.
        text: The text that it was read from, if it was one.
        lines: The lines in which keys stand for the user, if it was read from text.
    """

    given: dict[str, Any] = field(default_factory=dict)
    references: dict[str, Any] = field(default_factory=dict)
    text: str = field(default="", compare=False, repr=False)
    lines: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    def __getitem__(self, key: str) -> Any:
        """The value of `key`: given, else derived from what was given, else the default."""
        if key in self.given:
            return self.given[key]
        derived = self._derived()
        return derived[key] if key in derived else schema()[key].default

    def __contains__(self, key: str) -> bool:
        return key in self.given

    def training_arguments(self) -> dict[str, Any]:
        """Keyword arguments for `TrainingArguments`: what was given or derived, and where nbtrain's default is
        another.
        """
        from nbtrain.config.schema import DEFAULTS

        values = {**DEFAULTS, **self._derived(), **self.given}
        return {key: value for key, value in values.items() if not schema()[key].own}

    def replaced(self, **changes: Any) -> Config:
        """This configuration with other values for some keys."""
        references = {key: name for key, name in self.references.items() if key not in changes}
        return Config({**self.given, **changes}, references)

    def to_toml(self) -> str:
        """The configuration as text: what was given, then what was derived, with variables by their names."""
        lines = []
        for key, value in {**self.given, **self._derived()}.items():
            written = value if _is_plain(value) else self.references.get(key, f"<{type(value).__name__}>")
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
        if metric is not None and lower_is_better(metric):
            derived["greater_is_better"] = False  # the Trainer knows this of "loss" only
        return {key: value for key, value in derived.items() if key not in given}


def _is_plain(value: Any) -> bool:
    """Whether TOML can hold it."""
    if isinstance(value, dict):
        return all(_is_plain(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, (str, bool, int, float))
