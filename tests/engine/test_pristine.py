"""Weights that are kept: what is copied is what would have been read."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from transformers import AutoModelForSequenceClassification, PreTrainedModel

import nbtrain
from nbtrain.config import from_mapping
from nbtrain.engine import pristine
from nbtrain.engine.model import load_model
from nbtrain.events import TaskSpec


def classes(labels: list[str]) -> TaskSpec:
    return TaskSpec("text_classification", ("text",), ("label",), tuple(labels))


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    nbtrain.clear_cache()
    yield
    nbtrain.clear_cache()


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(tiny_model, tmp_path / "model")


def load(folder: Path, labels: int = 2, attention: str | None = None, **keys: Any) -> PreTrainedModel:
    config = from_mapping({"model": str(folder), "dataset": "demo", **keys})
    return load_model(config, classes([f"class {number}" for number in range(labels)]), attention)


def same(one: Any, other: Any) -> bool:
    weights, others = one.state_dict(), other.state_dict()
    return weights.keys() == others.keys() and all(torch.equal(weights[name], others[name]) for name in weights)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Gets the name of each model that is read from its files."""
    seen: list[str] = []
    read = AutoModelForSequenceClassification.from_pretrained

    def counted(name: str, **options: Any) -> Any:
        seen.append(name)
        return read(name, **options)

    monkeypatch.setattr(AutoModelForSequenceClassification, "from_pretrained", counted)
    return seen


@pytest.mark.parametrize("labels", [2, 3])
def test_a_copy_is_what_would_have_been_read(folder: Path, reads: list[str], labels: int) -> None:
    """The tiny model has a head for two classes: for three it is made anew."""
    first = load(folder, labels, "eager", seed=3)
    random = torch.get_rng_state()
    with torch.no_grad():
        for parameter in first.parameters():
            parameter.add_(1)
    second = load(folder, labels, "eager", seed=3)
    assert torch.equal(torch.get_rng_state(), random)
    assert len(reads) == 1
    nbtrain.clear_cache()
    third = load(folder, labels, "eager", seed=3)
    assert len(reads) == 2
    assert same(second, third) and not same(first, third)
    assert second.config.to_dict() == third.config.to_dict()
    assert repr(vars(second.config)) == repr(vars(third.config))
    assert type(second) is type(third)
    assert second.name_or_path == third.name_or_path == str(folder)
    assert second.training == third.training


def test_the_head_is_that_of_the_seed(folder: Path, reads: list[str]) -> None:
    one, other, again = (load(folder, 3, seed=seed) for seed in (1, 2, 1))
    assert len(reads) == 1
    assert same(one, again)
    assert not torch.equal(one.classifier.weight, other.classifier.weight)
    assert torch.equal(one.bert.embeddings.word_embeddings.weight, other.bert.embeddings.word_embeddings.weight)


def test_other_weights_are_read(folder: Path, reads: list[str]) -> None:
    load(folder)
    load(folder, 3)
    assert len(reads) == 2, "another head"
    load(folder, 3, "eager")
    assert len(reads) == 3, "another attention"
    changed = AutoModelForSequenceClassification.from_pretrained(str(folder))
    with torch.no_grad():
        changed.bert.pooler.dense.weight.zero_()
    changed.save_pretrained(folder)
    reads.clear()
    assert not load(folder, 3, "eager").bert.pooler.dense.weight.any()
    assert len(reads) == 1
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"hidden_dropout_prob": 0.1', '"hidden_dropout_prob": 0.2'))
    assert load(folder, 3, "eager").config.hidden_dropout_prob == 0.2


def test_half_precision_stays_what_it_is(folder: Path, reads: list[str]) -> None:
    AutoModelForSequenceClassification.from_pretrained(str(folder)).half().save_pretrained(folder)
    reads.clear()
    first, second = load(folder, 3), load(folder, 3)
    assert len(reads) == 1
    assert first.dtype == second.dtype == torch.float16
    assert same(first, second)


def test_only_one_model_is_kept_and_none_that_is_large(
    folder: Path, tmp_path: Path, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shutil.copytree(folder, tmp_path / "other")
    for source in (folder, other, folder):
        load(source)
    assert len(reads) == 3
    monkeypatch.setattr(pristine, "free_memory", lambda: 50_000)
    load(other)
    load(other)
    assert len(reads) == 5


def test_objects_are_taken_as_they_are(tiny_model: Path) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    config = from_mapping({"model": model, "tokenizer": str(tiny_model), "dataset": "demo"})
    assert load_model(config, classes(["a", "b"])) is model
    assert pristine._kept is None


def test_runs_learn_the_same_with_and_without(
    tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path, reads: list[str]
) -> None:
    keys = {"model": str(tiny_model), "train": pairs, "text": ["left", "right"], "use_cpu": True, "max_steps": 4}
    keys |= {"learning_rate": 1e-2, "views": [], "seed": 5, "speed": "exact", "save_strategy": "no"}
    first, second = (nbtrain.finetune(output_dir=str(tmp_path / name), **keys) for name in ("a", "b"))
    assert len(reads) == 1
    nbtrain.clear_cache()
    third = nbtrain.finetune(output_dir=str(tmp_path / "c"), **keys)
    assert len(reads) == 2
    assert same(first.model, third.model)
    assert same(second.model, third.model)
    assert second.predictions.equals(third.predictions)
