"""The JSON Schema accepts the same values as the parser."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from nbtrain.config import from_toml, schema
from nbtrain.config.arguments import UNKNOWN
from nbtrain.config.describe import template
from nbtrain.config.json_schema import json_schema
from nbtrain.errors import ConfigError

jsonschema = pytest.importorskip("jsonschema")

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
CELLS = [
    block.split("\n", 1)[1] for block in re.findall(r"^```\n(%%finetune.*?)^```$", README, re.DOTALL | re.MULTILINE)
]
GOOD = 'model = "demo"\ndataset = "demo"\n'


def complaints(text: str, **options: Any) -> list[str]:
    validator = jsonschema.Draft202012Validator(json_schema(**options))
    return [error.message for error in validator.iter_errors(tomllib.loads(text))]


def test_it_is_a_json_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema())
    assert list(json_schema()["properties"]) == list(schema())


@pytest.mark.parametrize("cell", [*CELLS, template(), template("regression")])
def test_every_example_passes(cell: str) -> None:
    assert complaints(cell) == []


def test_there_are_examples() -> None:
    assert CELLS


@pytest.mark.parametrize(
    "line",
    [
        'learning_rate = "5e-5"',
        "learning_rate = 0",
        "learning_rate = 1",
        'learning_rate = "$rate"',
        "learning_rate = true",
        "num_train_epochs = 0",
        "num_train_epochs = 0.5",
        "per_device_train_batch_size = 0",
        "per_device_train_batch_size = 1.5",
        'bf16 = "true"',
        "bf16 = 1",
        "bf16 = false",
        'eval_strategy = "epochs"',
        'eval_strategy = "steps"',
        'task = "regression"',
        'task = "regresion"',
        'task = "none"',
        "task = 1",
        'text = "a"',
        'text = ["a", "b"]',
        "text = 3",
        "text = [0, 1]",
        "validation_split = 0.5",
        "validation_split = 1",
        'class_weights = "balanced"',
        'class_weights = "balance"',
        "class_weights = [1, 9.5]",
        "class_weights = {spam = 5}",
        'text = "$columns"',
        'text = "none"',
        'label = "$df.label"',
        "max_length = 1",
        'max_length = "None"',
        'seed = "none"',
        "seed = -1",
        'save_total_limit = "none"',
        "save_total_limit = 0",
        'compute_metrics = "f1"',
        'compute_metrics = "$f"',
        'compute_metrics = "$f"\nmetrics = "f1"',
        'callbacks = ["$f", "$f"]',
        'callbacks = ["$f()"]',
        'callbacks = "$f"',
        "data_collator = 1",
        'train = "$df"',
        'test = "$df"',
        "lr_scheduler_kwargs = {num_cycles = 2}",
        "lr_scheduler_kwargs = [1]",
        'optim = "adamw_torch"',
        'optim = "adamw"',
        'report_to = "none"',
        'report_to = ["tensorboard"]',
        "learning_rte = 1",
        "warmup_steps = 0.1",
        "warmup_steps = -1",
        'output_dir = "run"',
    ],
)
def test_it_rejects_what_the_parser_rejects(line: str) -> None:
    variables = {"rate": 1e-3, "columns": ["a"], "f": len, "df": object()}
    try:
        from_toml(GOOD + line, variables=variables)
    except ConfigError:
        assert complaints(GOOD + line)
    else:
        assert complaints(GOOD + line) == []


def test_required_keys() -> None:
    assert complaints("seed = 1")
    assert complaints('model = "demo"')
    assert complaints('model = "demo"\ntrain = "x.csv"') == []
    assert complaints("seed = 1", complete=False) == []
    assert complaints("seed = 1\nsede = 1", complete=False)


def test_defaults_pass_and_words_are_those_of_the_schema() -> None:
    for name, about in json_schema()["properties"].items():
        field = schema()[name]
        assert (about["description"], about["x-allowed"], about["x-own"]) == (field.help, field.allowed, field.own)
        assert ("default" in about) == (field.default is not None and field.default != UNKNOWN), name
        if "default" in about:
            jsonschema.validate(about["default"], about)
        for value in about["x-values"]:
            jsonschema.validate(tomllib.loads(f"x = {value}")["x"], about)
