"""One of n classes for each text or pair of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.chunks import slices_of
from nbtrain.data.feature_types import describe, enumerate_names, kind, quoted
from nbtrain.data.values import arrow_values, distinct, name_of, sorted_names
from nbtrain.errors import DataError
from nbtrain.tasks.base import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec


class TextClassification(Task):
    """One output for each class, and a softmax over them."""

    name = "text_classification"
    title = "one of several classes for each text, or pair of texts"
    problem_type = "single_label_classification"

    def fits(self, train: Dataset, target: Sequence[str]) -> bool:
        return len(target) == 1 and kind(train.features[target[0]]) in ("classes", "integers", "true/false", "text")

    def class_names(self, train: Dataset, target: Sequence[str], notes: list[str]) -> list[str]:
        column = _one_column(target)
        feature = train.features[column]
        _refuse_other_kinds(column, feature, train)
        values, positions = distinct(arrow_values(train, column))
        present = set(values)
        if kind(feature) == "classes":
            labels = list(feature.names)
            present.discard(-1)
            _refuse_out_of_range(column, labels, values, positions)
        else:
            labels = sorted_names({name_of(value) for value in values})
            _say_order(column, kind(feature), labels, notes)
        if len(present) < 2:
            only = labels[present.pop()] if kind(feature) == "classes" and present else enumerate_names(present)
            msg = (
                f"train: all {len(train):,} rows have the same label, `{column}` = {only}: "
                "there is nothing to tell apart. Add examples of another class."
            )
            raise DataError(msg)
        _refuse_no_classes(column, len(present), len(train))
        return labels

    def hidden(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        import numpy as np

        column = spec.target[0]
        values, positions = distinct(arrow_values(rows, column))
        is_class = kind(rows.features[column]) != "classes" and "-1" in spec.labels
        marks = [at for at, value in enumerate(values) if value == -1 and not is_class]
        return np.isin(positions, [-1, *marks])

    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[np.int64]:
        import numpy as np

        column = spec.target[0]
        values, positions = distinct(arrow_values(rows, column))
        feature = rows.features[column]
        named = kind(feature) == "classes"
        index = {name: at for at, name in enumerate(spec.labels)}
        names = [feature.names[v] if named and 0 <= v < len(feature.names) else name_of(v) for v in values]
        ids = np.array([index.get(name, -1) for name in names], dtype=np.int64)[positions]
        if (ids < 0).any():
            unknown = [name for name in names if name not in index]
            msg = (
                f"{split}: {int((ids < 0).sum()):,} of {len(rows):,} rows have a label in `{column}` that the "
                f"training examples do not have: {enumerate_names(unknown)}. Known labels: "
                f"{enumerate_names(spec.labels)}.\n    Remove or correct these rows."
            )
            raise DataError(msg)
        return ids

    def classes(self, encoded: NDArray[Any]) -> NDArray[np.int64]:
        return encoded

    def default_metrics(self, spec: TaskSpec) -> list[str]:
        return ["accuracy", "f1"]

    def columns(self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec) -> pd.DataFrame:
        import numpy as np
        import pandas as pd
        from scipy.special import log_softmax

        rows, labels = len(logits), spec.labels
        p = np.empty((len(labels), rows))  # a row for each column of the table
        best, probability, loss = np.empty(rows, dtype=np.int64), np.empty(rows), np.empty(rows)
        for part in slices_of(logits):
            with np.errstate(invalid="ignore"):  # a model that diverged gives NaN, and its loss shall say so
                log_p = log_softmax(np.asarray(logits[part], dtype=np.float64), axis=1)
            each, some = np.arange(len(log_p)), np.exp(log_p)
            p[:, part], best[part] = some.T, some.argmax(axis=1)
            probability[part] = some[each, best[part]]
            if label_ids is not None:
                loss[part] = -log_p[each, label_ids[part]]
        names = np.array(labels, dtype=object)
        table: dict[str, Any] = {} if label_ids is None else {"label": names[label_ids]}
        table |= {"prediction": names[best], "probability": probability}
        table |= {f"p({name})": p[at] for at, name in enumerate(labels)}
        if label_ids is not None:
            table |= {"loss": loss, "correct": best == label_ids}
        return pd.DataFrame(table, copy=False)


TASK = TextClassification()


def _one_column(target: Sequence[str]) -> str:
    if len(target) > 1:
        msg = (
            f'task = "text_classification" has one label column, {len(target)} are named: {quoted(target)}.\n'
            '    For several labels at a time: task = "multi_label"'
        )
        raise DataError(msg)
    return target[0]


def _refuse_other_kinds(column: str, feature: Any, train: Dataset) -> None:
    """Raises DataError for a column whose values are no classes."""
    found = kind(feature)
    if found not in ("decimal numbers", "lists", "other"):
        return
    head = f"Column `{column}` cannot be the label of a classification: it holds {describe(feature)}"
    if found == "lists":
        msg = f'{head}.\n    For several labels at a time: task = "multi_label"'
    elif found == "other":
        msg = f"{head}. Labels are text, whole numbers, or true/false."
    else:
        msg = f"{head} {_explain_decimals(column, distinct(arrow_values(train, column))[0])}"
    raise DataError(msg)


def _explain_decimals(column: str, values: list[float]) -> str:
    if all(value.is_integer() for value in values):
        fix = f'Make them integers: df["{column}"] = df["{column}"].astype(int)'
        return f"({enumerate_names(sorted(values))}), though all are whole.\n    {fix}"
    return f'({enumerate_names(values, limit=3)}).\n    To predict a number: task = "regression"'


def _refuse_out_of_range(column: str, labels: list[str], values: list[int], positions: NDArray[np.int64]) -> None:
    import numpy as np

    wrong = [value for value in values if not -1 <= value < len(labels)]
    if wrong:
        count = int(np.isin(positions, [values.index(value) for value in wrong]).sum())
        msg = (
            f"train: {count:,} rows have a label that is out of range: `{column}` is "
            f"{enumerate_names(sorted(wrong))}, but there are {len(labels)} classes, 0 to {len(labels) - 1} "
            f"({enumerate_names(labels)}).\n"
            "    Correct these rows, or give the feature all its class names."
        )
        raise DataError(msg)


def _refuse_no_classes(column: str, classes: int, rows: int) -> None:
    """Raises DataError where nearly every row has a label of its own, as numbers of rows and free text have."""
    if classes > max(20, rows // 2):
        msg = (
            f"Column `{column}` has {classes:,} different values in {rows:,} rows, too many to be classes.\n"
            '    Name the label column: label = "...". To predict a number: task = "regression"'
        )
        raise DataError(msg)


def _say_order(column: str, found: str, labels: list[str], notes: list[str]) -> None:
    """Notes how values became numbers; refuses -1 beside 0, 1, 2, ..., which elsewhere means "no label"."""
    counted = [str(number) for number in range(len(labels))]
    if found == "integers" and len(labels) > 3 and labels == ["-1", *counted[:-1]]:
        msg = (
            f"Column `{column}` has labels 0 to {len(labels) - 2} and also -1, which often means that there is no "
            f'label.\n    Remove these rows, for example: df = df[df["{column}"] != -1]. If -1 is a class, '
            "give the labels names."
        )
        raise DataError(msg)
    if found == "text" or (found == "integers" and labels != counted):
        order = enumerate_names(f"{name} = {at}" for at, name in enumerate(labels))
        notes.append(f"Labels are numbered in sorted order: {order}.")
    folded = [name.strip().lower() for name in labels]
    if alike := [name for name, key in zip(labels, folded, strict=True) if folded.count(key) > 1]:
        notes.append(f"Labels that differ in case or spaces only are different classes: {quoted(alike)}.")
