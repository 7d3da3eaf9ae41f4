"""The table of predictions."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from datasets import ClassLabel, Dataset

from nbtrain.events import TaskSpec
from nbtrain.tasks.predictions import frame


def predictions(
    rows: Dataset, logits: Any, ids: Any, target: list[str], labels: list[str], task: str = "text_classification"
) -> pd.DataFrame:
    spec = TaskSpec(task, ("text",), tuple(target), tuple(labels))
    return frame(rows, np.asarray(logits), None if ids is None else np.asarray(ids), spec)


def test_inputs_then_outputs_in_the_order_of_the_rows() -> None:
    rows = Dataset.from_dict({"idx": [7, 8, 9], "text": ["a", "b", "c"], "label": [0, 1, 1]})
    rows = rows.cast_column("label", ClassLabel(names=["no", "yes"])).select([2, 0])
    table = predictions(rows, [[0, 1], [0, 1]], [1, 0], ["label"], ["no", "yes"])
    assert [*table] == ["idx", "text", "label", "prediction", "probability", "p(no)", "p(yes)", "loss", "correct"]
    assert table["idx"].tolist() == [9, 7]
    assert table["label"].tolist() == ["yes", "no"]
    assert table["correct"].tolist() == [True, False]
    assert list(table.index) == [0, 1]


def test_label_columns_of_any_name_are_replaced() -> None:
    rows = Dataset.from_dict({"text": ["a"], "a": [0], "b": [1]})
    table = predictions(rows, [[-1.0, 1.0]], [[0, 1]], ["a", "b"], ["a", "b"], "multi_label")
    assert [*table] == ["text", "label", "prediction", "p(a)", "p(b)", "loss", "correct"]


def test_input_columns_with_the_name_of_a_task_column_are_renamed() -> None:
    rows = Dataset.from_dict({"text": ["a"], "stars": [1], "label": ["x"], "loss": [0.5], "input_loss": [1]})
    table = predictions(rows, [[0, 1]], [1], ["stars"], ["0", "1"])
    assert table.loc[0, "input_label"] == "x"
    assert table.loc[0, "label"] == "1"
    assert table.loc[0, "input_input_loss"] == 0.5
    assert table.loc[0, "input_loss"] == 1
    assert not table.columns.has_duplicates


def test_rows_with_only_a_label() -> None:
    rows = Dataset.from_dict({"label": ["x", "y", "x"]}).select([2, 1])
    table = predictions(rows, [[0, 1], [1, 0]], [0, 1], ["label"], ["x", "y"])
    assert table["label"].tolist() == ["x", "y"]


def test_without_labels() -> None:
    rows = Dataset.from_dict({"text": ["a"]})
    assert [*predictions(rows, [[0, 1]], None, ["label"], ["x", "y"])] == [
        "text",
        "prediction",
        "probability",
        "p(x)",
        "p(y)",
    ]


def test_regression() -> None:
    rows = Dataset.from_dict({"text": ["a"], "score": [2.0]})
    table = predictions(rows, [[1.5]], [2.0], ["score"], [], "regression")
    assert table.to_dict("records") == [{"text": "a", "label": 2.0, "prediction": 1.5, "error": -0.5, "loss": 0.25}]


def test_numbers_of_rows_must_agree() -> None:
    with pytest.raises(ValueError, match="2 examples, but outputs for 1"):
        predictions(Dataset.from_dict({"text": ["a", "b"]}), [[0, 1]], None, [], ["x", "y"])


def test_parquet(tmp_path: Any) -> None:
    rows = Dataset.from_dict({"text": ["a", "b"], "tags": [["x"], ["x", "y"]]})
    table = predictions(rows, [[-1.0, 1.0]] * 2, [[1, 0], [1, 1]], ["tags"], ["x", "y"], "multi_label")
    table.to_parquet(tmp_path / "predictions.parquet")
    read = pd.read_parquet(tmp_path / "predictions.parquet")
    assert [list(names) for names in read["label"]] == [["x"], ["x", "y"]]


@pytest.mark.timing
def test_a_million_rows() -> None:
    count = 1_000_000
    rows = Dataset.from_dict(
        {"idx": np.arange(count), "text": ["some text"] * count, "label": np.zeros(count, dtype=int)}
    )
    logits = np.random.default_rng(0).normal(size=(count, 2)).astype(np.float32)
    start = time.process_time()
    table = predictions(rows, logits, np.zeros(count, dtype=np.int64), ["label"], ["no", "yes"])
    assert len(table) == count
    assert time.process_time() - start < 5
