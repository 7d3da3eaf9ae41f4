"""The model that a cell names: the same cell gives the same one twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from transformers import AutoModelForSequenceClassification

import nbtrain
from nbtrain import tasks
from nbtrain.config import from_mapping
from nbtrain.errors import ModelError
from nbtrain.events import TaskSpec
from nbtrain.training.model import load_model, load_model_config, load_processor


def classes(*labels: str) -> TaskSpec:
    return TaskSpec("text_classification", ("text",), ("label",), labels)


def load(folder: Path, labels: int = 2, attention: str | None = None, **keys: Any) -> Any:
    config = from_mapping({"model": str(folder), "dataset": "demo", **keys})
    return load_model(config, classes(*(f"class {number}" for number in range(labels))), attention)


def same(one: Any, other: Any) -> bool:
    weights, others = one.state_dict(), other.state_dict()
    return weights.keys() == others.keys() and all(torch.equal(weights[name], others[name]) for name in weights)


def test_the_head_is_that_of_the_seed(tiny_model: Path) -> None:
    """The tiny model has a head for two classes: for three, a new one is initialised."""
    one, other, again = (load(tiny_model, 3, seed=seed) for seed in (1, 2, 1))
    assert same(one, again)
    assert not torch.equal(one.classifier.weight, other.classifier.weight)
    assert torch.equal(one.bert.embeddings.word_embeddings.weight, other.bert.embeddings.word_embeddings.weight)


def test_half_precision_stays_what_it_is(tiny_model: Path, tmp_path: Path) -> None:
    AutoModelForSequenceClassification.from_pretrained(str(tiny_model)).half().save_pretrained(tmp_path)
    assert load(tmp_path, 3, "eager").dtype == torch.float16


def test_objects_are_taken_as_they_are(tiny_model: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    config = from_mapping({"model": model, "tokenizer": str(tiny_model), "dataset": "demo"})
    assert load_model(config, classes("a", "b")) is model


def test_two_runs_of_one_cell_learn_the_same(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    keys = {"model": str(tiny_model), "train": pairs, "text": ["left", "right"], "use_cpu": True, "max_steps": 4}
    keys |= {"learning_rate": 1e-2, "views": [], "seed": 5, "speed": "exact", "save_strategy": "no"}
    first, second = (nbtrain.finetune(output_dir=str(tmp_path / name), **keys) for name in ("a", "b"))
    assert same(first.model, second.model)
    assert first.predictions.equals(second.predictions)


@pytest.mark.parametrize(
    ("task", "missing", "works"),
    [("text_classification", "tokenizer", "demo"), ("image_classification", "image processor", "demo-vit")],
)
def test_a_model_without_what_makes_its_inputs_is_named(
    tmp_path: Path, tiny_model: Path, task: str, missing: str, works: str
) -> None:
    AutoModelForSequenceClassification.from_pretrained(tiny_model).save_pretrained(tmp_path)
    config = from_mapping({"model": str(tmp_path), "dataset": "demo", "task": task})
    with pytest.raises(ModelError) as raised:
        load_processor(config, load_model_config(config), tasks.get(task))
    first, fix = str(raised.value).splitlines()
    assert f'has no {missing}, which task = "{task}" needs' in first
    assert f'Write model = "{works}"' in fix
