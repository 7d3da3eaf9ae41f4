"""What can be known before training is said before training, with the key, the line and a fix."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from transformers import AutoModel, AutoModelForSequenceClassification, AutoModelForTokenClassification, Trainer

import nbtrain
from nbtrain.config import from_toml
from nbtrain.errors import ConfigError, DataError, Problem
from nbtrain.preview.dry_run import dry_run_report

Refused = Callable[..., Problem]


@pytest.fixture
def refused(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> Refused:
    """The problem with which a run is refused before it trains; nothing of it stays."""

    def refused(**keys: Any) -> Problem:
        data = {"model": str(tiny_model), "train": pairs, "text": ["left", "right"], "use_cpu": True, "views": []}
        with pytest.raises(ConfigError) as caught:
            nbtrain.finetune(**{**data, "output_dir": str(tmp_path / "run"), **keys})
        assert not (tmp_path / "run").exists()
        [problem] = caught.value.problems
        return problem

    return refused


class Weighted(Trainer):
    def __init__(self, class_weights: list[float], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.class_weights = class_weights


class Named(Trainer):
    def __init__(self, model: Any, args: Any, **kwargs: Any) -> None:
        super().__init__(model, args, **kwargs)


class Closed(Trainer):
    def __init__(self, model: Any, args: Any, train_dataset: Any) -> None:
        super().__init__(model, args, train_dataset=train_dataset)


class OwnLoss(Trainer):
    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        return super().compute_loss(*args, **kwargs)


def no_trainer(**arguments: Any) -> str:
    return "nothing"


@pytest.mark.parametrize(
    ("keys", "key", "words"),
    [
        ({"report_to": "wandb"}, "report_to", ["wandb", "pip install wandb", 'report_to = "none"']),
        ({"report_to": ["wandbb"]}, "report_to", ['"wandbb"', "`wandb`"]),
        ({"optim": "adamw_bnb_8bit"}, "optim", ["adamw_bnb_8bit", "bitsandbytes"]),
        ({"lr_scheduler_type": "cosine", "lr_scheduler_kwargs": {"cycles": 2}}, "lr_scheduler_kwargs", ["cycles"]),
        ({"lr_scheduler_type": "warmup_stable_decay"}, "lr_scheduler_type", ["{num_decay_steps = 100}"]),
        ({"optim_args": "foo"}, "optim_args", ['"foo"', "name=value"]),
        ({"use_liger_kernel": True}, "use_liger_kernel", ["pip install liger-kernel"]),
        ({"metric_for_best_model": "acuracy"}, "metric_for_best_model", ["`accuracy`"]),
        ({"metric_for_best_model": "roc_auc"}, "metric_for_best_model", ['["accuracy", "f1", "roc_auc"]']),
        (
            {"dataloader_drop_last": True, "per_device_train_batch_size": 64},
            "dataloader_drop_last",
            ["54 training examples", "per_device_train_batch_size = 54"],
        ),
        ({"early_stopping_patience": 1, "eval_strategy": "no"}, "eval_strategy", ['eval_strategy = "epoch"']),
        ({"load_best_model_at_end": True, "eval_strategy": "no"}, "eval_strategy", ['eval_strategy = "epoch"']),
        ({"fp16": True, "bf16": True}, "fp16", ["fp16", "bf16"]),
        ({"callbacks": [print]}, "callbacks", ["TrainerCallback", "builtin_function"]),
        ({"data_collator": 3.5}, "data_collator", ["data_collator"]),
        ({"compute_metrics": [1]}, "compute_metrics", ["compute_metrics"]),
        ({"trainer_class": Weighted}, "trainer_class", ["`class_weights`", "functools.partial(Weighted"]),
        ({"trainer_class": functools.partial(Named, 3)}, "trainer_class", ["multiple values"]),
        ({"trainer_class": Closed}, "trainer_class", ["`eval_dataset`", "**kwargs"]),
        ({"trainer_class": dict}, "trainer_class", ["the class dict"]),
        ({"trainer_class": no_trainer}, "trainer_class", ["no_trainer", "str"]),
        ({"trainer_class": OwnLoss, "class_weights": "balanced"}, "class_weights", ["OwnLoss.compute_loss"]),
        ({"class_weights": "balanced", "compute_loss_func": print}, "class_weights", ["compute_loss_func"]),
        ({"class_weights": [1, 2, 3]}, "class_weights", ["3 numbers", "2 classes: different, same"]),
        ({"class_weights": {"sam": 2}}, "class_weights", ["`sam`", "`same`"]),
        ({"class_weights": {"same": -2}}, "class_weights", ["-2"]),
        ({"class_weights": [0, 0]}, "class_weights", ["0"]),
    ],
    ids=lambda value: re.sub(r" at 0x[0-9a-f]+", "", str(value)),
)
def test_it_is_refused_before_training(refused: Refused, keys: dict[str, Any], key: str, words: list[str]) -> None:
    problem = refused(**keys)
    assert problem.key == key
    assert all(word in str(problem) for word in words), str(problem)


def test_a_problem_has_the_line_of_its_key(tiny_model: Path, pairs: pd.DataFrame) -> None:
    text = f'model = "{tiny_model}"\ntrain = "$pairs"\ntext = ["left", "right"]\nreport_to = "wandb"\n'
    with pytest.raises(ConfigError) as caught:
        dry_run_report(from_toml(text, first_line=2, variables={"pairs": pairs}))
    assert [(problem.key, problem.line) for problem in caught.value.problems] == [("report_to", 5)]


def test_a_folder_that_cannot_be_written(refused: Refused) -> None:
    problem = refused(output_dir="/proc/run")
    assert problem.key == "output_dir"
    assert 'output_dir = "..."' in (problem.fix or "")


def test_a_sample_that_leaves_one_class_names_its_key(tiny_model: Path, pairs: pd.DataFrame) -> None:
    rare = pairs.sort_values("label").head(30)
    with pytest.raises(DataError, match=r"max_train_samples = 1 leaves 1 training example"):
        nbtrain.finetune(model=str(tiny_model), train=rare, text="left", max_train_samples=1, views=[])


@pytest.mark.parametrize(("given", "classes"), [(3, 2), (2, 3), (1, 2)])
def test_a_head_with_other_outputs(
    refused: Refused, tiny_model: Path, pairs: pd.DataFrame, given: int, classes: int
) -> None:
    options = {"num_labels": given, "ignore_mismatched_sizes": True}
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model, **options)
    train = pairs.assign(label=[at % classes for at in range(len(pairs))])
    problem = refused(model=model, train=train)
    assert problem.key == "model"
    assert f"{given} output" in problem.message and f"{classes} classes" in problem.message
    name = "AutoModelForSequenceClassification"
    source = (problem.fix or "").partition(" = ")[2].removesuffix(".")
    again = eval(source, {name: AutoModelForSequenceClassification})  # the fix works when it is pasted
    assert again.num_labels == classes


class OwnModule(torch.nn.Module):
    """A model of the user's own, with a head for three classes."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.body = AutoModel.from_pretrained(folder)
        self.config = self.body.config
        self.head = torch.nn.Linear(self.config.hidden_size, 3)

    def forward(self, input_ids: Any, attention_mask: Any, labels: Any = None) -> dict[str, Any]:
        logits = self.head(self.body(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state[:, 0])
        return {"loss": None if labels is None else torch.nn.functional.cross_entropy(logits, labels), "logits": logits}


def test_a_head_of_a_module_of_the_users_own(refused: Refused, tiny_model: Path) -> None:
    problem = refused(model=OwnModule(tiny_model), tokenizer=str(tiny_model))
    assert "3 outputs" in problem.message and "2 classes" in problem.message
    assert problem.fix == "Give its last layer 2 outputs."


def test_a_head_of_another_task(refused: Refused, tiny_model: Path, pairs: pd.DataFrame) -> None:
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    problem = refused(model=model, train=pairs.assign(label=[at / 7 for at in range(len(pairs))]), task="regression")
    assert "2 outputs, but the task needs 1 output" in problem.message
    model.config.problem_type = "multi_label_classification"
    problem = refused(model=model)
    assert "multi_label_classification" in problem.message
    assert 'problem_type = "single_label_classification"' in (problem.fix or "")


@pytest.mark.parametrize("kind", [AutoModel, AutoModelForTokenClassification])
def test_a_model_without_a_head_for_the_task(refused: Refused, tiny_model: Path, kind: Any) -> None:
    problem = refused(model=kind.from_pretrained(tiny_model))
    assert problem.key == "model"
    assert "no head for classification" in problem.message
    assert "num_labels=2" in (problem.fix or "")


def test_the_check_of_a_head_changes_nothing(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    """A model object trains as its name does: no random number is drawn, and it stays in its mode."""
    keys: dict[str, Any] = dict(train=pairs, text=["left", "right"], use_cpu=True, views=[], max_steps=2, seed=3)
    named = nbtrain.finetune(model=str(tiny_model), speed="exact", output_dir=str(tmp_path / "a"), **keys)
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model).train()
    given = nbtrain.finetune(model=model, speed="exact", output_dir=str(tmp_path / "b"), **keys)
    assert list(given.history["loss"]) == list(named.history["loss"])
