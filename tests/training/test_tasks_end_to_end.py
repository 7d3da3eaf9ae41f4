"""Each task from a DataFrame to predictions, and the objects that a cell may name, with a tiny model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nbtrain
from nbtrain.config import from_toml
from nbtrain.training.finetune import Finetuning


def finetune(tiny_model: Path, folder: Path, **keys: Any) -> nbtrain.Run:
    keys = {"model": str(tiny_model), "max_steps": 6, "use_cpu": True, "output_dir": str(folder / "run"), **keys}
    return nbtrain.finetune(**keys, views=[])


def test_one_sentence_and_several_classes(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    frame = pairs[["left"]].rename(columns={"left": "text"}).assign(label=["good", "bad", "so-so"] * 20)
    run = finetune(tiny_model, tmp_path, train=frame)
    columns = {"text", "label", "prediction", "probability", "p(bad)", "p(good)", "p(so-so)", "loss", "correct"}
    assert set(run.predictions.columns) == columns
    probabilities = run.predictions[["p(bad)", "p(good)", "p(so-so)"]]
    assert np.allclose(probabilities.sum(axis=1), 1)
    assert list(probabilities.max(axis=1)) == list(run.predictions["probability"])
    assert run.predict(["the cat sees"])["prediction"][0] in ("good", "bad", "so-so")


@pytest.mark.parametrize("labels", [[0, 1], [True, False], [-1, 5]], ids=str)
def test_labels_keep_their_type(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path, labels: list[Any]) -> None:
    from sklearn.metrics import accuracy_score

    frame = pairs[["left"]].rename(columns={"left": "text"}).assign(label=labels * 30)
    validation = frame.tail(20).reset_index(drop=True)
    run = finetune(tiny_model, tmp_path, train=frame, validation=validation)
    loaded = nbtrain.Run.load(run.directory)
    predicted = run.predict(validation)
    evaluated = pd.read_parquet(next((run.directory / "evaluations").iterdir()))
    for table in (run.predictions, loaded.predictions, predicted, loaded.predict(validation), evaluated):
        assert table["label"].dtype == table["prediction"].dtype == validation["label"].dtype
        assert (table["label"] == validation["label"]).all()
        right = accuracy_score(validation["label"], table["prediction"])
        assert right == table["correct"].mean() == (table["prediction"] == validation["label"]).mean()
    assert set(run.predict(list(validation["text"]))["prediction"]) <= set(labels)
    assert run.model.config.id2label == dict(enumerate(map(str, sorted(labels))))


def test_regression(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    frame = pairs[["left"]].assign(score=np.linspace(0.05, 5.05, 60))
    run = finetune(tiny_model, tmp_path, train=frame, text="left", label="score")
    assert list(run.metrics.columns[:3]) == ["step", "epoch", "loss"]
    table = run.predictions
    assert set(table["label"]) <= set(frame["score"]), "not rounded to single precision"
    assert np.allclose(table["error"], table["prediction"] - table["label"], atol=1e-5)
    assert "probability" not in table
    assert run.predict(["the cat"])["prediction"].dtype.kind == "f"


@pytest.mark.parametrize("numbers", [[0.3, 1 / 3, 1e-5], [1, 2, 2**24 + 1]], ids=["floats", "integers"])
def test_numbers_come_back_in_every_table(
    tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path, numbers: list[float]
) -> None:
    frame = pairs[["left"]].assign(score=numbers * 20)
    validation = frame.head(9)
    keys: dict[str, Any] = {"text": "left", "label": "score", "task": "regression", "learning_rate": 1e-6}
    run = finetune(tiny_model, tmp_path, train=frame, validation=validation, **keys)
    evaluated = pd.read_parquet(next((run.directory / "evaluations").iterdir()))
    tables = (run.predictions, nbtrain.Run.load(run.directory).predictions, run.predict(validation), evaluated)
    for table in tables:
        assert table["label"].tolist() == validation["score"].tolist()
        assert table["label"].dtype == validation["score"].dtype
        assert table["error"].tolist() == (table["prediction"] - table["label"]).tolist()


def test_several_labels_at_once(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    tags = [["cat"] if "cat" in text else ["dog", "bird"] if "dog" in text else [] for text in pairs["left"]]
    run = finetune(tiny_model, tmp_path, train=pairs[["left"]].assign(tags=tags), text="left", label="tags")
    assert {"p(bird)", "p(cat)", "p(dog)", "correct"} <= set(run.predictions.columns)
    assert all(set(names) <= {"bird", "cat", "dog"} for names in run.predictions["prediction"])
    again = nbtrain.Run.load(run.directory)
    assert list(again.predict(["the cat"])["p(cat)"]) == pytest.approx(
        list(run.predict(["the cat"])["p(cat)"]), rel=1e-5
    )


def test_a_cell_may_name_every_object(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict
    from transformers import (
        AutoTokenizer,
        BertForSequenceClassification,
        DataCollatorWithPadding,
        Trainer,
        TrainerCallback,
    )

    calls = {"loss": 0, "collate": 0, "metrics": 0, "callback": 0}
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)

    class Mine(Trainer):
        def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
            calls["loss"] += 1
            return super().compute_loss(*args, **kwargs)

    class Callback(TrainerCallback):
        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            calls["callback"] += 1

    def collate(rows: Any) -> Any:
        calls["collate"] += 1
        return DataCollatorWithPadding(tokenizer)(rows)

    def compute_metrics(prediction: Any) -> dict[str, float]:
        calls["metrics"] += 1
        return {"mine": 0.25}

    model = BertForSequenceClassification.from_pretrained(tiny_model)
    data = DatasetDict(
        {"train": Dataset.from_pandas(pairs.head(40)), "validation": Dataset.from_pandas(pairs.tail(20))}
    )
    names = ["model", "tokenizer", "data", "Mine", "collate", "compute_metrics", "Callback"]
    keys = ["model", "tokenizer", "dataset", "trainer_class", "data_collator", "compute_metrics"]
    text = "\n".join(f'{key} = "${name}"' for key, name in zip(keys, names, strict=False))
    text += '\ncallbacks = ["$Callback"]\ntext = ["left", "right"]\nmax_steps = 4\nuse_cpu = true\n'
    config = from_toml(f'output_dir = "{tmp_path / "run"}"\n{text}', variables=dict(locals()))
    finetuning = Finetuning(config)
    finetuning.prepare()
    run = nbtrain.Run(finetuning.train())

    assert calls["callback"] == 4
    assert min(calls.values()) > 0
    assert run.model is model
    assert isinstance(run.trainer, Mine)
    assert list(run.metrics["mine"]) == [0.25]
    assert len(run.predictions) == 20
    assert 'trainer_class = "$Mine"' in (run.directory / "config.toml").read_text()
    assert nbtrain.Run.load(run.directory).predictions.equals(run.predictions)
