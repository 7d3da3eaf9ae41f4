"""The weights of the classes in the loss, from the key `class_weights`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.feature_types import enumerate_names, plural
from nbtrain.data.values import name_of
from nbtrain.errors import ConfigError, Problem, did_you_mean
from nbtrain.tasks.metrics import SINGLE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec

KEY = "class_weights"
BALANCED = "balanced"


def class_weights(given: Any, spec: TaskSpec, classes: NDArray[Any]) -> list[float]:
    """The weight of each class, scaled so that the mean over the training examples is 1: the loss and the learning
    rate then keep their scale.

    Args:
        given: The value of the key: "balanced", a number for each class in their order, or numbers by class.
        spec: The task.
        classes: The class of each training example, (rows,).

    Raises:
        ConfigError: The weights do not fit the classes.
    """
    import numpy as np

    if tasks.get(spec.task).problem_type != SINGLE:
        raise _problem(f'`{KEY}` needs one class for each example; this task is "{spec.task}".', f"Remove `{KEY}`.")
    counts = np.bincount(classes, minlength=len(spec.labels))
    if given == BALANCED:
        weights = np.where(counts > 0, 1 / np.maximum(counts, 1), 1 / max(1, counts.max()))
    else:
        weights = np.array(_numbers(given, spec), dtype=np.float64)
    total = float((weights * counts).sum())
    if total <= 0:
        raise _problem(f"`{KEY}`: every training example would have the weight 0.", _example(spec))
    scaled = weights * (counts.sum() / total)
    return [float(f"{weight:.6g}") for weight in scaled]


def _numbers(given: Any, spec: TaskSpec) -> list[float]:
    names = spec.label_names
    if isinstance(given, Mapping):
        named = {name_of(name): value for name, value in given.items()}
        for name in named:
            if name not in names:
                known = f"The classes are {enumerate_names(names)}."
                raise _problem(f"`{KEY}`: there is no class `{name}`. {known}", did_you_mean(name, names) or None)
        values = [named.get(name, 1) for name in names]
    else:
        values = list(given)
        if len(values) != len(names):
            classes = f"{len(names)} classes: {enumerate_names(names)}"
            raise _problem(f"`{KEY}` has {plural(len(values), 'number')}, but there are {classes}.", _example(spec))
    for value in values:
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or value < 0:
            raise _problem(f"`{KEY}`: a weight is a number of at least 0, got {value!r}.", _example(spec))
    return [float(value) for value in values]


def _example(spec: TaskSpec) -> str:
    numbers = ", ".join(str(float(at + 1)) for at in range(len(spec.labels)))
    return f"For example: {KEY} = [{numbers}]" if len(spec.labels) <= 5 else f'For example: {KEY} = "{BALANCED}"'


def _problem(message: str, fix: str | None) -> ConfigError:
    return ConfigError([Problem(message, KEY, fix=fix)])
