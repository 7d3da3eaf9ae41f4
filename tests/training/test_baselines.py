"""The baselines of a run, and that they change nothing in its training."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from datasets import Dataset, DatasetDict
from sklearn.metrics import accuracy_score
from threadpoolctl import threadpool_info

import nbtrain
from nbtrain.events import Baselines, Evaluated, Examined, TaskSpec, journal
from nbtrain.preprocessing.types import Data
from nbtrain.tasks import metrics
from nbtrain.training import baselines
from nbtrain.training.baselines import BaselineModels
from nbtrain.training.examined import examine

NAMES = ("bad", "good")


def rows(count: int) -> Dataset:
    texts = [f"{NAMES[at % 3 > 0]} film number{at % 7}" for at in range(count)]
    return Dataset.from_dict({"text": texts})


def models(train: int = 240, validation: int = 60, **options: Any) -> BaselineModels:
    spec = TaskSpec("text_classification", ("text",), ("label",), NAMES, options)
    splits = DatasetDict({"train": rows(train), "validation": rows(validation)})
    labels = {name: np.array([int(at % 3 > 0) for at in range(len(split))]) for name, split in splits.items()}
    return BaselineModels(Data(splits, labels, spec), splits["validation"], metrics.build(None, spec))


def test_both_baselines_by_the_metrics_of_the_run() -> None:
    found = models().compute()
    assert found is not None
    assert found.answer == "`good`" and found.constant == pytest.approx({"accuracy": 2 / 3, "f1": 0.8})
    assert found.words == {"accuracy": 1.0, "f1": 1.0} and found.rows == 240
    assert [name for name, _ in found.lines] == ["always good", "word counts"]


def test_of_long_texts_a_part_is_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    size = sum(len(text) for text in rows(240)["text"])
    monkeypatch.setattr(baselines, "MAX_LEARNED", size / 2)
    found = models().compute()
    assert found is not None and found.rows == 120 and found.words["accuracy"] == 1.0
    monkeypatch.setattr(baselines, "MAX_LEARNED", size / 4)
    found = models().compute()
    assert found is not None and found.words == {} and "two seconds" in found.skipped
    assert found.constant["accuracy"] == pytest.approx(2 / 3)


def test_on_a_slow_machine_nothing_is_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baselines, "MAX_SECONDS", -1.0)
    found = models().compute()
    assert found is not None and found.words == {} and "two seconds" in found.skipped


def test_neither_random_numbers_nor_threads_are_touched() -> None:
    before = (
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.get_rng_state().tolist(),
        torch.get_num_threads(),
    )
    threads = [(one["filepath"], one["num_threads"]) for one in threadpool_info()]
    models().compute()
    assert before == (
        random.getstate(),
        np.random.get_state()[1].tolist(),
        torch.get_rng_state().tolist(),
        torch.get_num_threads(),
    )
    assert set(threads) <= {(one["filepath"], one["num_threads"]) for one in threadpool_info()}


def test_words_with_tags_have_a_constant_answer() -> None:
    spec = TaskSpec("token_classification", ("tokens",), ("tags",), ("B-x", "O"))
    tags = np.empty(3, dtype=object)
    tags[:] = [np.array([1, 1, 0]), np.array([1]), np.array([1, 1])]
    encoded = Dataset.from_dict({"labels": [[-100, 1, 0, 1, -100], [-100, 1, -100]]})
    seen = {}

    def compute(prediction: Any) -> dict[str, float]:
        seen["shape"], seen["labels"] = prediction.predictions.shape, prediction.label_ids.tolist()
        kept = prediction.label_ids != -100
        return {"accuracy": accuracy_score(prediction.label_ids[kept], prediction.predictions.argmax(-1)[kept])}

    data = Data(DatasetDict({"train": encoded, "validation": encoded}), {"train": tags}, spec)
    found = BaselineModels(data, encoded, compute).compute()
    assert found is not None and found.answer == "`O`" and found.constant == {"accuracy": 0.75}
    assert found.words == {} and found.skipped == ""
    assert seen == {"shape": (2, 5, 2), "labels": [[-100, 1, 0, 1, -100], [-100, 1, -100, -100, -100]]}


def test_results_are_counted_by_class_and_by_length() -> None:
    spec = TaskSpec("text_classification", ("text",), ("label",), NAMES, {"max_length": 4})
    columns = pd.DataFrame({"label": ["bad", "good", "good"], "prediction": ["good", "good", "bad"]})
    columns["correct"] = columns["label"] == columns["prediction"]
    encoded = Dataset.from_dict({"input_ids": [[1, 2, 3, 4], [1, 2], [1, 2, 3]]})
    found = examine(columns, encoded, spec, 7)
    assert found == Examined(step=7, labels=[1, 2], predicted=[1, 2], truncated=(1, 0), whole=(2, 1))


def finetune(tiny_model: Path, folder: Path, data: pd.DataFrame, **keys: Any) -> nbtrain.Run:
    keys = {"max_steps": 4, "eval_strategy": "steps", "eval_steps": 2, "use_cpu": True, "views": [], **keys}
    return nbtrain.finetune(model=str(tiny_model), train=data, text="left", output_dir=str(folder), seed=3, **keys)


def test_a_run_records_them_before_its_first_evaluation(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    data = pairs.assign(label=[int(at % 5 == 0) for at in range(len(pairs))])
    run = finetune(tiny_model, tmp_path / "with", data)
    kinds = [
        type(event) for event in journal.read(run.directory) if isinstance(event, (Baselines, Examined, Evaluated))
    ]
    assert kinds == [Baselines, Examined, Evaluated, Examined, Evaluated]
    simple, prepared = run.state.baselines, run.state.prepared
    assert simple is not None and prepared is not None and run.state.examined is not None
    share = (run.predictions["label"] == 0).mean()
    assert simple.answer == "`0`" and simple.constant["accuracy"] == pytest.approx(share)
    assert prepared.counts == [43, 11] and sum(run.state.examined.labels) == len(run.predictions)
    text = repr(run)
    assert "always answering `0` gives accuracy" in text and "always 0" in text and "word counts" in text

    other = finetune(tiny_model, tmp_path / "without", data, baselines=False)
    assert other.state.baselines is None
    for name, weight in run.model.state_dict().items():
        assert torch.equal(weight, other.model.state_dict()[name]), name
    assert list(run.history["loss"]) == list(other.history["loss"])


def test_the_users_own_metrics_are_computed_by_the_trainer_only(
    tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path
) -> None:
    calls = []

    def compute_metrics(prediction: Any) -> dict[str, float]:
        calls.append(1)
        return {"accuracy": 0.5}

    run = finetune(tiny_model, tmp_path / "own", pairs, label="label", compute_metrics=compute_metrics)
    assert run.state.baselines is None and len(calls) == 2
