"""A new task is one new file: the cell, the form, and watched Trainers know it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from datasets import Dataset

import nbtrain
from nbtrain import tasks
from nbtrain.config.describe import template
from nbtrain.config.schema import schema

if TYPE_CHECKING:
    import pandas as pd
    from IPython.core.interactiveshell import InteractiveShell

TAGGING = """
from nbtrain.tasks.text_classification import TextClassification

class Tagging(TextClassification):
    name = "tagging"
    has_demo = False
    takes_label_columns = True

    def suits(self, model_config):
        return getattr(model_config, "tagging", False)

TASK = Tagging()
"""


@pytest.fixture(autouse=True)
def tagging(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The task "tagging", whose module is in the package."""
    (tmp_path / "tagging.py").write_text(TAGGING, encoding="utf-8")
    monkeypatch.setattr(tasks, "__path__", [*tasks.__path__, str(tmp_path)])
    schema.cache_clear()  # it says which tasks take a key
    yield
    schema.cache_clear()
    sys.modules.pop("nbtrain.tasks.tagging", None)


def test_its_template_has_the_data_that_it_says() -> None:
    assert 'dataset = "demo"' in template("multi_label")
    assert 'dataset = "demo"' not in template("tagging")
    assert 'train = "train.csv"' in template("tagging")


def test_its_form_takes_as_many_label_columns_as_it_does(shell: InteractiveShell, pairs: pd.DataFrame) -> None:
    from nbtrain.notebook.form import Form

    shell.push({"pairs": pairs})
    fields = Form('model = "demo"\ntrain = "$pairs"\n', shell=shell).view.fields
    offered = {}
    for task in ("tagging", "regression"):
        fields.offer(["a", "b", "c", "d"], ["a"], ["b"], task)
        offered[task] = len(fields.field("label").control.widget.children)
    assert offered == {"tagging": 2, "regression": 1}


@pytest.mark.parametrize(("is_tagging", "task"), [(True, "tagging"), (False, "text_classification")])
def test_a_watched_trainer_is_of_the_task_that_its_model_suits(
    is_tagging: bool, task: str, tiny_model: Path, tmp_path: Path
) -> None:
    from transformers import AutoModelForSequenceClassification, Trainer, TrainingArguments

    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    model.config.tagging = is_tagging
    rows: dict[str, Any] = {"input_ids": [[2, 5, 3]] * 4, "labels": [0, 1, 0, 1], "sentence": ["the cat"] * 4}
    data = Dataset.from_dict(rows)
    arguments = TrainingArguments(str(tmp_path / "run"), max_steps=1, use_cpu=True, report_to="none")
    trainer = Trainer(model, arguments, train_dataset=data, eval_dataset=data)
    run = nbtrain.watch(trainer, views=[])
    trainer.train()
    assert run.state.prepared is not None
    assert run.state.prepared.spec.task == task
    assert run.state.prepared.spec.labels == (0, 1)
