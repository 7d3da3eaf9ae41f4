"""A number for each text or pair of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import describe, enumerate_names, kind, quoted
from nbtrain.data.values import arrow_values, distinct, missing
from nbtrain.errors import DataError
from nbtrain.tasks.base import Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec


class Regression(Task):
    """One output, trained on the squared error."""

    name = "regression"
    title = "a number for each text, or pair of texts"
    problem_type = "regression"

    def fits(self, train: Dataset, target: Sequence[str]) -> bool:
        if len(target) > 1 or kind(train.features[target[0]]) != "decimal numbers":
            return False
        # Whole numbers written as decimals may well be classes that lost their type.
        return not all(value.is_integer() for value in distinct(arrow_values(train, target[0]))[0])

    def class_names(self, train: Dataset, target: Sequence[str], notes: list[str]) -> list[str]:
        if len(target) > 1:
            msg = f'task = "regression" has one label column, {len(target)} are named: {quoted(target)}.'
            raise DataError(msg)
        column = target[0]
        feature = train.features[column]
        values = distinct(arrow_values(train, column))[0]
        if kind(feature) not in ("decimal numbers", "integers", "classes"):
            msg = (
                f'task = "regression" needs numbers, column `{column}` holds {describe(feature)} '
                f"({enumerate_names(values, limit=3)})."
            )
            raise DataError(msg)
        if len(values) < 2:
            msg = (
                f"train: all {len(train):,} rows have the same label, `{column}` = {enumerate_names(values)}: "
                "there is nothing to learn."
            )
            raise DataError(msg)
        return []

    def hidden(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        import numpy as np

        column = spec.target[0]
        if distinct(arrow_values(rows, column))[0] == [-1]:  # a number like others, unless there is nothing else
            return np.ones(len(rows), dtype=bool)
        return missing(rows, column)

    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[np.float32]:
        import numpy as np

        column = spec.target[0]
        values: NDArray[np.float32] = arrow_values(rows, column).to_numpy(zero_copy_only=False).astype(np.float32)
        if not np.isfinite(values).all():
            count = int((~np.isfinite(values)).sum())
            msg = f"{split}: {count:,} of {len(rows):,} rows have an infinite number in `{column}`. Remove them."
            raise DataError(msg)
        return values

    def default_metrics(self, spec: TaskSpec) -> list[str]:
        return ["mae", "pearsonr", "spearmanr"]

    def columns(self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec) -> pd.DataFrame:
        import numpy as np
        import pandas as pd

        predicted = np.asarray(logits, dtype=np.float64).reshape(-1)
        if label_ids is None:
            return pd.DataFrame({"prediction": predicted}, copy=False)
        wanted = np.asarray(label_ids, dtype=np.float64).reshape(-1)
        error = predicted - wanted
        table = {"label": wanted, "prediction": predicted, "error": error, "loss": error**2}
        return pd.DataFrame(table, copy=False)


TASK = Regression()
