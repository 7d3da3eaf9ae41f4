"""The tasks: one module for each, discovered by listing this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from nbtrain.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedConfig

    from nbtrain.tasks.base import Task


def names() -> list[str]:
    """The names of all tasks: the modules of this package that define `TASK`."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if hasattr(_module(module.name), "TASK"))


def get(name: str) -> Task:
    """The task called `name`.

    Raises:
        DataError: Unknown task.
    """
    if name not in names():
        known = ", ".join(names())
        msg = f'task = "{name}": unknown task. {did_you_mean(name, names())}'.rstrip() + f" Tasks: {known}."
        raise DataError(msg)
    task: Task = _module(name).TASK
    return task


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")


def of_model(config: PreTrainedConfig) -> Task | None:
    """The task that a model with this configuration was made for; None if there is none."""
    return next((task for task in map(get, names()) if task.suits(config)), None)


def infer(train: Dataset, target: Sequence[str]) -> Task:
    """The task that matches the label column.

    Raises:
        DataError: No task matches, or the labels are ambiguous.
    """
    from nbtrain.data.feature_types import FeatureType, describe, feature_type
    from nbtrain.tasks.doubts import check_label

    if len(target) == 1:
        check_label(train, target[0])
    for name in names():
        task = get(name)
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
