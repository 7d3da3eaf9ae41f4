"""Keys that only some tasks have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from nbtrain.config.config import Config
from nbtrain.config.fields import Field
from nbtrain.config.rules import Conflict
from nbtrain.config.schema import schema
from nbtrain.errors import ConfigError, Problem
from nbtrain.format import listed

MAX_NAMED = 3
"""A message names the tasks of a key if they are at most this many."""


def check(config: Config, task: str) -> None:
    """Check that the given keys are those of `task`, which may have been found from the data.

    Raises:
        ConfigError: One belongs to other tasks.
    """
    if problems := list(of_others(config.given, task, config.lines)):
        raise ConfigError(problems)


def of_others(keys: Iterable[str], task: str, lines: Mapping[str, int]) -> Iterator[Problem]:
    """The problems of keys that `task` does not have."""
    for field in (schema()[key] for key in keys if key in schema()):
        if field.tasks and task not in field.tasks:
            rule = _conflict(field, task)
            yield Problem(rule.words, field.name, lines.get(field.name), rule.fix)


def conflicts() -> list[Conflict]:
    """The same as rules, for each key and each task that does not have it."""
    restricted = [field for field in schema().values() if field.tasks]
    return [
        _conflict(field, task) for field in restricted for task in schema()["task"].choices if task not in field.tasks
    ]


def _conflict(field: Field, task: str) -> Conflict:
    owners = [f'"{name}"' for name in field.tasks]
    where = f": it belongs to {listed(owners)}" if len(owners) <= MAX_NAMED else ""
    fix = f"Remove it, or write task = {owners[0]}." if len(owners) == 1 else "Remove it."
    message = f'`{field.name}` is not a key of task = "{task}"{where}.'
    return Conflict({field.name: None, "task": task}, field.name, fix, message)
