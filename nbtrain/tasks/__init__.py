"""The tasks: one module for each, discovered by listing this package."""

from __future__ import annotations

import functools
import importlib
import pkgutil
import warnings
from collections.abc import Sequence
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import TYPE_CHECKING, Any

from nbtrain.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.data.source import Source
    from nbtrain.tasks.base import Task


GROUP = "nbtrain.tasks"
"""The group of entry points by which other packages add tasks: name of the task, and its module or its `TASK`."""


def names() -> list[str]:
    """The names of all tasks: the modules of this package that define `TASK`, and the entry points of others."""
    own = {name for name in _modules(tuple(__path__)) if hasattr(_module(name), "TASK")}
    return sorted(own | _entry_points().keys())


@functools.cache
def _modules(folders: tuple[str, ...]) -> frozenset[str]:
    """The modules of this package. Tasks are asked for hundreds of times in a run, so its folders are read once."""
    return frozenset(module.name for module in pkgutil.iter_modules(folders))


def every() -> list[Task]:
    """All tasks that can be loaded. One of another package that cannot is left out, with a warning."""
    found = []
    for name in names():
        try:
            found.append(get(name))
        except DataError as problem:
            warnings.warn(str(problem), stacklevel=2)
    return found


def get(name: str) -> Task:
    """The task called `name`.

    Raises:
        DataError: Unknown task.
    """
    if name not in names():
        known = ", ".join(names())
        msg = f'task = "{name}": unknown task. {did_you_mean(name, names())}'.rstrip() + f" Tasks: {known}."
        raise DataError(msg)
    entry_point = _entry_points().get(name)
    task: Task = _module(name).TASK if entry_point is None else _loaded(entry_point)
    return task


def _entry_points() -> dict[str, EntryPoint]:
    """The tasks of other packages. A task of this package cannot be replaced."""
    own = _modules(tuple(__path__))
    return {one.name: one for one in _installed() if one.name not in own}


@functools.cache
def _installed() -> tuple[EntryPoint, ...]:
    """The entry points of all installed packages. To read them takes tens of milliseconds, so that is done once."""
    return tuple(entry_points(group=GROUP))


@functools.cache
def _loaded(entry_point: EntryPoint) -> Any:
    try:
        loaded = entry_point.load()
    except Exception as error:  # the code of another package
        reason = f"{type(error).__name__}: {error}"
        raise DataError(
            f'task = "{entry_point.name}": cannot load it from {entry_point.value} ({reason}).\n'
            "    Update or uninstall the package that adds it."
        ) from error
    return getattr(loaded, "TASK", loaded)


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")


def of_model(model: Any) -> Task | None:
    """The task that a model was made for, by its class, which has the head in its name or is one that transformers
    loads for the task, and by its configuration; None if there is none. A class of another name may be for any task
    that gives one vector for an example.
    """
    base = model.get_base_model() if hasattr(model, "get_base_model") else model  # of PEFT
    kind, found = type(base).__name__, every()
    heads = {task.name: task.auto_model.removeprefix("AutoModel") for task in found}
    own = [name for name, head in heads.items() if kind.endswith(head)]
    own = own or [task.name for task in found if kind in _classes_of(task.auto_model)]
    fitting = own or [name for name, head in heads.items() if head == "ForSequenceClassification"]
    return next((task for task in map(get, fitting) if task.suits(model.config)), None)


@functools.cache
def _classes_of(auto_model: str) -> frozenset[str]:
    """The names of the classes that an auto class of transformers loads."""
    import transformers

    mapping = getattr(getattr(transformers, auto_model), "_model_mapping", None)
    named = getattr(mapping, "_model_mapping", {}).values()
    return frozenset(name for one in named for name in ([one] if isinstance(one, str) else one))


def recognize(train: Dataset, source: Source) -> Task | None:
    """The task whose columns the data certainly have; None if they may be those of several."""
    return next((task for task in every() if task.recognizes(train, source)), None)


def infer(train: Dataset, target: Sequence[str]) -> Task:
    """The task that matches the label column.

    Raises:
        DataError: No task matches, or the labels are ambiguous.
    """
    from nbtrain.data.feature_types import FeatureType, describe, feature_type
    from nbtrain.tasks.doubts import check_label

    if len(target) == 1:
        check_label(train, target[0])
    for task in every():
        if task.matches(train, target):
            return task
    column = target[0]
    examples = ", ".join(str(value) for value in train.select(range(min(3, len(train))))[column])
    fix = f'Set the task, for example: task = "{names()[0]}" (or {", ".join(names()[1:])}).'
    if feature_type(train.features[column]) is FeatureType.FLOATS:
        fix = (
            'For regression: task = "regression". For classification, convert the labels to integers: '
            f'df["{column}"] = df["{column}"].astype(int)'
        )
    msg = (
        f"Cannot infer the task from column `{column}`, which contains "
        f"{describe(train.features[column])} ({examples}, ...).\n    {fix}"
    )
    raise DataError(msg)
