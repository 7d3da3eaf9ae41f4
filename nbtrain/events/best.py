"""Which evaluation of a run is the best: one rule for the live panel, the record, comparisons and the checkpoints."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from nbtrain.events import Evaluated, Started

LOSS = "validation loss"

PREFIX = "eval_"
"""Prefix that the Trainer adds to the names of metrics."""

LOWER_IS_BETTER = frozenset(
    "loss mse rmse mae mape error err errors perplexity ppl wer cer ter brier distance".split()  # noqa: SIM905
)
"""Words in the names of metrics for which a lower value is better."""

HIGHER_IS_BETTER = frozenset(
    """accuracy accuracies acc f1 precision recall sensitivity specificity auc auroc auprc roc map mrr ndcg hits
    bleu sacrebleu chrf rouge rouge1 rouge2 rougel rougelsum meteor bertscore exact em matthews mcc kappa correlation
    pearson pearsonr spearman spearmanr kendall kendalltau r2 iou dice jaccard reward rewards margins""".split()  # noqa: SIM905
)
"""Words in the names of metrics for which a higher value is better."""


@dataclass(frozen=True)
class Objective:
    """By which metric the evaluations of a run are compared, if the user has said so.

    Args:
        metric: `metric_for_best_model` without its prefix; "" if it is not set.
        greater_is_better: As in `TrainingArguments`; None if it is not set.
    """

    metric: str = ""
    greater_is_better: bool | None = None

    @classmethod
    def of(cls, started: Started | None) -> Objective:
        """The objective of a run, from its `Started` event."""
        if started is None or not started.metric_for_best_model:
            return cls()
        name = started.metric_for_best_model.removeprefix(PREFIX)
        return cls(LOSS if name == "loss" else name, started.greater_is_better)

    def direction(self, name: str) -> int:
        """1 if a higher value of metric `name` is better, -1 if a lower one is, 0 if that is not known."""
        if name == self.metric and self.greater_is_better is not None:
            return 1 if self.greater_is_better else -1
        return direction(name)

    def main(self, names: Iterable[str]) -> str | None:
        """The metric by which evaluations are compared: the user's; otherwise the first of the others for which it is
        known whether higher or lower is better; otherwise the validation loss. None if there is none of these.
        """
        names = list(names)
        if self.metric in names:
            return self.metric
        known = (name for name in names if name != LOSS and direction(name))
        return next(known, LOSS if LOSS in names else None)

    def compared(self, names: Iterable[str]) -> str | None:
        """The metric by which a run is compared with baselines, which have the metrics `names`: the main one of the
        run, or if they do not have it, such as the loss, that of theirs.
        """
        names = list(names)
        return self.metric if self.metric in names else Objective().main(names)

    def best_of(self, evaluations: Sequence[Mapping[str, float]], name: str | None = None) -> int | None:
        """Index of the best evaluation, or None if no evaluation has a finite value.

        The validation loss breaks ties. If that is equal, too, the earliest evaluation is the best.

        Args:
            evaluations: The `scores` of each evaluation.
            name: The metric; None for the main metric.
        """
        name = self.main(metric_names(evaluations)) if name is None else name
        if name is None or not (sign := self.direction(name)):
            return None

        def rank(index: int) -> tuple[float, float]:
            loss = evaluations[index].get(LOSS, math.inf)
            return sign * evaluations[index][name], -math.inf if math.isnan(loss) else -loss

        rated = [index for index, each in enumerate(evaluations) if math.isfinite(each.get(name, math.nan))]
        return max(rated, key=rank, default=None)


def direction(name: str) -> int:
    """1 if a higher value of metric `name` is better, -1 if a lower one is, judged by the words in the name
    ("eval_loss", "f1_macro", "precision@5"); 0 if no word says it.
    """
    words = set(re.split(r"[^a-z0-9]+", name.lower())) | set(re.split(r"[^a-z]+", name.lower()))
    if not LOWER_IS_BETTER.isdisjoint(words):
        return -1
    return 0 if HIGHER_IS_BETTER.isdisjoint(words) else 1


def validation_losses(metrics: Iterable[str]) -> list[str]:
    """The names of the validation losses: "eval_loss", or that of each evaluation set, such as "eval_easy_loss"."""
    names = list(metrics)
    if f"{PREFIX}loss" in names:
        return [f"{PREFIX}loss"]
    return [name for name in names if name.startswith(PREFIX) and name.endswith("_loss")]


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
