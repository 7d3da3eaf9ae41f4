"""The tasks: labels in, columns out."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value

from nbtrain import tasks
from nbtrain.errors import DataError
from nbtrain.events import Label, TaskSpec

if TYPE_CHECKING:
    from nbtrain.tasks.base import Task


def rows(label: list[Any], feature: Any = None) -> Dataset:
    features = None if feature is None else Features({"label": feature})
    return Dataset.from_dict({"label": label}, features=features)


def refused(task: str, data: Dataset, label: list[str] | None = None) -> str:
    with pytest.raises(DataError) as error:
        _take(tasks.get(task), data, label or ["label"])
    return str(error.value)


def _take(task: Task, data: Dataset, label: list[str]) -> None:
    task.encode(data, task.inspect(data, ["text"], label, []), "train")


def spec(task: Task, labels: Sequence[Label], target: Sequence[str] = ("label",)) -> TaskSpec:
    return TaskSpec(task.name, ("text",), tuple(target), tuple(labels))


def test_tasks_are_the_modules_of_the_package() -> None:
    others = {
        "answer_spans",
        "base",
        "baselines",
        "declared",
        "doubts",
        "entities",
        "generation",
        "keys",
        "language_model",
        "metrics",
        "one_class",
        "pixels",
        "predictions",
        "scores",
        "script",
        "sequence",
        "texts",
        "written_texts",
    }
    assert tasks.names() == sorted({module.name for module in pkgutil.iter_modules(tasks.__path__)} - others)
    for name in tasks.names():
        assert tasks.get(name).name == name
        assert tasks.get(name).title


@pytest.mark.kernel
def test_listing_tasks_is_light() -> None:
    code = (
        "import sys; import nbtrain.data; from nbtrain import tasks; from nbtrain.tasks import metrics; "
        "tasks.names(); metrics.names(); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert not {"torch", "transformers", "datasets", "pandas", "sklearn", "scipy", "numpy"} & set(loaded)


def test_unknown_task() -> None:
    with pytest.raises(DataError, match=r"Did you mean `regression`\?.* seq2seq, text_classification, token_"):
        tasks.get("regresion")


class TestTextClassification:
    task = tasks.get("text_classification")

    def test_labels_become_ids_and_back(self) -> None:
        data = rows(["b", "a", "c", "a"])
        found = self.task.inspect(data, ["text"], ["label"], [])
        assert found == TaskSpec("text_classification", ("text",), ("label",), ("a", "b", "c"))
        assert self.task.encode(data, found, "train").tolist() == [1, 0, 2, 0]
        assert self.task.num_outputs(found) == 3

    def test_ids_follow_names_where_splits_number_them_differently(self) -> None:
        data = rows([0, 1], ClassLabel(names=["yes", "no"]))
        assert self.task.encode(data, spec(self.task, ["no", "yes"]), "test").tolist() == [1, 0]

    def test_selected_rows_keep_their_order(self) -> None:
        data = rows(["b", "a", "c"]).select([2, 0])
        assert self.task.encode(data, spec(self.task, ["a", "b", "c"]), "train").tolist() == [2, 1]

    def test_columns(self) -> None:
        logits = np.array([[2.0, 0.0, -1.0], [0.0, 0.0, 3.0]], dtype=np.float32)
        table = self.task.to_frame(logits, np.array([0, 1]), spec(self.task, ["a", "b", "c"]))
        assert [*table] == ["label", "prediction", "probability", "p(a)", "p(b)", "p(c)", "loss", "correct"]
        assert table["label"].tolist() == ["a", "b"]
        assert table["prediction"].tolist() == ["a", "c"]
        assert table["correct"].tolist() == [True, False]
        p = np.exp(logits[0]) / np.exp(logits[0]).sum()
        assert table.loc[0, "p(b)"] == pytest.approx(p[1], rel=1e-6)
        assert table["probability"][0] == table["p(a)"][0] == pytest.approx(p[0], rel=1e-6)
        assert table.loc[0, "loss"] == pytest.approx(-np.log(p[0]), rel=1e-5)

    def test_loss_is_the_models(self) -> None:
        import torch

        logits = np.random.default_rng(0).normal(size=(50, 4), scale=5)
        ids = np.random.default_rng(1).integers(0, 4, 50)
        wanted = torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(ids), reduction="none")
        np.testing.assert_allclose(
            self.task.to_frame(logits, ids, spec(self.task, list("abcd")))["loss"], wanted, rtol=1e-12
        )

    def test_huge_logits_and_nan(self) -> None:
        table = self.task.to_frame(
            np.array([[1e4, -1e4], [np.nan, 0.0]]), np.array([1, 0]), spec(self.task, ["a", "b"])
        )
        assert table.loc[0, "loss"] == 2e4
        assert table.loc[0, "probability"] == 1.0
        assert table["loss"].isna()[1]

    def test_without_labels_nothing_is_compared(self) -> None:
        table = self.task.to_frame(np.zeros((2, 2)), None, spec(self.task, ["a", "b"]))
        assert [*table] == ["prediction", "probability", "p(a)", "p(b)"]

    def test_no_rows(self) -> None:
        assert len(self.task.to_frame(np.zeros((0, 2)), np.zeros(0, dtype=int), spec(self.task, ["a", "b"]))) == 0

    def test_types_that_are_not_classes(self) -> None:
        message = refused("text_classification", rows([["a"], ["b"]]))
        assert "lists of text" in message
        assert 'task = "multi_label"' in message
        assert "timestamp[s]" in refused("text_classification", rows([0, 1], Value("timestamp[s]")))
        message = refused("text_classification", rows([0, 1]), ["label", "b"])
        assert "got 2: `label`, `b`" in message
        assert 'task = "multi_label"' in message


class TestMultiLabel:
    task = tasks.get("multi_label")

    @pytest.mark.parametrize(
        ("label", "feature", "labels", "table"),
        [
            ([["b"], ["a", "b"], []], None, ["a", "b"], [[0, 1], [1, 1], [0, 0]]),
            ([[0], [1, 0]], List(ClassLabel(names=["x", "y"])), ["x", "y"], [[1, 0], [1, 1]]),
            ([[0, 1, 1], [0, 0, 0]], None, ["label_0", "label_1", "label_2"], [[0, 1, 1], [0, 0, 0]]),
            ([[0.0, 1.0], [1.0, 1.0]], None, ["label_0", "label_1"], [[0, 1], [1, 1]]),
            ([[0, 1], [1, 0]], List(Value("int64"), length=2), ["label_0", "label_1"], [[0, 1], [1, 0]]),
            ([[3], [10, 3]], None, [3, 10], [[1, 0], [1, 1]]),
        ],
    )
    def test_lists(self, label: list[Any], feature: Any, labels: list[Label], table: list[list[int]]) -> None:
        data = rows(label, feature)
        assert self.task.matches(data, ["label"])
        found = self.task.inspect(data, ["text"], ["label"], [])
        assert found == spec(self.task, labels)
        assert self.task.encode(data, found, "train").tolist() == table

    def test_several_columns(self) -> None:
        data = Dataset.from_dict({"toxic": [0, 1], "rude": [True, False], "loud": [0.0, 1.0]})
        label = ["toxic", "rude", "loud"]
        assert self.task.matches(data, label)
        found = self.task.inspect(data, ["text"], label, [])
        assert found == spec(self.task, label, label)
        assert self.task.encode(data, found, "train").tolist() == [[0, 1, 0], [1, 0, 1]]
        hidden = Dataset.from_dict({"toxic": [-1, 1], "rude": [-1, 0], "loud": [-1, 0]})
        assert self.task.unlabeled_mask(hidden, found).tolist() == [True, False]

    def test_columns_that_are_not_sets_of_labels(self) -> None:
        two = Dataset.from_dict({"a": [0, 2, 3], "b": [0, 1, 1]})
        message = refused("multi_label", two, ["a", "b"])
        assert message.startswith("train: 2 of 3 rows")
        assert "`a`, `b`" in message
        text = Dataset.from_dict({"a": ["x", "y"], "b": [0, 1]})
        assert "`a` contains text" in refused("multi_label", text, ["a", "b"])
        message = refused("multi_label", rows(["a", "b"]))
        assert "`label` contains text" in message
        assert 'task = "text_classification"' in message
        assert "two distinct labels (a)" in refused("multi_label", rows([["a"], ["a"]]))
        assert "lists of floats (0.5, 1.5)" in refused("multi_label", rows([[0.5], [1.5]]))

    def test_unknown_names(self) -> None:
        with pytest.raises(DataError, match=r"validation: `label` .*: c. Known labels: a, b"):
            self.task.encode(rows([["a"], ["c"]]), spec(self.task, ["a", "b"]), "validation")

    def test_columns(self) -> None:
        import torch

        logits, ids = (
            np.array([[1.0, -2.0], [3.0, 0.5], [-1.0, -1.0]]),
            np.array([[1, 0], [0, 1], [0, 0]], dtype=np.float32),
        )
        table = self.task.to_frame(logits, ids, spec(self.task, ["a", "b"]))
        assert [*table] == ["label", "prediction", "p(a)", "p(b)", "loss", "correct"]
        assert table["label"].tolist() == [["a"], ["b"], []]
        assert table["prediction"].tolist() == [["a"], ["a", "b"], []]
        assert table["correct"].tolist() == [True, False, True]
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            torch.tensor(logits), torch.tensor(ids, dtype=torch.float64), reduction="none"
        ).mean(1)
        np.testing.assert_allclose(table["loss"], loss, rtol=1e-12)
        assert [*self.task.to_frame(logits, None, spec(self.task, ["a", "b"]))] == ["prediction", "p(a)", "p(b)"]


class TestRegression:
    task = tasks.get("regression")

    def test_numbers(self) -> None:
        data = rows([0.5, 2.0])
        assert self.task.matches(data, ["label"])
        found = self.task.inspect(data, ["text"], ["label"], [])
        assert found == spec(self.task, [])
        assert self.task.num_outputs(found) == 1
        assert self.task.encode(data, spec(self.task, []), "train").tolist() == [0.5, 2.0]
        assert self.task.encode(rows([3, 4]), spec(self.task, []), "train").dtype == np.float32

    def test_hidden_labels_of_a_test_split(self) -> None:
        assert self.task.unlabeled_mask(rows([-1.0, -1.0]), spec(self.task, [])).all()
        assert self.task.unlabeled_mask(rows([-1.0, float("nan"), 2.0]), spec(self.task, [])).tolist() == [
            False,
            True,
            False,
        ]

    def test_columns_that_are_not_numbers(self) -> None:
        assert "`label` contains text (a, b)" in refused("regression", rows(["a", "b"]))
        assert "1 of 2 rows has an infinite number" in refused("regression", rows([1.0, float("inf")]))
        assert "the same label, `label` = 1.5" in refused("regression", rows([1.5, 1.5]))

    @pytest.mark.parametrize("shape", [(2, 1), (2,)])
    def test_columns(self, shape: tuple[int, ...]) -> None:
        table = self.task.to_frame(np.array([1.0, 2.0]).reshape(shape), np.array([0.5, 4.0]), spec(self.task, []))
        assert table.to_dict("list") == {
            "label": [0.5, 4.0], "prediction": [1.0, 2.0], "error": [0.5, -2.0], "loss": [0.25, 4.0],
        }  # fmt: skip
        assert [*self.task.to_frame(np.zeros((2, 1)), None, spec(self.task, []))] == ["prediction"]
