"""Metrics by name, computed with scikit-learn and SciPy, equal to those of `evaluate`. Other names use `evaluate`.

With two classes, `f1`, `precision` and `recall` are for class 1 (as in `evaluate`); with more classes, or several
labels per example, they are macro averages. `roc_auc` with more than two classes is one-versus-rest,
macro-averaged. With several labels per example, `accuracy` is the fraction of examples with all labels right.
"""

from __future__ import annotations

import difflib
import functools
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.chunks import chunks
from nbtrain.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray
    from transformers import EvalPrediction

    from nbtrain.events import TaskSpec

SINGLE, MULTI, REGRESSION = "single_label_classification", "multi_label_classification", "regression"

TASK_WORDS = {SINGLE: "classification", MULTI: "multi-label classification", REGRESSION: "regression"}


@dataclass(frozen=True)
class Answers:
    """The outputs of a model and the references.

    Args:
        logits: The model's outputs (rows, classes or labels); for regression the predicted numbers (rows,).
        scores_of: Computes the scores of a chunk of `logits`.
        predictions: Class IDs (rows,); 0 and 1 (rows, labels); predicted numbers (rows,).
        references: In the shape of `predictions`.
        classes: Number of classes or labels; 0 for regression.
    """

    logits: NDArray[Any]
    scores_of: Callable[[NDArray[Any]], NDArray[Any]]
    predictions: NDArray[Any]
    references: NDArray[Any]
    classes: int

    @property
    def scores(self) -> NDArray[Any]:
        """Probabilities (rows, classes); for several labels per example independent probabilities (rows, labels); for
        regression the predicted numbers (rows,).
        """
        import numpy as np

        scores = np.empty(self.logits.shape)
        for chunk in chunks(self.logits):
            scores[chunk] = self.scores_of(self.logits[chunk].astype(np.float64))
        return scores

    @functools.cached_property
    def are_finite(self) -> bool:
        """Whether no score is NaN or infinite."""
        import numpy as np

        parts = (self.logits[chunk].astype(np.float64) for chunk in chunks(self.logits))
        return all(np.isfinite(self.scores_of(part)).all() for part in parts)

    @property
    def average(self) -> str:
        return "binary" if self.predictions.ndim == 1 and self.classes == 2 else "macro"


@dataclass(frozen=True)
class Metric:
    """How a metric is computed, and for which problem types it is defined."""

    compute: Callable[[Answers], float]
    problem_types: tuple[str, ...]


def _accuracy(answers: Answers) -> float:
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(answers.references, answers.predictions))


def _per_class(name: str, answers: Answers) -> float:
    from sklearn import metrics

    score = getattr(metrics, f"{name}_score")
    return float(score(answers.references, answers.predictions, average=answers.average, zero_division=0))


def _matthews(answers: Answers) -> float:
    from sklearn.metrics import matthews_corrcoef

    return float(matthews_corrcoef(answers.references, answers.predictions))


def _roc_auc(answers: Answers) -> float:
    import numpy as np
    from sklearn.metrics import roc_auc_score

    if answers.predictions.ndim > 1:
        return float(roc_auc_score(answers.references, answers.scores, average="macro"))
    if answers.classes == 2:
        return float(roc_auc_score(answers.references, answers.scores[:, 1]))
    if len(np.unique(answers.references)) < answers.classes:
        return float("nan")  # undefined for a class without examples
    return float(roc_auc_score(answers.references, answers.scores, multi_class="ovr", labels=range(answers.classes)))


def _error(name: str, answers: Answers) -> float:
    from sklearn import metrics

    return float(getattr(metrics, name)(answers.references, answers.predictions))


def _correlation(name: str, answers: Answers) -> float:
    from scipy import stats

    return float(getattr(stats, name)(answers.references, answers.predictions)[0])


BUILT_IN: dict[str, Metric] = {
    "accuracy": Metric(_accuracy, (SINGLE, MULTI)),
    "f1": Metric(functools.partial(_per_class, "f1"), (SINGLE, MULTI)),
    "precision": Metric(functools.partial(_per_class, "precision"), (SINGLE, MULTI)),
    "recall": Metric(functools.partial(_per_class, "recall"), (SINGLE, MULTI)),
    "matthews_correlation": Metric(_matthews, (SINGLE,)),
    "roc_auc": Metric(_roc_auc, (SINGLE, MULTI)),
    "mse": Metric(functools.partial(_error, "mean_squared_error"), (REGRESSION,)),
    "mae": Metric(functools.partial(_error, "mean_absolute_error"), (REGRESSION,)),
    "pearsonr": Metric(functools.partial(_correlation, "pearsonr"), (REGRESSION,)),
    "spearmanr": Metric(functools.partial(_correlation, "spearmanr"), (REGRESSION,)),
}

GLUE: dict[str, dict[str, str]] = {
    "cola": {"matthews_correlation": "matthews_correlation"},
    "stsb": {"pearson": "pearsonr", "spearmanr": "spearmanr"},
    **{name: {"accuracy": "accuracy", "f1": "f1"} for name in ("mrpc", "qqp")},
    **{
        name: {"accuracy": "accuracy"}
        for name in ("sst2", "mnli", "mnli_matched", "mnli_mismatched", "qnli", "rte", "wnli", "hans", "ax")
    },
}
"""The metrics of each GLUE configuration, by the names of their results."""


def names() -> list[str]:
    """The metrics that need no network."""
    return [*BUILT_IN, *(f"glue/{config}" for config in GLUE)]


def check(wanted: Iterable[str] | None, spec: TaskSpec) -> None:
    """Raises DataError if a metric is not defined for the task, or is unknown and cannot be loaded."""
    task = tasks.get(spec.task)
    for name in wanted or ():
        parts = results_of(name)
        if parts is None:
            load(name)
            continue
        if any(task.problem_type not in BUILT_IN[metric].problem_types for metric in parts.values()):
            fitting = ", ".join(
                known for known, metric in BUILT_IN.items() if task.problem_type in metric.problem_types
            )
            supported = " and ".join(
                dict.fromkeys(TASK_WORDS[kind] for kind in BUILT_IN[next(iter(parts.values()))].problem_types)
            )
            msg = (
                f'metrics: "{name}" is for {supported}, but this task is {TASK_WORDS[task.problem_type]} '
                f'(task = "{task.name}").\n    Metrics for this task: {fitting}.'
            )
            raise DataError(msg)


def misspelt(name: str) -> str | None:
    """The built-in metric closest to a misspelt `name`; None if `name` is built in or may be a metric of `evaluate`.

    The names are compared by `difflib`'s ratio. Short names and less similar ones are left to `evaluate`, which has
    metrics such as "mase" and "smape".
    """
    if results_of(name) is not None or len(name) < 5:
        return None
    matches = difflib.get_close_matches(name.lower(), names(), n=1, cutoff=0.8)
    return matches[0] if matches else None


def build(wanted: list[str] | None, spec: TaskSpec) -> Callable[[EvalPrediction], dict[str, float]]:
    """The function that a Trainer takes as `compute_metrics`.

    Args:
        wanted: Names of metrics; None for the defaults of the task.
        spec: The task for the data set.

    Raises:
        DataError: As `check`.
    """
    task = tasks.get(spec.task)
    wanted = task.default_metrics(spec) if wanted is None else wanted
    check(wanted, spec)

    def compute_metrics(prediction: EvalPrediction) -> dict[str, float]:
        answers = _answers(prediction.predictions, prediction.label_ids, task.problem_type)
        results: dict[str, float] = {}
        for name in wanted:
            parts = results_of(name)
            if parts is None:
                results |= _evaluate(name, answers)
            else:
                results |= {result: _compute(metric, answers) for result, metric in parts.items()}
        return results

    return compute_metrics


def results_of(name: str) -> dict[str, str] | None:
    """The built-in metrics that `name` consists of, by the names of their results; None if it is not built in."""
    if name in BUILT_IN:
        return {name: name}
    collection, _, config = name.partition("/")
    return GLUE.get(config) if collection == "glue" else None


def _answers(logits: Any, label_ids: Any, problem_type: str) -> Answers:
    import numpy as np
    from scipy.special import expit

    outputs = np.asarray(logits[0] if isinstance(logits, tuple) else logits)
    references = np.asarray(label_ids)
    if problem_type == REGRESSION:
        numbers = outputs.reshape(-1).astype(np.float64)
        return Answers(numbers, lambda part: part, numbers, references.reshape(-1).astype(np.float64), 0)
    if problem_type == MULTI:
        return Answers(outputs, expit, (outputs > 0).astype(int), references.astype(int), outputs.shape[1])
    return Answers(outputs, _softmax, outputs.argmax(axis=1), references, outputs.shape[1])


def _softmax(logits: NDArray[Any]) -> NDArray[Any]:
    import numpy as np
    from scipy.special import softmax

    with np.errstate(invalid="ignore"):  # a diverged model gives NaN
        probabilities: NDArray[Any] = softmax(logits, axis=1)
    return probabilities


def _compute(name: str, answers: Answers) -> float:
    """The metric, or NaN if it is undefined: a diverged model, constant predictions, a class without examples."""
    if not answers.are_finite:
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return BUILT_IN[name].compute(answers)


def _evaluate(name: str, answers: Answers) -> dict[str, float]:
    """The numeric results of a metric of `evaluate`."""
    results = load(name).compute(predictions=answers.predictions, references=answers.references) or {}
    return {key: float(value) for key, value in results.items() if isinstance(value, (int, float)) or _is_scalar(value)}


def _is_scalar(value: Any) -> bool:
    return getattr(value, "shape", None) == ()


@functools.cache
def load(name: str) -> Any:
    """Load the metric `name` from `evaluate`, which downloads and runs its code.

    Raises:
        DataError: Unknown metric, or it cannot be loaded.
    """
    import evaluate

    from nbtrain.data.hub import hub_is_reachable
    from nbtrain.data.quiet import quiet

    head, _, config = name.partition("/")
    problems: list[Exception] = []
    with quiet():
        for path, configuration in [(name, None), *([(head, config)] if head and config else [])]:
            try:
                return evaluate.load(path, configuration)
            except (OSError, ValueError, ImportError) as problem:
                problems.append(problem)
    reason = str(problems[0]).splitlines()[0]
    if isinstance(problems[0], FileNotFoundError):
        reason = "no such metric on the Hub" if hub_is_reachable() else "the Hub is not reachable"
    hint = f"{did_you_mean(name, names())} ".lstrip()
    msg = (
        f'metrics: unknown metric "{name}": not built in, and `evaluate` cannot load it ({reason}).\n'
        f'    {hint}Built in: {", ".join(BUILT_IN)}, and those of GLUE, such as "glue/mrpc".'
    )
    raise DataError(msg) from problems[0]
