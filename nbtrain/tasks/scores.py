"""Metrics of tasks that have one output vector for each example, computed with scikit-learn and SciPy."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.data.chunks import chunks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec


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
    """A metric of a task.

    Args:
        compute: Computes it from what `Task.answers` returns; a metric with several results returns them by name.
        code: For an exported script: the module and the function of a library that computes it.
        results: The names of its results, if it has several; called with the task for a data set.
        refusal: Why it cannot be computed, and what to do; called with the task for a data set; "" if it can.
    """

    compute: Callable[[Any], float | dict[str, float]]
    code: tuple[str, str] = ("", "")
    results: Callable[[TaskSpec], list[str]] | None = None
    refusal: Callable[[TaskSpec], str] | None = None


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


def _sklearn(name: str) -> tuple[str, str]:
    return ("sklearn.metrics", name)


OF_CLASSES: Mapping[str, Metric] = {
    "accuracy": Metric(_accuracy, _sklearn("accuracy_score")),
    "f1": Metric(functools.partial(_per_class, "f1"), _sklearn("f1_score")),
    "precision": Metric(functools.partial(_per_class, "precision"), _sklearn("precision_score")),
    "recall": Metric(functools.partial(_per_class, "recall"), _sklearn("recall_score")),
    "roc_auc": Metric(_roc_auc, _sklearn("roc_auc_score")),
}
"""Metrics of classes, and of any number of labels."""

OF_ONE_CLASS: Mapping[str, Metric] = {
    **OF_CLASSES,
    "matthews_correlation": Metric(_matthews, _sklearn("matthews_corrcoef")),
}
"""Metrics of exactly one class for each example."""

OF_NUMBERS: Mapping[str, Metric] = {
    "mse": Metric(functools.partial(_error, "mean_squared_error"), _sklearn("mean_squared_error")),
    "mae": Metric(functools.partial(_error, "mean_absolute_error"), _sklearn("mean_absolute_error")),
    "pearsonr": Metric(functools.partial(_correlation, "pearsonr"), ("scipy.stats", "pearsonr")),
    "spearmanr": Metric(functools.partial(_correlation, "spearmanr"), ("scipy.stats", "spearmanr")),
}


def softmax_rows(logits: NDArray[Any]) -> NDArray[Any]:
    """Probabilities of classes, (rows, classes); each row adds up to 1."""
    import numpy as np
    from scipy.special import softmax

    with np.errstate(invalid="ignore"):  # a diverged model gives NaN
        probabilities: NDArray[Any] = softmax(logits, axis=1)
    return probabilities


def logits_of(predictions: Any) -> NDArray[Any]:
    """The logits in a model's predictions, which may be a tuple that begins with them."""
    import numpy as np

    return np.asarray(predictions[0] if isinstance(predictions, tuple) else predictions)
