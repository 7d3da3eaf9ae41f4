"""The weights of the classes in the loss, from the key `class_weights`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbtrain import format, tasks
from nbtrain.data.feature_types import enumerate_names, plural
from nbtrain.data.values import name_of
from nbtrain.errors import ConfigError, Problem, did_you_mean
from nbtrain.training.weighted_loss import PositiveWeightedLoss

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec

KEY = "class_weights"
AUTO = ("auto", "balanced")
"""Weights that are counted from the training data; "balanced" is the name that scikit-learn has for it."""


def class_weights(given: Any, spec: TaskSpec, classes: NDArray[Any] | None) -> list[float]:
    """The weight of each class.

    With one class for each example, the weights are scaled so that the mean over the training examples is 1: the loss
    and the learning rate then keep their scale. With several labels, each is the weight of the examples that have the
    label against those that do not; "auto" is the ratio of their numbers, as PyTorch's documentation of
    `BCEWithLogitsLoss` proposes for `pos_weight`.

    Args:
        given: The value of the key: "auto", a number for each class in their order, or numbers by class.
        spec: The task.
        classes: The class of each training example, (rows,); for each label 1 or 0, (rows, labels); or an array of
            classes for each example.

    Raises:
        ConfigError: The weights do not fit the classes.
    """
    import numpy as np

    loss = tasks.get(spec.task).weighted_loss
    if loss == PositiveWeightedLoss.__name__ and classes is not None:
        return _positive_weights(given, spec, classes)
    if not loss or classes is None:
        raise _problem(f'`{KEY}` needs classes; this task is "{spec.task}".', f"Remove `{KEY}`.")
    flat = np.concatenate(classes) if classes.dtype == object else classes
    counts = np.bincount(flat[flat >= 0], minlength=len(spec.labels))
    if isinstance(given, str):
        weights = np.where(counts > 0, 1 / np.maximum(counts, 1), 1 / max(1, counts.max()))
    else:
        weights = np.array(_numbers(given, spec), dtype=np.float64)
    total = float((weights * counts).sum())
    if total <= 0:
        raise _problem(f"`{KEY}`: every training example would have the weight 0.", _example(spec))
    scaled = weights * (counts.sum() / total)
    return [_rounded(weight) for weight in scaled]


def note(spec: TaskSpec, weights: Sequence[float]) -> str:
    """The note of a run about its weights."""
    shown = format.listed([f"{name} {weight:g}" for name, weight in zip(spec.shown_names, weights, strict=True)])
    if tasks.get(spec.task).weighted_loss == PositiveWeightedLoss.__name__:
        return f"Weights of the examples that have a label, against those without it (`pos_weight`): {shown}."
    return f"Weights of the classes in the loss: {shown}."


def _positive_weights(given: Any, spec: TaskSpec, table: NDArray[Any]) -> list[float]:
    """The `pos_weight` of each label; "auto" leaves a label that all or no examples have as it is."""
    import numpy as np

    if not isinstance(given, str):
        weights = _numbers(given, spec)
        if not any(weights):
            raise _problem(f"`{KEY}`: every label would have the weight 0.", _example(spec))
        return [_rounded(weight) for weight in weights]
    positive = (np.asarray(table) > 0.5).sum(axis=0)
    negative = len(table) - positive
    return [_rounded(lacks / has) if has and lacks else 1.0 for has, lacks in zip(positive, negative, strict=True)]


def _rounded(weight: float) -> float:
    """`weight` with the digits that the record, the script and the loss have alike."""
    return float(f"{weight:.6g}")


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
    return f"For example: {KEY} = [{numbers}]" if len(spec.labels) <= 5 else f'For example: {KEY} = "{AUTO[0]}"'


def _problem(message: str, fix: str | None) -> ConfigError:
    return ConfigError([Problem(message, KEY, fix=fix)])
