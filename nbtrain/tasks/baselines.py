"""Outputs of models that are no neural networks, in the shape of the task's: what a trained model must exceed.

They are computed with scikit-learn, by solvers without randomness.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain import format

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Counts = Any
    """A sparse matrix of word counts, (rows, words)."""

STRENGTH = 0.1
"""Inverse strength `C` of the L2 penalty. Texts have more different words than there are rows: with the 1.0 of
scikit-learn, logistic regression is worse on MRPC (0.68 against 0.71 accuracy), and no better on SST-2.
"""

MAX_ITERATIONS = 100
NEVER = -30.0
"""The logit of a class without training rows."""


@dataclass(frozen=True)
class Constant:
    """A model that gives the same answer for every example.

    Args:
        outputs: Its outputs for one example, (outputs,).
        answer: The answer, for people: "`equivalent`".
    """

    outputs: NDArray[Any]
    answer: str


def most_frequent(classes: NDArray[Any], names: Sequence[str]) -> Constant:
    """The most frequent class. The outputs are the logarithms of the shares, so that its probabilities are right, too.

    Args:
        classes: The class of each training example, (rows,); negative numbers are left out.
        names: The names of the classes.
    """
    import numpy as np

    counts = np.bincount(classes[classes >= 0].astype(np.int64), minlength=len(names))
    shares = (counts + 1) / (counts + 1).sum()  # a class without examples has no logarithm
    return Constant(np.log(shares).astype(np.float32), f"`{names[int(counts.argmax())]}`")


def frequent_labels(table: NDArray[Any], names: Sequence[str]) -> Constant:
    """Each label if more than half of the training examples have it.

    Args:
        table: 1 for the labels of an example, else 0, (rows, labels).
        names: The names of the labels.
    """
    import numpy as np

    shares = (table.sum(axis=0) + 1) / (len(table) + 2)
    chosen = [f"`{name}`" for name, share in zip(names, shares, strict=True) if share > 0.5]
    return Constant(np.log(shares / (1 - shares)).astype(np.float32), format.listed(chosen) if chosen else "no label")


def mean(numbers: NDArray[Any]) -> Constant:
    """The mean of the numbers to predict, (rows,)."""
    import numpy as np

    value = float(np.mean(numbers, dtype=np.float64))
    return Constant(np.array([value], dtype=np.float32), f"the mean {format.number(value)}")


def classes_from_words(train: Counts, classes: NDArray[Any], other: Counts, outputs: int) -> NDArray[Any]:
    """Logits of logistic regression, (other rows, outputs).

    Args:
        train: Word counts of the training rows.
        classes: Their classes, (rows,).
        other: Word counts of the rows to predict.
        outputs: Number of classes.
    """
    import numpy as np

    logits = np.full((other.shape[0], outputs), NEVER, dtype=np.float32)
    present = np.unique(classes)
    if len(present) == 1:
        logits[:, present] = 0
        return logits
    scores = _logistic(train, classes).decision_function(other)
    logits[:, present] = np.column_stack([np.zeros_like(scores), scores]) if scores.ndim == 1 else scores
    return logits


def labels_from_words(train: Counts, table: NDArray[Any], other: Counts) -> NDArray[Any]:
    """Logits of one logistic regression for each label, (other rows, labels); `table` is (rows, labels)."""
    import numpy as np

    logits = np.empty((other.shape[0], table.shape[1]), dtype=np.float32)
    for at, column in enumerate(table.T.astype(int)):
        is_constant = column.min() == column.max()
        logits[:, at] = (
            (-NEVER if column[0] else NEVER) if is_constant else _logistic(train, column).decision_function(other)
        )
    return logits


def numbers_from_words(train: Counts, numbers: NDArray[Any], other: Counts) -> NDArray[Any]:
    """Numbers predicted by ridge regression, (other rows, 1)."""
    from sklearn.linear_model import Ridge

    model = Ridge(alpha=1 / STRENGTH, solver="sparse_cg", max_iter=MAX_ITERATIONS).fit(train, numbers)
    predicted: NDArray[Any] = model.predict(other)
    return predicted.reshape(-1, 1)


def _logistic(counts: Counts, classes: NDArray[Any]) -> Any:
    import warnings

    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it need not converge
        return LogisticRegression(C=STRENGTH, max_iter=MAX_ITERATIONS, random_state=0).fit(counts, classes)
