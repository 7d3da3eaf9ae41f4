"""Tables of classes: how often each is predicted for each, and precision, recall and F1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbtrain.insight import intervals


def counted(true: NDArray[np.int64], predicted: NDArray[np.int64], names: pd.Index) -> pd.DataFrame:
    """How often each class (rows) is predicted as each (columns)."""
    from sklearn.metrics import confusion_matrix

    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    if len(true):
        counts = confusion_matrix(true, predicted, labels=range(len(names)))
    return pd.DataFrame(counts, index=names.rename("label"), columns=names.rename("prediction"))


def confused(counts: pd.DataFrame, without: Sequence[Any] = ()) -> pd.DataFrame:
    """The pairs of a label and another prediction, the most frequent first; without those of the labels `without`.

    Returns:
        Columns label, prediction, confused (how often), rate (of the examples with the label) with its interval, and n
        (examples with the label).
    """
    table = counts.to_numpy().copy()
    support = table.sum(axis=1)
    np.fill_diagonal(table, 0)
    table[counts.index.isin(list(without))] = 0
    rows, columns = np.nonzero(table)
    found = table[rows, columns]
    order = np.lexsort((columns, rows, -found / support[rows], -found))
    rows, columns, found = rows[order], columns[order], found[order]
    rate, low, high = intervals.fraction(found, support[rows])
    labels, predictions = counts.index[rows], counts.columns[columns]
    return pd.DataFrame(
        {
            "label": labels.to_numpy(),
            "prediction": predictions.to_numpy(),
            "confused": found,
            "rate": rate,
            "low": low,
            "high": high,
            "n": support[rows],
        }
    )


def report(
    true_positives: NDArray[np.int64], predicted: NDArray[np.int64], support: NDArray[np.int64], names: pd.Index
) -> pd.DataFrame:
    """Precision, recall and F1 of each class with their intervals.

    Precision is of the examples that are predicted to have a class, recall of those that have it (support). Where there
    are none, it is NaN.
    """
    columns: dict[str, Any] = {}
    for name, found in (
        ("precision", intervals.fraction(true_positives, predicted)),
        ("recall", intervals.fraction(true_positives, support)),
        ("f1", intervals.f1(true_positives, predicted, support)),
    ):
        columns |= dict(zip((name, f"{name}_low", f"{name}_high"), found, strict=True))
    return pd.DataFrame({**columns, "support": support, "predicted": predicted}, index=names)


def averaged(kind: str, sums: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """The macro average of "precision", "recall" or "f1" over the classes that occur, as scikit-learn has it with
    `zero_division=0`; from "true_positives", "predicted" and "support", (samples, classes).
    """
    hits, predicted, support = (sums[name] for name in ("true_positives", "predicted", "support"))
    of = {"precision": predicted, "recall": support, "f1": (predicted + support) / 2}[kind]
    occurs = (predicted + support) > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        each = np.where(of > 0, hits / of, 0.0)
        mean: NDArray[np.float64] = (each * occurs).sum(axis=1) / occurs.sum(axis=1)
    return mean
