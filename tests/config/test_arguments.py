"""The fields that are parsed from the source of transformers equal those of the class."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from enum import Enum

import pytest

from nbtrain.config.arguments import UNKNOWN, training_arguments


def test_names_and_defaults_are_those_of_the_class() -> None:
    from transformers import TrainingArguments

    real = {field.name: field for field in dataclasses.fields(TrainingArguments) if field.init}
    read = training_arguments()
    assert list(read) == list(real)
    for name, field in real.items():
        default = field.default_factory() if field.default is dataclasses.MISSING else field.default  # type: ignore[misc]
        expected = default.value if isinstance(default, Enum) else default
        assert read[name].default in (expected, UNKNOWN), name
        assert read[name].help, name


def test_defaults_pass_their_own_check() -> None:
    for field in training_arguments().values():
        if field.default != UNKNOWN:
            field.parse(field.default)


def test_choices_are_those_of_the_enums() -> None:
    from transformers.trainer_utils import SchedulerType

    assert set(training_arguments()["lr_scheduler_type"].choices) == {kind.value for kind in SchedulerType}
    assert "adamw_torch_fused" in training_arguments()["optim"].choices
    assert "group_by_length" in training_arguments()["train_sampling_strategy"].choices


@pytest.mark.kernel
def test_reading_it_imports_neither_torch_nor_transformers() -> None:
    heavy = "'torch', 'transformers', 'pandas', 'datasets'"
    code = f"import sys; from nbtrain.config import schema; schema(); print(*({{{heavy}}} & {{*sys.modules}}))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
