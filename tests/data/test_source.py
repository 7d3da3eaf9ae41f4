"""A source is a subset of a configuration."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
import pytest

from nbtrain import tasks
from nbtrain.config import from_mapping
from nbtrain.config.schema import schema
from nbtrain.data.source import Examples, Source
from nbtrain.preprocessing.dataset import read
from nbtrain.preprocessing.tokenize import encode


def test_every_field_is_a_key_of_the_configuration() -> None:
    assert {field.name for field in fields(Source)} - {"keys"} <= schema().keys()


def test_values_and_defaults_are_those_of_the_configuration() -> None:
    frame = pd.DataFrame({"a": ["x"], "b": ["y"], "n": [0]})
    given = {"train": frame, "text": ["a", "b"], "label": "n", "max_train_samples": 20, "seed": 7}
    source = Source.of(from_mapping({"model": "demo", **given}))
    assert source == Source(train=frame, text=["a", "b"], label=["n"], max_train_samples=20, seed=7)
    assert source.train is frame
    assert Source.of(from_mapping({"model": "demo", "dataset": "demo"})) == Source("demo")


@pytest.mark.parametrize(
    ("task", "labels"),
    [
        ("text_classification", [["yes", "no"][n % 2] for n in range(40)]),
        ("multi_label", [["a"], ["a", "b"]] * 20),
        ("regression", [n / 8 for n in range(40)]),
    ],
)
def test_labels_are_encoded_once(task: str, labels: list[Any], tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also, the model gets the labels of the right rows, even if rows were held out or left out."""
    kind = type(tasks.get(task))
    original, seen = kind.encode, list[str]()

    def counted(self: Any, rows: Any, spec: Any, split: str) -> Any:
        seen.append(split)
        return original(self, rows, spec, split)

    monkeypatch.setattr(kind, "encode", counted)
    frame = pd.DataFrame({"text": [f"text {n}" for n in range(40)], "label": labels})
    data = read(Source(train=frame, test=frame[:9], max_train_samples=20, max_eval_samples=5))
    encoded = encode(data, tokenizer, 32)
    assert seen == ["train", "test"], "the validation split is held out from the training split"
    for split, rows in data.splits.items():
        wanted = original(tasks.get(task), rows, data.spec, split)
        assert encoded.splits[split]["labels"][:] == wanted.tolist()
    assert {split: len(rows) for split, rows in encoded.splits.items()} == {"train": 20, "validation": 4, "test": 5}


def test_examples_keep_their_labels() -> None:
    from datasets import Dataset

    examples = Examples(Dataset.from_dict({"n": [0, 1, 2, 3]}), np.array([0, 10, 20, 30]))
    for numbers in ([3, 1], range(1, 3), np.array([2])):
        chosen = examples.select(numbers)
        assert chosen.labels is not None
        assert [10 * n for n in chosen.rows["n"]] == chosen.labels.tolist()
    assert Examples(examples.rows, None).select([0]).labels is None
