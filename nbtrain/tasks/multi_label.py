"""Multi-label classification: a column of lists, or several columns of 0 and 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.chunks import chunks
from nbtrain.data.feature_types import (
    FeatureType,
    describe,
    element_type,
    enumerate_names,
    feature_type,
    quoted,
    rows_have,
)
from nbtrain.data.label_cells import LIST, form_of, lists_of
from nbtrain.data.values import arrow_values, distinct, label_array, missing, name_of, sorted_labels
from nbtrain.errors import DataError
from nbtrain.tasks.base import EvaluationData
from nbtrain.tasks.baselines import Constant, frequent_labels, labels_from_words
from nbtrain.tasks.doubts import explain_number_lists
from nbtrain.tasks.scores import OF_CLASSES, Answers, logits_of
from nbtrain.tasks.sequence import SequenceTask

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.events import Label, TaskSpec


class MultiLabel(SequenceTask):
    """One output with a sigmoid for each label."""

    name = "multi_label"
    title = "any number of labels for each text, or pair of texts"
    words = "multi-label classification"
    has_demo = True
    problem_type = "multi_label_classification"
    analysis = "labels"
    example_loss = "label_losses"
    metrics = OF_CLASSES
    predictions_code = "(logits > 0).astype(int)"
    probabilities_code = 'expit(logits.astype("float64"))'
    label_ids_code = ".astype(int)"
    takes_label_columns = True
    weighted_loss = "PositiveWeightedLoss"

    def matches(self, train: Dataset, target: Sequence[str]) -> bool:
        return len(target) > 1 or feature_type(train.features[target[0]]) is FeatureType.LISTS

    def inspect(self, train: Dataset, inputs: Sequence[str], target: Sequence[str], notes: list[str]) -> TaskSpec:
        spec = super().inspect(train, inputs, target, notes)
        form = form_of(train, target[0]) if len(target) == 1 else None
        if form is None:
            return spec
        how = "lists written as text" if form == LIST else f"separated by `{form}`"
        notes.append(f"Several labels in a cell of `{target[0]}`: {how}.")
        return spec.with_options(label_cells=form)

    def labels_of(self, train: Dataset, target: Sequence[str], notes: list[str]) -> Sequence[Label]:
        if len(target) > 1:
            return list(target)
        column = target[0]
        values, feature = lists_of(train, column, form_of(train, column))
        if feature_type(feature) is not FeatureType.LISTS or element_type(feature) in (
            FeatureType.LISTS,
            FeatureType.OTHER,
        ):
            msg = (
                f'task = "multi_label" needs a column of lists, or several columns of 0 and 1; `{column}` contains '
                f'{describe(feature)}.\n    For one label per row: task = "text_classification"'
            )
            raise DataError(msg)
        labels = _list_labels(column, feature, values)
        if len(labels) < 2:
            msg = f"train: `{column}` has fewer than two distinct labels ({enumerate_names(labels)}). Add more labels."
            raise DataError(msg)
        if element_type(feature) is FeatureType.TEXT:
            notes.append(f"Label IDs: {enumerate_names(f'{at} = {name}' for at, name in enumerate(labels))}.")
        return labels

    def unlabeled_mask(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        import numpy as np

        columns = [arrow_values(rows, name) for name in spec.target]
        empty = [missing(rows, name) for name in spec.target]
        if len(columns) > 1:  # competitions mark rows that are not scored with -1
            empty += [_is_minus_one(values) for values in columns]
        return np.asarray(np.logical_or.reduce(empty))

    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[np.float32]:
        import numpy as np

        target, labels = spec.target, list(spec.label_names)
        if len(target) > 1:
            table = np.column_stack([_numbers(rows, name, split) for name in target])
        else:
            values, feature = lists_of(rows, target[0], spec.options.get("label_cells", LIST))
            if labels != _positions(target[0], len(labels)):
                return _from_names(values, feature, target[0], labels, split)
            table = _vectors(values, len(labels), target[0], split)
        wrong = ~np.isin(table, (0, 1)).all(axis=1)
        if wrong.any():
            msg = (
                f"{split}: {rows_have(int(wrong.sum()), len(rows))} values other than 0 and 1 in {quoted(target)}. 1 "
                "says that a label applies, 0 that it does not.\n"
            )
            if len(target) > 1:
                msg += (
                    "    Several numbers for a text cannot be learned in one run. To learn one of them: "
                    f'label = "{target[0]}"'
                )
            raise DataError(msg.rstrip())
        return table.astype(np.float32)

    def default_metrics(self, spec: TaskSpec) -> list[str]:
        return ["f1", "accuracy"]

    def label_codes(self, columns: Sequence[str]) -> list[str]:
        if len(columns) > 1:
            return [f"[[float(value) for value in row] for row in zip({', '.join(columns)})]"]
        return [
            f"[[float(value) for value in row] for row in {columns[0]}]",
            f"[[float(name in row) for name in LABELS] for row in {columns[0]}]",
            f"[[float(at in row) for at in range(len(LABELS))] for row in {columns[0]}]",
        ]

    def answers(self, predictions: Any, label_ids: Any, spec: TaskSpec, of: EvaluationData | None = None) -> Answers:
        import numpy as np
        from scipy.special import expit

        logits, references = logits_of(predictions), np.asarray(label_ids).astype(int)
        return Answers(logits, expit, (logits > 0).astype(int), references, logits.shape[1])

    def to_frame(
        self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec, of: EvaluationData | None = None
    ) -> pd.DataFrame:
        import numpy as np
        import pandas as pd
        from scipy.special import expit

        rows, labels = len(logits), spec.labels
        p = np.empty((len(labels), rows))  # one row per column of the table
        predicted, loss = np.empty((rows, len(labels)), dtype=bool), np.empty(rows)
        for chunk in chunks(logits):
            scores = np.asarray(logits[chunk], dtype=np.float64)
            p[:, chunk] = expit(scores).T
            predicted[chunk] = scores > 0
            if label_ids is not None:
                # log(1 + exp(s)) - s * y is the binary cross-entropy of a score; the training loss is its mean over
                # the labels.
                loss[chunk] = (np.logaddexp(0, scores) - scores * label_ids[chunk]).mean(axis=1)
        table: dict[str, Any] = {}
        if label_ids is not None:
            table["label"] = _label_lists(np.asarray(label_ids) > 0.5, labels)
        table["prediction"] = _label_lists(predicted, labels)
        table |= {f"p({name})": p[at] for at, name in enumerate(spec.shown_names)}
        if label_ids is not None:
            table["loss"] = loss
            table["correct"] = (predicted == (np.asarray(label_ids) > 0.5)).all(axis=1)
        return pd.DataFrame(table, copy=False)

    def constant(self, learned: NDArray[Any], spec: TaskSpec) -> Constant:
        return frequent_labels(learned, spec.shown_names)

    def from_words(self, train: Any, learned: NDArray[Any], other: Any, spec: TaskSpec) -> NDArray[Any]:
        return labels_from_words(train, learned, other)


TASK = MultiLabel()

_NUMERIC = (FeatureType.INTEGERS, FeatureType.FLOATS, FeatureType.BOOLEANS)


def _list_labels(column: str, feature: Any, values: pa.Array) -> list[Label]:
    """The labels in a column of lists."""
    if element_type(feature) is FeatureType.CLASSES:
        return list(feature.feature.names)
    found = distinct(values.flatten())[0]
    if element_type(feature) in _NUMERIC and set(found) <= {0, 1}:
        lengths = set(_lengths(values).tolist())
        if len(lengths) == 1 and lengths != {1}:
            return list(_positions(column, lengths.pop()))
    if element_type(feature) is FeatureType.FLOATS:
        raise DataError(explain_number_lists(column, [row for row in values.to_pylist() if row]))
    return sorted_labels(found)


def _positions(column: str, count: int) -> list[str]:
    """Label names for the positions in a list of 0 and 1, distinct from numeric labels: "labels_0"."""
    return [f"{column}_{at}" for at in range(count)]


def _is_minus_one(values: pa.Array) -> NDArray[np.bool_]:
    import numpy as np

    return np.asarray(values.to_numpy(zero_copy_only=False) == -1)


def _numbers(rows: Dataset, column: str, split: str) -> NDArray[Any]:
    """A column of numbers or booleans, (rows,)."""
    if feature_type(rows.features[column]) not in (*_NUMERIC, FeatureType.CLASSES):
        msg = (
            f"{split}: label column `{column}` contains {describe(rows.features[column])}. With several label columns, "
            "each must contain only 0 and 1."
        )
        raise DataError(msg)
    numbers: NDArray[Any] = arrow_values(rows, column).to_numpy(zero_copy_only=False)
    return numbers


def _vectors(values: pa.Array, width: int, column: str, split: str) -> NDArray[Any]:
    """A column of lists of equal length, (rows, width)."""
    import numpy as np

    lengths = _lengths(values)
    if (lengths != width).any():
        have = rows_have(int((lengths != width).sum()), len(lengths))
        msg = f"{split}: {have} a list in `{column}` whose length is not {width}."
        raise DataError(msg)
    return np.asarray(values.flatten().to_numpy(zero_copy_only=False)).reshape(-1, width)


def _from_names(values: pa.Array, feature: Any, column: str, labels: list[str], split: str) -> NDArray[np.float32]:
    """A column of lists of names or IDs, as (rows, labels) of 0 and 1."""
    import numpy as np

    entries, positions = distinct(values.flatten())
    classes = feature.feature.names if element_type(feature) is FeatureType.CLASSES else []
    names = [classes[entry] if classes and 0 <= entry < len(classes) else name_of(entry) for entry in entries]
    if unknown := [name for name in names if name not in labels]:
        msg = (
            f"{split}: `{column}` has labels that do not occur in the training data: {enumerate_names(unknown)}. "
            f"Known labels: {enumerate_names(labels)}.\n    Remove or correct these rows."
        )
        raise DataError(msg)
    table = np.zeros((len(values), len(labels)), dtype=np.float32)
    row = np.repeat(np.arange(len(values)), _lengths(values))
    present = positions >= 0  # lists can have empty entries
    table[row[present], np.array([labels.index(name) for name in names], dtype=np.int64)[positions[present]]] = 1
    return table


def _lengths(values: pa.Array) -> NDArray[np.int64]:
    """The length of each list, (rows,)."""
    import pyarrow.compute as pc

    lengths: NDArray[np.int64] = pc.list_value_length(values).to_numpy(zero_copy_only=False)
    return lengths


def _label_lists(chosen: NDArray[np.bool_], labels: Sequence[Label]) -> list[list[Label]]:
    """For each row, the labels that are true."""
    import numpy as np

    values = label_array(labels)
    row, column = np.nonzero(chosen)
    ends = np.cumsum(np.bincount(row, minlength=len(chosen)))
    return [part.tolist() for part in np.split(values[column], ends[:-1])] if len(chosen) else []
