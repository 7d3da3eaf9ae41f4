"""What can be learned from text: one module per task, found by listing this package."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from types import ModuleType
from typing import TYPE_CHECKING

from nbtrain.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.tasks.base import Task


def names() -> list[str]:
    """The names of all tasks: those of the modules here that have a `TASK`."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if hasattr(_module(module.name), "TASK"))


def get(name: str) -> Task:
    """The task called `name`.

    Raises:
        DataError: There is none.
    """
    if name not in names():
        known = ", ".join(names())
        msg = f'task = "{name}": there is no such task. {did_you_mean(name, names())}'.rstrip() + f" Tasks: {known}."
        raise DataError(msg)
    task: Task = _module(name).TASK
    return task


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"{__name__}.{name}")


def infer(train: Dataset, target: Sequence[str]) -> Task:
    """The task that the label column calls for.

    Raises:
        DataError: It could be more than one, or none.
    """
    from nbtrain.data.feature_types import describe, kind

    for name in names():
        task = get(name)
        if task.fits(train, target):
            return task
    column = target[0]
    examples = ", ".join(str(value) for value in train.select(range(min(3, len(train))))[column])
    fix = f'Name the task, for example: task = "{names()[0]}" (or {", ".join(names()[1:])}).'
    if kind(train.features[column]) == "decimal numbers":
        fix = (
            'For regression: task = "regression". For classes, make the labels whole numbers: '
            f'df["{column}"] = df["{column}"].astype(int)'
        )
    msg = (
        f"It is not clear what is to be learned from column `{column}`, which holds "
        f"{describe(train.features[column])} ({examples}, ...).\n    {fix}"
    )
    raise DataError(msg)
