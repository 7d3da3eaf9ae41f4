"""The table of predictions: what went in, what came out, a row per example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain import tasks

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec


def frame(rows: Dataset, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec) -> pd.DataFrame:
    """Every input column of `rows`, then the columns of the task ("label", "prediction", ...), in the order of `rows`.

    The label columns are not repeated. An input column that is called as one of the task's
    columns is kept as `input_<name>`.

    Args:
        rows: The examples as they were read.
        logits: (rows, outputs).
        label_ids: Labels as the task encodes them, or None.
        spec: What was learned.

    Raises:
        ValueError: The numbers of rows differ.
    """
    if len(rows) != len(logits):
        msg = f"{len(rows)} examples, but outputs for {len(logits)}"
        raise ValueError(msg)
    return beside(rows, tasks.get(spec.task).columns(logits, label_ids, spec), spec.target)


def beside(rows: Dataset, outputs: pd.DataFrame, target: Sequence[str]) -> pd.DataFrame:
    """As `frame`, with the columns of the task as they are."""
    import pandas as pd

    kept = [name for name in rows.column_names if name not in target]
    if not kept:
        return outputs
    inputs: pd.DataFrame = rows.select_columns(kept).with_format(None).to_pandas()
    inputs = inputs.rename(columns={name: _free(name, {*kept, *outputs}) for name in kept if name in outputs})
    return pd.concat([inputs, outputs], axis="columns")


def _free(name: str, taken: set[str]) -> str:
    name = f"input_{name}"
    return _free(name, taken) if name in taken else name
