"""Weights of classes in the loss."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import Trainer

import nbtrain
from nbtrain.errors import ConfigError
from nbtrain.events import Label, TaskSpec
from nbtrain.training.class_weights import class_weights
from nbtrain.training.weighted_loss import PositiveWeightedLoss, WeightedLoss

CLASSES = np.array([0] * 30 + [1] * 10)


def spec(*labels: Label, task: str = "text_classification") -> TaskSpec:
    return TaskSpec(task, ("text",), ("label",), labels)


@pytest.mark.parametrize(
    ("given", "weights"),
    [
        ("balanced", [0.666667, 2.0]),
        ("auto", [0.666667, 2.0]),
        ([1, 3], [0.666667, 2.0]),
        ([10.0, 30.0], [0.666667, 2.0]),
        ({"pos": 3}, [0.666667, 2.0]),
        ({"neg": 0.5, "pos": 0.5}, [1.0, 1.0]),
        ([0, 1], [0.0, 4.0]),
    ],
)
def test_the_mean_weight_of_an_example_is_one(given: Any, weights: list[float]) -> None:
    found = class_weights(given, spec("neg", "pos"), CLASSES)
    assert found == weights
    assert np.mean([found[at] for at in CLASSES]) == pytest.approx(1, abs=1e-5)


def test_balanced_is_that_of_scikit_learn() -> None:
    from sklearn.utils.class_weight import compute_class_weight

    classes = np.array([0, 0, 0, 1, 2, 2, 2, 2, 2])
    wanted = compute_class_weight("balanced", classes=np.arange(3), y=classes)
    assert class_weights("balanced", spec("a", "b", "c"), classes) == pytest.approx(wanted, rel=1e-5)


@pytest.mark.parametrize(("labels", "given"), [((0, 1), {1: 3}), ((0, 1), {"1": 3}), ((False, True), {True: 3})])
def test_names_are_those_of_the_labels_in_any_type(labels: tuple[Label, ...], given: Any) -> None:
    assert class_weights(given, spec(*labels), CLASSES) == [0.666667, 2.0]


TABLE = np.array([[1, 0, 0, 1]] * 10 + [[0, 1, 0, 1]] * 20 + [[1, 1, 0, 1]] * 10, dtype=np.float32)


@pytest.mark.parametrize(
    ("given", "weights"),
    [
        ("balanced", [1.0, 0.333333, 1.0, 1.0]),  # 20 to 20, 10 to 30; no example without, no example with the label
        ({"b": 2.5}, [1.0, 2.5, 1.0, 1.0]),
        ([1, 2, 3, 0], [1.0, 2.0, 3.0, 0.0]),
    ],
)
def test_weights_of_several_labels_are_negatives_over_positives(given: Any, weights: list[float]) -> None:
    assert class_weights(given, spec("a", "b", "c", "d", task="multi_label"), TABLE) == weights


@pytest.mark.parametrize(
    ("given", "task", "words"),
    [("balanced", "regression", "regression"), ({"e": 1}, "multi_label", "`e`"), ([0, 0, 0, 0], "multi_label", "0")],
)
def test_weights_that_fit_no_class_are_refused(given: Any, task: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        class_weights(given, spec("a", "b", "c", "d", task=task), TABLE)


def test_the_loss_of_several_labels_is_that_of_torch() -> None:
    logits, labels = torch.randn(40, 4), torch.tensor(TABLE)
    weights = class_weights("balanced", spec("a", "b", "c", "d", task="multi_label"), TABLE)
    loss = PositiveWeightedLoss(weights)
    wanted = torch.nn.BCEWithLogitsLoss(pos_weight=torch.tensor(weights))(logits, labels)
    assert float(loss({"logits": logits}, labels)) == pytest.approx(float(wanted), rel=1e-6)
    halves = [loss({"logits": logits[half]}, labels[half], 160) for half in (slice(0, 20), slice(20, 40))]
    assert float(sum(halves)) == pytest.approx(float(wanted), rel=1e-6), "micro-batches add up"


def test_the_loss_is_that_of_torch_but_for_its_scale() -> None:
    logits, labels = torch.randn(40, 2), torch.tensor(CLASSES)
    loss = WeightedLoss(class_weights([1, 3], spec("a", "b"), CLASSES))
    wanted = torch.nn.functional.cross_entropy(logits, labels, torch.tensor([1.0, 3.0]))
    assert loss({"logits": logits}, labels) == pytest.approx(float(wanted), rel=1e-5)
    halves = [loss({"logits": logits[half]}, labels[half], 40) for half in (slice(0, 20), slice(20, 40))]
    assert sum(halves) == pytest.approx(float(wanted), rel=1e-5), "micro-batches add up"


def finetune(tiny_model: Path, folder: Path, data: pd.DataFrame, **keys: Any) -> nbtrain.Run:
    keys = {"max_steps": 4, "use_cpu": True, "views": [], "speed": "exact", "text": "left", **keys}
    return nbtrain.finetune(model=str(tiny_model), train=data, output_dir=str(folder), **keys)


def test_a_run_with_weights(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    data = pairs.assign(label=[int(at % 5 == 0) for at in range(60)])
    runs = {
        name: finetune(tiny_model, tmp_path / name, data, learning_rate=5e-2, **keys)
        for name, keys in {
            "plain": {},
            "even": {"class_weights": [1, 1]},
            "balanced": {"class_weights": "balanced"},
            "rare": {"class_weights": {1: 1000.0}},
        }.items()
    }
    assert list(runs["even"].history["loss"]) == pytest.approx(list(runs["plain"].history["loss"]), rel=1e-5)
    shares = {name: run.predictions["p(1)"].mean() for name, run in runs.items()}
    assert shares["plain"] < shares["balanced"] < shares["rare"]
    prepared = runs["balanced"].state.prepared
    assert prepared is not None
    assert prepared.spec.options["class_weights"] == [0.627907, 2.45455]  # 43 and 11 examples
    assert any("0 0.627907, 1 2.45455" in note for note in prepared.notes)
    assert list(runs["balanced"].predictions["loss"]) == pytest.approx(
        list(-np.log(runs["balanced"].predictions.apply(lambda row: row[f"p({row['label']})"], axis=1))), rel=1e-4
    ), "the loss of a prediction is not weighted"


class Weighted(Trainer):
    def __init__(self, weights: list[float], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.weights = weights

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **kwargs: Any) -> Any:
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        loss = torch.nn.functional.cross_entropy(outputs.logits, inputs["labels"], torch.tensor(self.weights))
        return (loss, outputs) if return_outputs else loss


def own_loss(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
    return torch.nn.functional.cross_entropy(outputs.logits, labels, torch.tensor([1.0, 9.0]))


def test_a_trainer_with_arguments_of_its_own(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    by_class = finetune(tiny_model, tmp_path / "a", pairs, trainer_class=functools.partial(Weighted, [1.0, 9.0]))
    assert isinstance(by_class.trainer, Weighted)
    assert by_class.trainer.weights == [1.0, 9.0]
    by_function = finetune(tiny_model, tmp_path / "b", pairs, compute_loss_func=own_loss)
    assert list(by_function.history["loss"]) == pytest.approx(list(by_class.history["loss"]), rel=1e-4)
