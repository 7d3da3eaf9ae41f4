"""A preview reads the same data as a run, once, and raises the same errors."""

from __future__ import annotations

import random
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbtrain
from nbtrain.config import Config, from_mapping
from nbtrain.errors import ConfigError, DataError, ModelError, NbTrainError
from nbtrain.events import TaskSpec
from nbtrain.preview import Preview
from nbtrain.preview.dry_run import dry_run_report


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often data were read, understood and tokenized, and how often a model was made."""
    nbtrain.clear_cache()
    from nbtrain.preprocessing import dataset, tokenize
    from nbtrain.training import model

    done: Counter[str] = Counter()

    def counted(module: Any, name: str) -> None:
        real = getattr(module, name)

        def count(*args: Any, **options: Any) -> Any:
            done[name] += 1
            return real(*args, **options)

        monkeypatch.setattr(module, name, count)

    counted(dataset, "load")
    counted(dataset, "find_columns")
    counted(tokenize, "_tokens_of")
    counted(model, "load_processor")
    counted(model, "model_without_weights")
    return done


@pytest.fixture
def base(tiny_model: Path, pairs: pd.DataFrame) -> dict[str, Any]:
    return {"model": str(tiny_model), "train": pairs, "text": ["left", "right"]}


def config(base: dict[str, Any], **changes: Any) -> Config:
    return from_mapping({**base, **changes})


def test_the_data_are_those_of_a_run(base: dict[str, Any], pairs: pd.DataFrame) -> None:
    data = Preview().data(config(base))
    assert data.columns == list(pairs.columns)
    assert data.sizes == {"train": 54, "validation": 6}
    assert data.spec == TaskSpec("text_classification", ("left", "right"), ("label",), ("different", "same"))
    assert len(data.rows) == 5
    assert data.rows[0] == {name: str(value) for name, value in pairs.iloc[0].items()}
    assert any("6 of 60 training examples" in note for note in data.notes)


def test_cells_are_short_and_classes_have_their_names(base: dict[str, Any]) -> None:
    from datasets import ClassLabel, Dataset

    rows = Dataset.from_dict({"text": ["so long " * 100, "a\nb"] * 10, "label": [0, 1] * 10, "more": [[1], None] * 10})
    rows = rows.cast_column("label", ClassLabel(names=["bad", "good"]))
    first, second = Preview().data(config(base, train=rows, text="text")).rows[:2]
    assert len(first["text"]) <= 160 and first["text"].endswith("...")
    assert second == {"text": "a b", "label": "good", "more": ""}
    assert first["more"] == "[1]"


def test_columns_are_available_even_if_ambiguous(base: dict[str, Any], pairs: pd.DataFrame) -> None:
    preview = Preview()
    for wrong in ({"text": "nothing"}, {"label": "lable"}, {"text": "label"}, {"task": "regression"}):
        asked = config(base, **wrong)
        with pytest.raises(DataError):
            preview.data(asked)
        assert preview.columns(asked) == list(pairs.columns)
        assert len(preview.rows(asked)) == 5


def test_unchanged_work_is_not_repeated(base: dict[str, Any], work: Counter[str]) -> None:
    preview = Preview()
    once = {"load": 1, "find_columns": 1, "_tokens_of": 1, "load_processor": 1, "model_without_weights": 1}
    first = preview.estimate(config(base))
    assert work == once
    faster = preview.estimate(config(base, learning_rate=1e-3, num_train_epochs=6, per_device_train_batch_size=4))
    assert preview.data(config(base, learning_rate=1e-2)).columns == preview.columns(config(base))
    assert work == once
    assert faster.steps > first.steps
    shorter = preview.estimate(config(base, max_length=8))
    assert work == once | {"_tokens_of": 2}
    assert (shorter.max_length, shorter.truncated) == (8, pytest.approx(47 / 54))
    preview.estimate(config(base))
    preview.estimate(config(base, max_train_samples=20))
    assert work["load"] == 1 and work["model_without_weights"] == 1
    assert work["find_columns"] == 2 and work["_tokens_of"] == 3


def test_data_that_changed_are_read_again(base: dict[str, Any], pairs: pd.DataFrame, tmp_path: Path) -> None:
    preview, table = Preview(), pairs.copy()
    path = tmp_path / "train.csv"
    table.to_csv(path, index=False)
    for train in (table, str(path), str(tmp_path)):
        assert preview.data(config(base, train=train)).sizes["train"] == 54
    for row in range(60, 80):
        table.loc[row] = table.loc[row - 60]
    table.to_csv(path, index=False)
    for train in (table, str(path), str(tmp_path)):
        assert preview.data(config(base, train=train)).sizes["train"] == 72
    table["label"] = ["yes", "no"] * 40
    assert preview.data(config(base, train=table)).spec.labels == ("no", "yes")


def test_an_error_is_that_of_a_run_and_disappears_when_fixed(base: dict[str, Any], tmp_path: Path) -> None:
    preview = Preview()
    wrong: list[tuple[dict[str, Any], type[NbTrainError]]] = [
        ({"train": str(tmp_path / "no.csv")}, DataError),
        ({"label": "lable"}, DataError),
        ({"metrics": "mse"}, DataError),
        ({"max_length": 2}, DataError),
        ({"max_length": 1000}, ConfigError),
        ({"model": str(tmp_path)}, ModelError),
        ({"model": object()}, ModelError),
    ]
    for changes, kind in wrong:
        with pytest.raises(NbTrainError) as of_a_run:
            dry_run_report(config(base, **changes))
        with pytest.raises(kind) as caught:
            preview.estimate(config(base, **changes))
        # A run that has read the header only knows no types of the columns that there are.
        assert str(caught.value).splitlines()[0] == str(of_a_run.value).splitlines()[0]
    (tmp_path / "no.csv").write_text("text,label\n" + "the cat,a\na dog,b\n" * 10)
    assert preview.estimate(config(base, train=str(tmp_path / "no.csv"), text="text")).examples == 18


def test_no_side_effects_in_a_thread(
    base: dict[str, Any], capfd: pytest.CaptureFixture[str], pairs: pd.DataFrame
) -> None:
    import numpy as np
    import torch
    from accelerate.state import AcceleratorState, PartialState
    from datasets.utils.logging import is_progress_bar_enabled

    def state() -> list[Any]:
        shared = [dict(PartialState._shared_state), dict(AcceleratorState._shared_state)]
        numbers = [random.getstate(), str(np.random.get_state()), torch.get_rng_state().tolist()]
        return [*shared, *numbers, torch.get_default_dtype(), is_progress_bar_enabled()]

    before, found = state(), []
    preview = Preview()
    thread = threading.Thread(target=lambda: found.append(preview.estimate(config(base))))
    thread.start()
    thread.join()
    assert state() == before
    assert found[0].examples == 54
    assert torch.empty(1).device.type == "cpu"
    assert capfd.readouterr() == ("", "")


def test_a_model_that_is_an_object(base: dict[str, Any], tiny_model: Path) -> None:
    from transformers import AutoModelForSequenceClassification

    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    named = Preview().estimate(config(base))
    given = Preview().estimate(config(base, model=model))
    assert given == named
    for parameter in model.bert.parameters():
        parameter.requires_grad = False
    assert Preview().estimate(config(base, model=model)).memory < named.memory


def test_the_estimate_as_text(base: dict[str, Any]) -> None:
    estimate = Preview().estimate(config(base))
    words = estimate.words()
    assert words.startswith("21 steps (3 epochs of 54 examples, batch size 8)")
    assert "none truncated at 32 tokens" in words
    assert words.endswith("1 MB")
    words = Preview().estimate(config(base, max_steps=1, max_length=12, gradient_accumulation_steps=2)).words()
    assert words.startswith("1 step (0.25 epochs of 54 examples, batch size 16)")
    assert "70% truncated at 12 tokens" in words
    many = Preview().estimate(config(base, num_train_epochs=3_000)).words()
    assert "(3,000 epochs of 54 examples, batch size 8)" in many
