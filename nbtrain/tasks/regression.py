"""Regression: one number for each text or pair of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import FeatureType, describe, enumerate_names, feature_type, quoted, rows_have
from nbtrain.data.values import arrow_values, distinct, doubles, missing
from nbtrain.errors import DataError
from nbtrain.tasks.base import EvaluationData
from nbtrain.tasks.baselines import Constant, mean, numbers_from_words
from nbtrain.tasks.scores import OF_NUMBERS, Answers, logits_of
from nbtrain.tasks.sequence import SequenceTask

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray
    from transformers import PreTrainedConfig

    from nbtrain.events import Label, TaskSpec


class Regression(SequenceTask):
    """One output, trained on the squared error."""

    name = "regression"
    title = "a number for each text, or pair of texts"
    words = "regression"
    has_demo = True
    problem_type = "regression"
    has_classes = False
    analysis = "numbers"
    metrics = OF_NUMBERS
    predictions_code = 'logits.reshape(-1).astype("float64")'
    label_ids_code = '.reshape(-1).astype("float64")'

    def matches(self, train: Dataset, target: Sequence[str]) -> bool:
        if len(target) > 1 or feature_type(train.features[target[0]]) is not FeatureType.FLOATS:
            return False
        # Floats without a fraction may be class IDs that lost their type.
        return not all(value.is_integer() for value in distinct(arrow_values(train, target[0]))[0])

    def suits(self, model_config: PreTrainedConfig) -> bool:
        return super().suits(model_config) or model_config.num_labels == 1

    def labels_of(self, train: Dataset, target: Sequence[str], notes: list[str]) -> list[Label]:
        if len(target) > 1:
            msg = (
                f'task = "regression" takes one label column, got {len(target)}: {quoted(target)}. Several numbers for '
                f'a text cannot be learned in one run.\n    To learn one of them: label = "{target[0]}"'
            )
            raise DataError(msg)
        column = target[0]
        feature = train.features[column]
        values = distinct(arrow_values(train, column))[0]
        if feature_type(feature) not in (FeatureType.FLOATS, FeatureType.INTEGERS, FeatureType.CLASSES):
            msg = (
                f'task = "regression" needs numbers; column `{column}` contains {describe(feature)} '
                f"({enumerate_names(values, limit=3)}).\n    Set another label column or another task."
            )
            raise DataError(msg)
        if len(values) < 2:
            msg = (
                f"train: all {len(train):,} rows have the same label, `{column}` = {enumerate_names(values)}: "
                "there is nothing to learn. Set another label column, or add rows with other labels."
            )
            raise DataError(msg)
        return []

    def unlabeled_mask(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        import numpy as np

        column = spec.target[0]
        if distinct(arrow_values(rows, column))[0] == [-1]:  # -1 is a valid number, unless all labels are -1
            return np.ones(len(rows), dtype=bool)
        return missing(rows, column)

    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[np.float32]:
        import numpy as np

        column = spec.target[0]
        values: NDArray[np.float32] = arrow_values(rows, column).to_numpy(zero_copy_only=False).astype(np.float32)
        if not np.isfinite(values).all():
            count = int((~np.isfinite(values)).sum())
            msg = f"{split}: {rows_have(count, len(rows))} an infinite number in `{column}`. Remove them."
            raise DataError(msg)
        return values

    def default_metrics(self, spec: TaskSpec) -> list[str]:
        return ["mae", "pearsonr", "spearmanr"]

    def label_codes(self, columns: Sequence[str]) -> list[str]:
        return [f"[float(value) for value in {columns[0]}]"]

    def answers(self, predictions: Any, label_ids: Any, spec: TaskSpec, of: EvaluationData | None = None) -> Answers:
        import numpy as np

        numbers = logits_of(predictions).reshape(-1).astype(np.float64)
        references = np.asarray(label_ids).reshape(-1).astype(np.float64)
        return Answers(numbers, lambda part: part, numbers, references, 0)

    def to_frame(
        self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec, of: EvaluationData | None = None
    ) -> pd.DataFrame:
        import pandas as pd

        predicted = doubles(logits).reshape(-1)
        if label_ids is None:
            return pd.DataFrame({"prediction": predicted}, copy=False)
        labels = doubles(label_ids).reshape(-1)
        error = predicted - labels
        table = {"label": labels, "prediction": predicted, "error": error, "loss": error**2}
        return pd.DataFrame(table, copy=False)

    def constant(self, learned: NDArray[Any], spec: TaskSpec) -> Constant:
        return mean(learned)

    def from_words(self, train: Any, learned: NDArray[Any], other: Any, spec: TaskSpec) -> NDArray[Any]:
        return numbers_from_words(train, learned, other)


TASK = Regression()
