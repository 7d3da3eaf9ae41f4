"""The table of predictions: inputs and outputs, one row per example."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.feature_types import FeatureType, feature_type
from nbtrain.data.images import files_of, is_array
from nbtrain.data.values import arrow_values

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec
    from nbtrain.tasks.base import EvaluationData


def frame(
    rows: Dataset,
    logits: NDArray[Any],
    label_ids: NDArray[Any] | None,
    spec: TaskSpec,
    of: EvaluationData | None = None,
) -> pd.DataFrame:
    """The rows with the decoded prediction for each, see `with_inputs`.

    Args:
        rows: The examples with all their columns.
        logits: The outputs of the model.
        label_ids: Labels as the task encodes them, or None.
        spec: The task for the data set.
        of: What was evaluated.

    Raises:
        ValueError: There are not as many predictions as rows.
    """
    columns = tasks.get(spec.task).to_frame(logits, label_ids, spec, of)
    if len(rows) != len(columns):
        msg = f"{len(rows)} examples, but outputs for {len(columns)}"
        raise ValueError(msg)
    return with_inputs(rows, columns, spec.target)


def with_inputs(rows: Dataset, outputs: pd.DataFrame, target: Sequence[str]) -> pd.DataFrame:
    """Every input column of `rows`, then the columns of the task ("label", "prediction", ...).

    The label columns are not repeated. An input column with the name of one of the task's columns is renamed to
    `input_<name>`. Of images, tables have the path; those without a file, and arrays, are left out.

    Args:
        rows: The examples with all their columns.
        outputs: The columns of the task, in the order of `rows`.
        target: The label columns.
    """
    import pandas as pd

    outputs = with_numbers(rows, outputs, target)
    kept = [name for name in rows.column_names if name not in target]
    inputs = _inputs(rows, kept)
    if inputs is None:
        return outputs
    inputs = inputs.rename(columns={name: _unused_name(name, {*kept, *outputs}) for name in kept if name in outputs})
    return pd.concat([inputs, outputs], axis="columns")


def _inputs(rows: Dataset, names: Sequence[str]) -> pd.DataFrame | None:
    """The columns `names`, without images: a picture that is a file is its path; None if no column is left."""
    types = {name: feature_type(rows.features[name]) for name in names}
    files = {name: files_of(rows, name) for name in names if types[name] is FeatureType.IMAGE}
    others = [name for name in names if name not in files and not is_array(rows.features[name])]
    if not others and not any(files.values()):
        return None
    table: pd.DataFrame = rows.select_columns(others).with_format(None).to_pandas() if others else _no_columns(rows)
    table = table.assign(**{name: paths for name, paths in files.items() if paths is not None})
    return table[[name for name in names if name in table]]


def _no_columns(rows: Dataset) -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(index=range(len(rows)))


def with_numbers(rows: Dataset, outputs: pd.DataFrame, target: Sequence[str]) -> pd.DataFrame:
    """`outputs` with the numbers to predict as `rows` have them, in their type; the model's batches have them in single
    precision. The errors follow. Other labels stay.
    """
    is_column = len(target) == 1 and target[0] in rows.column_names and len(rows) == len(outputs)
    if not is_column or not _has_numbers(outputs):
        return outputs
    outputs = outputs.assign(label=arrow_values(rows, target[0]).to_numpy(zero_copy_only=False))
    if "error" not in outputs:
        return outputs
    error = outputs["prediction"] - outputs["label"]
    return outputs.assign(error=error, loss=error**2)


def _has_numbers(outputs: pd.DataFrame) -> bool:
    return "label" in outputs and outputs["label"].dtype.kind == "f"


def read_table(file: Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """A stored table, or some of its columns. Lists are lists again; Parquet has them as arrays.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is damaged.
    """
    import numpy as np
    import pandas as pd

    table = pd.read_parquet(file, columns=None if columns is None else list(columns))
    for name in [name for name, dtype in table.dtypes.items() if dtype.kind == "O"]:
        cells = list(table[name])
        if any(isinstance(cell, np.ndarray) for cell in cells):
            lists = [cell.tolist() if isinstance(cell, np.ndarray) else cell for cell in cells]
            table[name] = pd.Series(lists, index=table.index, dtype=object)
    return table


SET = "evaluation_set"
"""The column that names the evaluation set of a row, if a Trainer has several."""


def joined(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The predictions for several evaluation sets, one below the other, with the name of the set as first column.

    Args:
        frames: The predictions for each set; a single one named "" is returned as it is.
    """
    import pandas as pd

    if list(frames) == [""]:
        return frames[""]
    return pd.concat(frames, names=[SET]).reset_index(level=0).reset_index(drop=True)


def _unused_name(name: str, taken: set[str]) -> str:
    name = f"input_{name}"
    return _unused_name(name, taken) if name in taken else name
