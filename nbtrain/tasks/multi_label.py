"""Any number of labels for each text: a column of lists, or several columns of 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.chunks import slices_of
from nbtrain.data.feature_types import describe, element_kind, enumerate_names, kind
from nbtrain.data.values import arrow_values, distinct, missing, name_of, sorted_names
from nbtrain.errors import DataError
from nbtrain.tasks.base import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec


class MultiLabel(Task):
    """Several yes-or-no questions at once: one output and one sigmoid for each label."""

    name = "multi_label"
    title = "any number of labels for each text, or pair of texts"
    problem_type = "multi_label_classification"

    def fits(self, train: Dataset, target: Sequence[str]) -> bool:
        return len(target) > 1 or kind(train.features[target[0]]) == "lists"

    def class_names(self, train: Dataset, target: Sequence[str], notes: list[str]) -> list[str]:
        if len(target) > 1:
            return list(target)
        column = target[0]
        feature = train.features[column]
        if kind(feature) != "lists" or element_kind(feature) in ("lists", "other"):
            msg = (
                f'task = "multi_label" needs a column of lists, or several columns of 0 and 1; `{column}` holds '
                f'{describe(feature)}.\n    For one label per row: task = "text_classification"'
            )
            raise DataError(msg)
        labels = _list_labels(column, feature, arrow_values(train, column))
        if len(labels) < 2:
            msg = f"train: `{column}` has no two different labels ({enumerate_names(labels)}): nothing can be learned."
            raise DataError(msg)
        if element_kind(feature) == "text":
            notes.append(f"Labels in sorted order: {enumerate_names(labels)}.")
        return labels

    def hidden(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        import numpy as np

        columns = [arrow_values(rows, name) for name in spec.target]
        empty = [missing(rows, name) for name in spec.target]
        if len(columns) > 1:  # competitions mark rows that do not count with -1
            empty += [_is_minus_one(values) for values in columns]
        return np.asarray(np.logical_or.reduce(empty))

    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[np.float32]:
        import numpy as np

        target, labels = spec.target, list(spec.labels)
        if len(target) > 1:
            table = np.column_stack([_numbers(rows, name, split) for name in target])
        elif labels == _positions(target[0], len(labels)):
            table = _vectors(arrow_values(rows, target[0]), len(labels), target[0], split)
        else:
            return _from_names(rows, target[0], labels, split)
        wrong = ~np.isin(table, (0, 1)).all(axis=1)
        if wrong.any():
            columns = ", ".join(f"`{name}`" for name in target)
            msg = f"{split}: {int(wrong.sum()):,} of {len(rows):,} rows have other values than 0 and 1 in {columns}."
            raise DataError(msg)
        return table.astype(np.float32)

    def default_metrics(self, spec: TaskSpec) -> list[str]:
        return ["f1", "accuracy"]

    def columns(self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec) -> pd.DataFrame:
        import numpy as np
        import pandas as pd
        from scipy.special import expit

        rows, labels = len(logits), spec.labels
        p = np.empty((len(labels), rows))  # a row for each column of the table
        predicted, loss = np.empty((rows, len(labels)), dtype=bool), np.empty(rows)
        for part in slices_of(logits):
            scores = np.asarray(logits[part], dtype=np.float64)
            p[:, part] = expit(scores).T
            predicted[part] = scores > 0
            if label_ids is not None:
                # log(1 + exp(s)) - s * y is the binary cross-entropy of a score; its mean over the labels is what
                # trains.
                loss[part] = (np.logaddexp(0, scores) - scores * label_ids[part]).mean(axis=1)
        table: dict[str, Any] = {}
        if label_ids is not None:
            table["label"] = _name_lists(np.asarray(label_ids) > 0.5, labels)
        table["prediction"] = _name_lists(predicted, labels)
        table |= {f"p({name})": p[at] for at, name in enumerate(labels)}
        if label_ids is not None:
            table["loss"] = loss
            table["correct"] = (predicted == (np.asarray(label_ids) > 0.5)).all(axis=1)
        return pd.DataFrame(table, copy=False)


TASK = MultiLabel()


def _list_labels(column: str, feature: Any, values: pa.Array) -> list[str]:
    """Names of the labels in a column of lists."""
    if element_kind(feature) == "classes":
        return list(feature.feature.names)
    found = distinct(values.flatten())[0]
    if element_kind(feature) in ("integers", "decimal numbers", "true/false") and set(found) <= {0, 1}:
        lengths = set(_lengths(values).tolist())
        if len(lengths) == 1 and lengths != {1}:
            return _positions(column, lengths.pop())
    if element_kind(feature) == "decimal numbers":
        msg = f"Column `{column}` has lists of decimal numbers ({enumerate_names(found, limit=3)}): no labels."
        raise DataError(msg)
    return sorted_names({name_of(value) for value in found})


def _positions(column: str, count: int) -> list[str]:
    """Names for the places of a list of 0 and 1, unlike those of any number: "labels_0"."""
    return [f"{column}_{at}" for at in range(count)]


def _is_minus_one(values: pa.Array) -> NDArray[np.bool_]:
    import numpy as np

    return np.asarray(values.to_numpy(zero_copy_only=False) == -1)


def _numbers(rows: Dataset, column: str, split: str) -> NDArray[Any]:
    """A column of numbers or of true/false, (rows,)."""
    if kind(rows.features[column]) not in ("integers", "decimal numbers", "true/false", "classes"):
        msg = (
            f"{split}: label column `{column}` holds {describe(rows.features[column])}; with several label columns "
            "each has 0 or 1 in every row."
        )
        raise DataError(msg)
    numbers: NDArray[Any] = arrow_values(rows, column).to_numpy(zero_copy_only=False)
    return numbers


def _vectors(values: pa.Array, width: int, column: str, split: str) -> NDArray[Any]:
    """A column of lists of equal length, (rows, width)."""
    import numpy as np

    lengths = _lengths(values)
    if (lengths != width).any():
        msg = f"{split}: {int((lengths != width).sum()):,} rows have a list in `{column}` whose length is not {width}."
        raise DataError(msg)
    return np.asarray(values.flatten().to_numpy(zero_copy_only=False)).reshape(-1, width)


def _from_names(rows: Dataset, column: str, labels: list[str], split: str) -> NDArray[np.float32]:
    """A column of lists of names or ids, as (rows, labels) of 0 and 1."""
    import numpy as np

    values = arrow_values(rows, column)
    entries, positions = distinct(values.flatten())
    feature = rows.features[column].feature
    named = kind(feature) == "classes"
    names = [feature.names[e] if named and 0 <= e < len(feature.names) else name_of(e) for e in entries]
    if unknown := [name for name in names if name not in labels]:
        msg = (
            f"{split}: `{column}` has labels that the training examples do not have: {enumerate_names(unknown)}. "
            f"Known labels: {enumerate_names(labels)}."
        )
        raise DataError(msg)
    table = np.zeros((len(rows), len(labels)), dtype=np.float32)
    row = np.repeat(np.arange(len(rows)), _lengths(values))
    there = positions >= 0  # lists can have empty entries
    table[row[there], np.array([labels.index(name) for name in names], dtype=np.int64)[positions[there]]] = 1
    return table


def _lengths(values: pa.Array) -> NDArray[np.int64]:
    """The length of each list, (rows,)."""
    import pyarrow.compute as pc

    lengths: NDArray[np.int64] = pc.list_value_length(values).to_numpy(zero_copy_only=False)
    return lengths


def _name_lists(chosen: NDArray[np.bool_], labels: Sequence[str]) -> list[list[str]]:
    """For each row the names of the columns that are true."""
    import numpy as np

    names = np.array(labels, dtype=object)
    row, column = np.nonzero(chosen)
    ends = np.cumsum(np.bincount(row, minlength=len(chosen)))
    return [part.tolist() for part in np.split(names[column], ends[:-1])] if len(chosen) else []
