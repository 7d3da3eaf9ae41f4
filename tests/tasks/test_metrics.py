"""Metrics against numbers computed by hand from the confusion matrix or the definition."""

from __future__ import annotations

import math
import subprocess
import sys
import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pytest

from nbtrain import tasks
from nbtrain.errors import DataError
from nbtrain.events import TaskSpec
from nbtrain.tasks import metrics

CLASSES = tasks.get("text_classification")
LABELS = tasks.get("multi_label")
NUMBERS = tasks.get("regression")


class Prediction(NamedTuple):
    """The attributes of a Trainer's `EvalPrediction` that `compute_metrics` uses."""

    predictions: Any
    label_ids: Any


def spec(task: Any, labels: Sequence[str] = ("a", "b")) -> TaskSpec:
    return TaskSpec(task.name, ("text",), ("label",), tuple(labels))


def compute(names: list[str] | None, task: Any, labels: list[str], outputs: Any, references: Any) -> dict[str, float]:
    return metrics.build(names, spec(task, labels))(Prediction(np.asarray(outputs), np.asarray(references)))


def one_hot(ids: list[int], classes: int) -> Any:
    return np.eye(classes)[ids] * 4 - 2


# 3 true positives, 1 false positive, 2 false negatives, 4 true negatives
REFERENCES = [1, 1, 1, 0, 1, 1, 0, 0, 0, 0]
PREDICTED = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0]


def test_two_classes() -> None:
    names = ["accuracy", "f1", "precision", "recall", "matthews_correlation"]
    results = compute(names, CLASSES, ["no", "yes"], one_hot(PREDICTED, 2), REFERENCES)
    assert results == pytest.approx({
        "accuracy": 7 / 10, "f1": 6 / 9, "precision": 3 / 4, "recall": 3 / 5,
        "matthews_correlation": (3 * 4 - 1 * 2) / math.sqrt(4 * 5 * 5 * 6),
    })  # fmt: skip
    assert list(results) == names
    assert all(type(value) is float for value in results.values())


def test_more_classes_are_macro() -> None:
    # Class 0: precision 1/2, recall 1; class 1: 1, 1/2; class 2: 1, 1.
    results = compute(["f1", "precision", "recall"], CLASSES, ["a", "b", "c"], one_hot([0, 0, 1, 2], 3), [0, 1, 1, 2])
    assert results == pytest.approx({"f1": (2 / 3 + 2 / 3 + 1) / 3, "precision": 2.5 / 3, "recall": 2.5 / 3})


def test_roc_auc() -> None:
    # The positives have scores 0.8 and 0.4, the negatives 0.6 and 0.2: three of four pairs are in order.
    p = np.array([0.8, 0.4, 0.6, 0.2])
    logits = np.stack([np.log(1 - p), np.log(p)], axis=1)
    assert compute(["roc_auc"], CLASSES, ["a", "b"], logits, [1, 1, 0, 0]) == pytest.approx({"roc_auc": 0.75})
    perfect = compute(["roc_auc"], CLASSES, ["a", "b", "c"], one_hot([0, 1, 2], 3), [0, 1, 2])
    assert perfect == {"roc_auc": 1.0}


def test_regression() -> None:
    results = compute(["mse", "mae", "pearsonr", "spearmanr"], NUMBERS, [], [[1.0], [2.0], [4.0]], [1.0, 3.0, 9.0])
    x, y = np.array([1, 2, 4]) - 7 / 3, np.array([1, 3, 9]) - 13 / 3
    assert results == pytest.approx({
        "mse": 26 / 3, "mae": 2.0, "pearsonr": (x @ y) / math.sqrt((x @ x) * (y @ y)), "spearmanr": 1.0,
    })  # fmt: skip


def test_several_labels() -> None:
    logits, references = [[3, -3], [3, 3], [-3, -3]], [[1, 0], [1, 0], [0, 1]]
    results = compute(["accuracy", "f1", "roc_auc"], LABELS, ["a", "b"], logits, np.array(references, dtype=np.float32))
    assert results == pytest.approx({"accuracy": 1 / 3, "f1": 0.5, "roc_auc": (1 + 0.25) / 2})


@pytest.mark.parametrize(
    ("name", "results"),
    [
        ("glue/mrpc", ["accuracy", "f1"]),
        ("glue/qqp", ["accuracy", "f1"]),
        ("glue/cola", ["matthews_correlation"]),
        ("glue/sst2", ["accuracy"]),
        ("glue/mnli", ["accuracy"]),
        ("glue/mnli_matched", ["accuracy"]),
        ("glue/mnli_mismatched", ["accuracy"]),
        ("glue/qnli", ["accuracy"]),
        ("glue/rte", ["accuracy"]),
        ("glue/wnli", ["accuracy"]),
    ],
)
def test_glue(name: str, results: list[str]) -> None:
    assert list(compute([name], CLASSES, ["a", "b"], one_hot(PREDICTED, 2), REFERENCES)) == results


def test_glue_stsb() -> None:
    assert list(compute(["glue/stsb"], NUMBERS, [], [1.0, 2.0], [1.0, 2.5])) == ["pearson", "spearmanr"]


@pytest.mark.parametrize("task", [CLASSES, LABELS, NUMBERS])
def test_defaults_fit(task: Any) -> None:
    metrics.check(task.default_metrics(spec(task)), spec(task))
    metrics.check(None, spec(task))


def test_outputs_in_a_tuple() -> None:
    logits = (one_hot(PREDICTED, 2), np.zeros((10, 3)))
    assert metrics.build(["accuracy"], spec(CLASSES))(Prediction(logits, np.array(REFERENCES))) == {"accuracy": 0.7}


@pytest.mark.parametrize(
    ("names", "task", "outputs", "references"),
    [
        (["f1", "precision", "recall", "roc_auc", "matthews_correlation"], CLASSES, one_hot([0, 0], 2), [0, 0]),
        (["f1", "precision", "roc_auc"], CLASSES, one_hot([0, 1], 3), [0, 1]),
        (["roc_auc", "f1", "accuracy"], CLASSES, np.full((2, 2), np.nan), [0, 1]),
        (["mse", "mae", "pearsonr", "spearmanr"], NUMBERS, [np.nan, 1.0], [0.0, 1.0]),
        (["pearsonr", "spearmanr"], NUMBERS, [1.0, 1.0], [0.0, 1.0]),
        (["f1", "roc_auc"], LABELS, [[-1.0, -1.0]], [[0, 0]]),
    ],
)
def test_undefined_metrics_give_no_error_and_no_warning(
    names: list[str], task: Any, outputs: Any, references: Any
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        results = compute(names, task, ["a", "b", "c"][: np.shape(outputs)[-1]], outputs, references)
    assert list(results) == names
    assert all(value == 0 or math.isnan(value) or value == 1 for value in results.values())


@pytest.mark.parametrize(
    ("name", "task", "message"),
    [
        (
            "accuracy",
            NUMBERS,
            '"accuracy" is for causal language modelling, chat, classification, image classification',
        ),
        ("mse", CLASSES, '"mse" is for regression, but this task is classification (task = "text_classification")'),
        ("matthews_correlation", LABELS, "this task is multi-label classification"),
        ("glue/stsb", CLASSES, '"glue/stsb" is for regression'),
        ("glue/mrpc", NUMBERS, ": mse, mae, pearsonr, spearmanr."),
        ("f1_per_type", CLASSES, '"f1_per_type" is for token classification'),
    ],
)
def test_a_metric_that_does_not_fit(name: str, task: Any, message: str) -> None:
    for refuse in (metrics.check, metrics.build):
        with pytest.raises(DataError) as error:
            refuse([name], spec(task))
        assert message in str(error.value)


def test_unknown_metric_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    import evaluate
    from huggingface_hub import constants

    monkeypatch.setattr(evaluate.config, "HF_EVALUATE_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DataError) as error:
        metrics.check(["acuracy"], spec(CLASSES))
    message = str(error.value)
    assert 'unknown metric "acuracy"' in message
    assert "not reachable" in message
    assert "Did you mean `accuracy`?" in message
    listed = message.partition("Built in: ")[2]
    assert all(f"{name}, " in listed for name in ("accuracy", "f1", "matthews_correlation", "roc_auc", "mae"))


def test_without_evaluate_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evaluate", None)  # importing it fails
    with pytest.raises(DataError) as error:
        metrics.check(["mase"], spec(CLASSES))
    assert '"mase" is not built in' in str(error.value)
    assert str(error.value).endswith('run: pip install "nbtrain[metrics]"')
    metrics.check(["accuracy"], spec(CLASSES))


def test_a_metric_of_evaluate_from_a_folder(tmp_path: Any) -> None:
    (tmp_path / "wrong.py").write_text(
        "import datasets\nimport evaluate\n"
        "class Wrong(evaluate.Metric):\n"
        "    def _info(self):\n"
        "        value = datasets.Value('int64')\n"
        "        return evaluate.MetricInfo(description='', citation='', inputs_description='',\n"
        "            features=datasets.Features({'predictions': value, 'references': value}))\n"
        "    def _compute(self, predictions, references):\n"
        "        wrong = sum(p != r for p, r in zip(predictions, references))\n"
        "        return {'wrong': wrong, 'each': [1, 2]}\n",
        encoding="utf-8",
    )
    name = str(tmp_path / "wrong.py")
    assert compute([name, "accuracy"], CLASSES, ["a", "b"], one_hot(PREDICTED, 2), REFERENCES) == {
        "wrong": 3.0,
        "accuracy": 0.7,
    }


@pytest.mark.kernel
def test_no_torch() -> None:
    code = (
        "import sys, numpy as np\nfrom nbtrain.tasks import metrics\nimport nbtrain.tasks.predictions\n"
        "from nbtrain.events import TaskSpec\n"
        "f = metrics.build(None, TaskSpec('text_classification', labels=('a', 'b')))\n"
        "class P: predictions, label_ids = np.eye(2), np.array([0, 1])\n"
        "assert f(P) == {'accuracy': 1.0, 'f1': 1.0}\nprint('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
