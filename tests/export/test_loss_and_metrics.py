"""Scripts of runs with a loss, a Trainer or metrics of the user's own."""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import Trainer

from nbtrain import Run
from nbtrain.export.objects import Objects
from tests.export.conftest import check_same_weights, execute


class Weighted(Trainer):
    def __init__(self, weights: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.weights = weights

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **kwargs: Any) -> Any:
        outputs = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
        loss = torch.nn.functional.cross_entropy(outputs.logits, inputs["labels"], torch.as_tensor(self.weights))
        return (loss, outputs) if return_outputs else loss


def own_loss(outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
    return torch.nn.functional.cross_entropy(outputs.logits, labels)


def confusion(prediction: Any) -> dict[str, Any]:
    return {"confusion": np.eye(2), "accuracy": 0.5}


@pytest.mark.kernel
@pytest.mark.parametrize(
    "keys",
    [
        {"class_weights": {"same": 9}, "label_smoothing_factor": 0.1},
        {"trainer_class": functools.partial(Weighted, torch.tensor([1.0, 9.0]))},
        {"compute_loss_func": own_loss, "compute_metrics": confusion},
    ],
    ids=["class_weights", "partial", "functions"],
)
def test_the_script_trains_the_same_weights(
    train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path, keys: dict[str, Any]
) -> None:
    run = train(train=pairs, text=["left", "right"], num_train_epochs=1, **keys)
    script = Path(run.export(tmp_path / "train.py"))
    execute(script)
    check_same_weights(run, script)


@pytest.mark.kernel
def test_the_script_weights_several_labels_alike(
    train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path
) -> None:
    data = pairs.assign(label=[["a"] * (at % 3 == 0) + ["b"] * (at % 2) for at in range(len(pairs))])
    run = train(train=data, text=["left", "right"], num_train_epochs=1, class_weights="balanced")
    prepared = run.state.prepared
    assert prepared is not None
    weights = prepared.spec.options["class_weights"]
    script = Path(run.export(tmp_path / "train.py"))
    assert f"compute_loss_func=PositiveWeightedLoss({weights})" in script.read_text(encoding="utf-8")
    assert "class WeightedLoss" not in script.read_text(encoding="utf-8")
    assert any(f"a {weights[0]:g}, b {weights[1]:g}" in note for note in prepared.notes)
    execute(script)
    check_same_weights(run, script)


def test_data_in_lists_is_no_part_of_the_cell(train: Callable[..., Run], pairs: pd.DataFrame) -> None:
    run = train(train=pairs.to_dict("records"), text=["left", "right"], max_steps=1)
    cell = run.export("cell")
    assert isinstance(cell, str)
    assert 'train = "$train"' in cell and "# `train` was an object of type list" in cell


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ([1.0, 2.0], "[1.0, 2.0]"),
        (np.array([1, 2]), "numpy.array([1, 2], dtype=numpy.int64)"),
        (torch.tensor([0.5]), "torch.tensor([0.5], dtype=torch.float32)"),
        (own_loss, "own_loss"),
    ],
    ids=["list", "array", "tensor", "function"],
)
def test_arguments_of_a_partial(given: Any, source: str) -> None:
    objects = Objects()
    name, arguments = objects.add_partial("trainer_class", functools.partial(Weighted, given, other=given))
    assert (name, arguments) == ("Weighted", [source, f"other={source}"])
    ast.parse(f"{name}({', '.join(arguments)})")
