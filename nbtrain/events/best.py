"""Which evaluation of a run is the best: one rule for the live panel, the record, comparisons and the checkpoints."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from nbtrain.events import Evaluated

LOSS = "validation loss"

PREFIX = "eval_"
"""Prefix that the Trainer adds to the names of metrics."""

LOWER_IS_BETTER = frozenset(
    "loss mse rmse mae mape error err errors perplexity ppl wer cer ter brier distance".split()  # noqa: SIM905
)
"""Words in the names of metrics for which a lower value is better."""


def lower_is_better(name: str) -> bool:
    """Whether a lower value of metric `name` is better, judged by the words in its name ("eval_loss", "mse")."""
    return not LOWER_IS_BETTER.isdisjoint(re.split(r"[^a-z]+", name.lower()))


def scores(event: Evaluated) -> dict[str, float]:
    """The metrics of one evaluation by their names without prefix, the validation loss first."""
    named = {name.removeprefix(PREFIX): value for name, value in event.metrics.items()}
    named = {name: value for name, value in named.items() if isinstance(value, (int, float))}
    first = {LOSS: named.pop("loss")} if "loss" in named else {}
    return first | named


def metric_names(evaluations: Iterable[Mapping[str, float]]) -> list[str]:
    """Every metric in the `scores` of evaluations: the validation loss first, the others in order of appearance."""
    names = dict.fromkeys(name for each in evaluations for name in each)
    return sorted(names, key=lambda name: name != LOSS)


def main_metric(names: Iterable[str]) -> str | None:
    """The metric by which evaluations are compared: the first that is not the validation loss, or else that."""
    names = list(names)
    return next((name for name in names if name != LOSS), LOSS if LOSS in names else None)


def best_of(evaluations: Sequence[Mapping[str, float]], name: str | None = None) -> int | None:
    """Index of the best evaluation, or None if no evaluation has a finite value.

    The validation loss breaks ties. If that is equal, too, the earliest evaluation is the best.

    Args:
        evaluations: The `scores` of each evaluation.
        name: The metric; None for the main metric.
    """
    name = main_metric(metric_names(evaluations)) if name is None else name
    if name is None:
        return None
    sign = -1 if lower_is_better(name) else 1

    def rank(index: int) -> tuple[float, float]:
        loss = evaluations[index].get(LOSS, math.inf)
        return sign * evaluations[index][name], -math.inf if math.isnan(loss) else -loss

    rated = [index for index, each in enumerate(evaluations) if math.isfinite(each.get(name, math.nan))]
    return max(rated, key=rank, default=None)
