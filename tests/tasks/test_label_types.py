"""Labels come back in the type in which they went in: integers, booleans or text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from datasets import ClassLabel, Dataset, Features, Value

from nbtrain import tasks
from nbtrain.events import Prepared, TaskSpec
from nbtrain.events.codec import from_json, to_json
from nbtrain.tasks.predictions import frame

KINDS = [
    pd.Series([1, 0, 1]),
    pd.Series([True, False, True]),
    pd.Series(["yes", "no", "yes"]),
    pd.Series([10, 2, 10], dtype="uint8"),
    pd.Series([-1, 1, -1]),
    pd.Series([2, 1, 2], dtype="Int64"),
    pd.Series(["b", "a", "b"], dtype="category"),
]


def dataset(label: pd.Series[Any]) -> Dataset:
    return Dataset.from_pandas(pd.DataFrame({"text": ["x", "y", "z"], "label": label}))


def predicted(rows: Dataset) -> tuple[TaskSpec, pd.DataFrame]:
    """What a model that is always right predicts for `rows`."""
    task = tasks.get("text_classification")
    spec = task.inspect(rows, ["text"], ["label"], [])
    ids = task.encode(rows, spec, "train")
    return spec, frame(rows, np.eye(len(spec.labels))[ids], ids, spec)


@pytest.mark.parametrize("label", KINDS, ids=lambda label: str(label.dtype) + str(label[0]))
def test_predictions_compare_with_the_column_that_went_in(label: pd.Series[Any], tmp_path: Path) -> None:
    from sklearn.metrics import f1_score

    _, table = predicted(dataset(label))
    table.to_parquet(tmp_path / "predictions.parquet")
    for read in (table, pd.read_parquet(tmp_path / "predictions.parquet")):
        assert (read["prediction"] == label.astype(object)).all()
        assert (read["label"] == label.astype(object)).all()
        assert f1_score(label.tolist(), read["prediction"], average="macro") == 1.0


@pytest.mark.parametrize("label", KINDS, ids=lambda label: str(label.dtype) + str(label[0]))
def test_a_journal_keeps_the_type(label: pd.Series[Any]) -> None:
    spec, _ = predicted(dataset(label))
    read = from_json(to_json(Prepared(spec=spec, sizes={})))
    assert isinstance(read, Prepared)
    assert read.spec == spec
    assert [type(one) for one in read.spec.labels] == [type(one) for one in spec.labels]
    assert read.spec.label_names == tuple(str(one) for one in spec.labels)


def test_names_of_a_feature_are_text() -> None:
    features = Features({"text": Value("string"), "label": ClassLabel(names=["no", "yes"])})
    rows = Dataset.from_dict({"text": ["x", "y"], "label": [1, 0]}, features=features)
    assert predicted(rows)[1]["prediction"].tolist() == ["yes", "no"]


def test_labels_of_another_type_are_matched_by_their_text() -> None:
    """Also those of a run of an early version, whose labels are all text."""
    task = tasks.get("text_classification")
    new, old = (TaskSpec(task.name, ("text",), ("label",), labels) for labels in ((0, 1), ("0", "1")))
    for spec in (new, old):
        for values in ([1, 0], ["1", "0"]):
            assert task.encode(Dataset.from_dict({"label": values}), spec, "new data").tolist() == [1, 0]
    assert task.to_frame(np.eye(2), None, old)["prediction"].tolist() == ["0", "1"]
    assert [*task.to_frame(np.eye(2), None, new)] == ["prediction", "probability", "p(0)", "p(1)"]


def test_lists_of_integers_come_back_as_lists_of_integers(tmp_path: Path) -> None:
    task = tasks.get("multi_label")
    rows = Dataset.from_dict({"text": ["x", "y", "z"], "label": [[3], [10, 3], []]})
    spec = task.inspect(rows, ["text"], ["label"], [])
    ids = task.encode(rows, spec, "train")
    table = frame(rows, ids * 2 - 1, ids, spec)
    table.to_parquet(tmp_path / "predictions.parquet")
    for read in (table, pd.read_parquet(tmp_path / "predictions.parquet")):
        assert [list(one) for one in read["prediction"]] == [[3], [3, 10], []]
    assert {"p(3)", "p(10)"} <= set(table)


@pytest.mark.parametrize("values", [[0.1, 2.3456789012], [3, 4]])
def test_a_number_to_predict_comes_back_exactly(values: list[float]) -> None:
    task = tasks.get("regression")
    rows = Dataset.from_dict({"text": ["x", "y"], "score": values})
    spec = task.inspect(rows, ["text"], ["score"], [])
    encoded = task.encode(rows, spec, "train")
    assert frame(rows, encoded[:, None], encoded, spec)["label"].tolist() == values


def test_numbers_of_single_precision_are_those_that_were_written() -> None:
    """An evaluation's file has the labels of the model's batches."""
    spec = TaskSpec("regression", ("text",), ("score",))
    table = tasks.get("regression").to_frame(np.float32([[0.25], [0.1]]), np.float32([0.3, 1e-5]), spec)
    assert table["label"].tolist() == [0.3, 1e-5]
    assert table["prediction"].tolist() == [0.25, 0.1]
    assert table["error"].tolist() == [0.25 - 0.3, 0.1 - 1e-5]


def test_errors_are_those_of_the_labels_that_are_shown() -> None:
    rows = Dataset.from_dict({"text": ["x", "y"], "score": [2.3456789012, 4.0]})
    spec = TaskSpec("regression", ("text",), ("score",))
    table = frame(rows, np.float32([[2.0], [3.0]]), np.float32([2.3456789012, 4.0]), spec)
    assert table["error"].tolist() == [2.0 - 2.3456789012, -1.0]
    assert table["loss"].tolist() == [(2.0 - 2.3456789012) ** 2, 1.0]
