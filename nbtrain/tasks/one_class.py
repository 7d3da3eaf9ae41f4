"""What the tasks have in common that learn one of several classes for each example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from nbtrain.data.chunks import chunks
from nbtrain.data.feature_types import FeatureType, describe, enumerate_names, feature_type, quoted, rows_have
from nbtrain.data.values import arrow_values, distinct, label_array, name_of, sorted_labels
from nbtrain.errors import DataError
from nbtrain.tasks.base import EvaluationData
from nbtrain.tasks.baselines import Constant, classes_from_words, most_frequent
from nbtrain.tasks.scores import OF_ONE_CLASS, Answers, logits_of, softmax_rows
from nbtrain.tasks.sequence import SequenceTask

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray
    from transformers import PreTrainedConfig

    from nbtrain.events import Label, TaskSpec


class OneClass(SequenceTask):
    """One output for each class, with a softmax over them."""

    words = "classification"
    problem_type = "single_label_classification"
    weighted_loss = "WeightedLoss"
    analysis = "classes"
    example_loss = "class_losses"
    metrics = OF_ONE_CLASS
    predictions_code = "logits.argmax(axis=1)"
    probabilities_code = 'softmax(logits.astype("float64"), axis=1)'

    for_several: ClassVar[str] = ""
    """What to do if an example can have several labels; "" if nothing can be done."""

    for_numbers: ClassVar[str] = ""
    """What to do to learn a number; "" if nothing can be done."""

    def suits(self, model_config: PreTrainedConfig) -> bool:
        is_default = model_config.problem_type is None and model_config.num_labels > 1
        return super().suits(model_config) or is_default

    def labels_of(self, train: Dataset, target: Sequence[str], notes: list[str]) -> Sequence[Label]:
        column = self._one_column(target)
        feature = train.features[column]
        has_names = feature_type(feature) is FeatureType.CLASSES
        self._refuse_other_types(column, feature, train)
        values, positions = distinct(arrow_values(train, column))
        present = set(values)
        if has_names:
            labels = list(feature.names)
            present.discard(-1)
            _refuse_out_of_range(column, labels, values, positions)
        else:
            labels = sorted_labels(values)
            _note_label_ids(column, feature_type(feature), [name_of(label) for label in labels], notes)
        if len(present) < 2:
            only = labels[present.pop()] if has_names and present else enumerate_names(present)
            msg = (
                f"train: all {len(train):,} rows have the same label, `{column}` = {only}: "
                "a classifier needs at least two classes. Add examples of another class."
            )
            raise DataError(msg)
        self._refuse_too_many_classes(column, len(present), len(train))
        return labels

    def unlabeled_mask(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        import numpy as np

        column = spec.target[0]
        values, positions = distinct(arrow_values(rows, column))
        is_class = feature_type(rows.features[column]) is not FeatureType.CLASSES and "-1" in spec.label_names
        hidden = [at for at, value in enumerate(values) if value == -1 and not is_class]
        return np.isin(positions, [-1, *hidden])

    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[np.int64]:
        import numpy as np

        column = spec.target[0]
        values, positions = distinct(arrow_values(rows, column))
        feature = rows.features[column]
        named = feature_type(feature) is FeatureType.CLASSES
        index = {name: at for at, name in enumerate(spec.label_names)}
        names = [feature.names[v] if named and 0 <= v < len(feature.names) else name_of(v) for v in values]
        if not named and index.keys().isdisjoint(names) and all(_is_id(value, len(index)) for value in values):
            index = {str(at): at for at in range(len(index))}  # the classes by their numbers, as the model has them
        ids = np.array([index.get(name, -1) for name in names], dtype=np.int64)[positions]
        if (ids < 0).any():
            unknown = [name for name in names if name not in index]
            msg = (
                f"{split}: {rows_have(int((ids < 0).sum()), len(rows))} a label in `{column}` that does not occur in "
                f"the training data: {enumerate_names(unknown)}. Known labels: "
                f"{enumerate_names(spec.label_names)}.\n    Remove or correct these rows."
            )
            raise DataError(msg)
        return ids

    def classes(self, encoded: NDArray[Any]) -> NDArray[np.int64]:
        return encoded

    def default_metrics(self, spec: TaskSpec) -> list[str]:
        return ["accuracy", "f1"]

    def label_codes(self, columns: Sequence[str]) -> list[str]:
        [column] = columns
        return [
            column,
            f"[LABELS.index(name) for name in {column}]",
            f"[LABELS.index(str(name)) for name in {column}]",
        ]

    def answers(self, predictions: Any, label_ids: Any, spec: TaskSpec, of: EvaluationData | None = None) -> Answers:
        import numpy as np

        logits = logits_of(predictions)
        return Answers(logits, softmax_rows, logits.argmax(axis=1), np.asarray(label_ids), logits.shape[1])

    def to_frame(
        self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec, of: EvaluationData | None = None
    ) -> pd.DataFrame:
        import numpy as np
        import pandas as pd
        from scipy.special import log_softmax

        rows, labels = len(logits), spec.labels
        ids, has_label = (None, None) if label_ids is None else _class_ids(label_ids, len(labels))
        p = np.empty((len(labels), rows))  # one row per column of the table
        best, probability, loss = np.empty(rows, dtype=np.int64), np.empty(rows), np.empty(rows)
        for chunk in chunks(logits):
            with np.errstate(invalid="ignore"):  # a diverged model gives NaN, which the loss shows
                log_p = log_softmax(np.asarray(logits[chunk], dtype=np.float64), axis=1)
            index, chunk_p = np.arange(len(log_p)), np.exp(log_p)
            p[:, chunk], best[chunk] = chunk_p.T, chunk_p.argmax(axis=1)
            probability[chunk] = chunk_p[index, best[chunk]]
            if ids is not None:
                loss[chunk] = -log_p[index, ids[chunk]]
        values = label_array(labels)
        table: dict[str, Any] = {} if ids is None else {"label": values[ids]}
        table |= {"prediction": values[best], "probability": probability}
        table |= {f"p({name})": p[at] for at, name in enumerate(spec.shown_names)}
        if ids is not None:
            table |= {"loss": loss, "correct": best == ids}
        frame = pd.DataFrame(table, copy=False)
        if has_label is None or has_label.all():
            return frame
        compared = {name: frame[name].convert_dtypes().where(has_label) for name in ("label", "loss", "correct")}
        return frame.assign(**compared)

    def constant(self, learned: NDArray[Any], spec: TaskSpec) -> Constant:
        return most_frequent(learned, spec.shown_names)

    def from_words(self, train: Any, learned: NDArray[Any], other: Any, spec: TaskSpec) -> NDArray[Any]:
        return classes_from_words(train, learned, other, len(spec.labels))

    def _one_column(self, target: Sequence[str]) -> str:
        if len(target) > 1:
            fix = self.for_several or f'Choose one of them: label = "{target[0]}"'
            msg = f'task = "{self.name}" takes one label column, got {len(target)}: {quoted(target)}.\n    {fix}'
            raise DataError(msg)
        return target[0]

    def _refuse_other_types(self, column: str, feature: Any, train: Dataset) -> None:
        """Raises DataError if the values of a column cannot be classes."""
        found = feature_type(feature)
        if found not in NO_CLASSES:
            return
        head = f"Column `{column}` cannot be the label for classification: it contains {describe(feature)}"
        if found is FeatureType.LISTS:
            msg = f"{head}.\n    {self.for_several or OTHER_COLUMN}"
        elif found is not FeatureType.FLOATS:
            msg = f"{head}. Labels must be text, integers or booleans."
        else:
            msg = f"{head} {self._explain_floats(column, distinct(arrow_values(train, column))[0])}"
        raise DataError(msg)

    def _explain_floats(self, column: str, values: list[float]) -> str:
        if all(value.is_integer() for value in values):
            fix = f'Convert them to integers: df["{column}"] = df["{column}"].astype(int)'
            return f"({enumerate_names(sorted(values))}), all without a fraction.\n    {fix}"
        return f"({enumerate_names(values, limit=3)}).\n    {self.for_numbers or OTHER_COLUMN}"

    def _refuse_too_many_classes(self, column: str, classes: int, rows: int) -> None:
        """Raises DataError if nearly every row has a different label, as row IDs and free text have."""
        if classes > max(20, rows // 2):
            fix = OTHER_COLUMN + (f" {self.for_numbers}" if self.for_numbers else "")
            msg = (
                f"Column `{column}` has {classes:,} distinct values in {rows:,} rows: too many to be classes.\n"
                f"    {fix}"
            )
            raise DataError(msg)


CLASS_TYPES = (FeatureType.CLASSES, FeatureType.INTEGERS, FeatureType.BOOLEANS, FeatureType.TEXT)
NO_CLASSES = (FeatureType.FLOATS, FeatureType.LISTS, FeatureType.IMAGE, FeatureType.OTHER)

OTHER_COLUMN = 'Set another label column: label = "...".'


def _is_id(value: Any, classes: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < classes


def _class_ids(label_ids: NDArray[Any], classes: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The class of each row, (rows,), and which rows have one: -100 and other numbers stand for no label."""
    import numpy as np

    numbers = np.asarray(label_ids, dtype=np.float64).reshape(-1)
    has_label = np.isin(numbers, np.arange(classes))
    return np.where(has_label, numbers, 0).astype(np.int64), has_label


def _refuse_out_of_range(column: str, labels: list[str], values: list[int], positions: NDArray[np.int64]) -> None:
    import numpy as np

    wrong = [value for value in values if not -1 <= value < len(labels)]
    if wrong:
        count = int(np.isin(positions, [values.index(value) for value in wrong]).sum())
        msg = (
            f"train: {rows_have(count, len(positions))} a label out of range: `{column}` = "
            f"{enumerate_names(sorted(wrong))}, but there are {len(labels)} classes, 0 to {len(labels) - 1} "
            f"({enumerate_names(labels)}).\n"
            "    Correct these rows, or add the missing class names to the `ClassLabel` feature."
        )
        raise DataError(msg)


def _note_label_ids(column: str, found: FeatureType, labels: list[str], notes: list[str]) -> None:
    """Note the ID of each label. Raises DataError for -1 next to 0, 1, 2, ...: it often means "no label"."""
    counted = [str(number) for number in range(len(labels))]
    if found is FeatureType.INTEGERS and len(labels) > 3 and labels == ["-1", *counted[:-1]]:
        msg = (
            f'Column `{column}` has labels 0 to {len(labels) - 2} and also -1, which often means "no label".\n'
            f'    Remove these rows, for example: df = df[df["{column}"] != -1]. If -1 is a '
            "class, use strings as labels."
        )
        raise DataError(msg)
    is_sign = "+" in labels or len(labels) < 3
    nothing = [name for name in labels if not name.strip() or (name == "-" and not is_sign)]
    if found is FeatureType.TEXT and nothing:
        msg = (
            f'Column `{column}` has the label "{nothing[0]}", which often means "no label".\n'
            f'    Remove these rows, for example: df = df[df["{column}"] != "{nothing[0]}"]. If it is a class, give it '
            "a name."
        )
        raise DataError(msg)
    if found is FeatureType.TEXT or (found is FeatureType.INTEGERS and labels != counted):
        notes.append(f"Label IDs: {enumerate_names(f'{at} = {name}' for at, name in enumerate(labels))}.")
    folded = [name.strip().lower() for name in labels]
    if alike := [name for name, key in zip(labels, folded, strict=True) if folded.count(key) > 1]:
        notes.append(f"Labels that differ only in case or spaces are treated as different classes: {quoted(alike)}.")
