"""From a configuration to a Trainer that is ready to train: read the data, load the model, check everything."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.events import Prepared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from transformers import PreTrainedConfig, Trainer

    from nbtrain.config import Config
    from nbtrain.events.recorder import Recorder
    from nbtrain.preprocessing.types import Data, Encoded
    from nbtrain.training.baselines import BaselineModels
    from nbtrain.training.speed import Choices


@dataclass(frozen=True)
class Plan:
    """Everything that a configuration describes, ready to train.

    Args:
        data: The data with its raw columns.
        trainer: The Trainer, with the model and the encoded data.
        prepared: The event that says how the configuration was understood.
        choices: The optimizations that were chosen.
        baselines: Computes what simple answers reach; None if that is not wanted, or not by nbtrain's metrics.
    """

    data: Data
    trainer: Trainer
    prepared: Prepared
    choices: Choices
    baselines: BaselineModels | None = None


DATA_LIBRARIES = ("pandas", "datasets")
LIBRARIES = ("torch", "transformers", "transformers.modeling_utils", "sklearn.metrics", "transformers.trainer")
"""What takes seconds to import, in pieces between which the cells of a notebook get their turn."""


def prepare(config: Config, directory: Path, recorder: Recorder, data: Data | None = None) -> Plan:
    """Do everything that comes before the first training step.

    Args:
        config: The configuration.
        directory: The run directory.
        recorder: Records the progress.
        data: What `read_early` has returned, if it was called before.

    Raises:
        NbTrainError: Something in the configuration or the data is wrong.
    """
    data = data or read_early(config, recorder)
    load_libraries(recorder)
    recorder.progress("start")
    from nbtrain.preprocessing.tokenize import encode
    from nbtrain.training import checks
    from nbtrain.training import model as models
    from nbtrain.training import trainer as trainers
    from nbtrain.training.architecture import check_architecture
    from nbtrain.training.head import check_head, check_model

    # The arguments are built again below, with the choices that depend on the data. Reading and encoding may take
    # minutes, so values that `TrainingArguments` rejects are reported first.
    checks.check_objects(config)
    checks.check_packages(trainers.build_arguments(config, directory))
    data = data or _read_data(config, recorder)
    check_model(config, data.spec)
    recorder.progress("load model")
    model_config = models.load_model_config(config)
    task = tasks.get(data.spec.task)
    check_architecture(config, model_config, task)
    processor = models.load_processor(config, model_config, task)
    longest = models.longest_input(config, model_config, processor)
    encoded = encode(data, processor, longest, recorder.progress)
    recorder.progress("load model")
    choices = _choose(config, model_config, encoded)
    trainer, notes = _build_trainer(config, directory, data, encoded, processor, choices)
    check_head(config, encoded.spec, trainer)
    checks.check_trainer(config, encoded.spec, trainer)
    return Plan(
        data, trainer, _prepared(data, encoded, choices, notes), choices, _baselines(config, data, encoded, trainer)
    )


def _baselines(config: Config, data: Data, encoded: Encoded, trainer: Trainer) -> BaselineModels | None:
    """Those by the user's own `compute_metrics` are not computed: it is called by the Trainer only."""
    from nbtrain.engine.outputs import READS_LOGITS
    from nbtrain.training.baselines import BaselineModels

    if not config["baselines"] or not getattr(trainer.compute_metrics, READS_LOGITS, False):
        return None
    return BaselineModels(data, encoded.splits["validation"], trainer.compute_metrics)


def check_names(config: Config) -> None:
    """Raises DataError if a file that the configuration names does not exist, or a column of it."""
    from nbtrain.data import early
    from nbtrain.data.source import Source

    source = Source.of(config)
    early.check_files(source)
    if source.task is not None and not tasks.get(source.task).takes_label:
        source = replace(source, label=None)  # the task says that it has none
    early.check_columns(source)


def read_early(config: Config, recorder: Recorder) -> Data | None:
    """Read and check the data, if that takes less time than to import torch: what is wrong with them is then said at
    once. None if it takes longer.

    Raises:
        NbTrainError: Something in the configuration or the data is wrong.
    """
    from nbtrain.data import early
    from nbtrain.data.source import Source

    check_names(config)
    if not early.is_quick(Source.of(config)):
        return None
    _import(DATA_LIBRARIES, "read data", recorder)
    return _read_data(config, recorder)


def load_libraries(recorder: Recorder) -> None:
    """Import PyTorch and Transformers, if that was not done before."""
    _import(LIBRARIES, "load libraries", recorder)


def _import(names: Sequence[str], phase: str, recorder: Recorder) -> None:
    for name in names:
        if name not in sys.modules:
            recorder.progress(phase)
            importlib.import_module(name)


def _read_data(config: Config, recorder: Recorder) -> Data:
    from nbtrain.config import task_keys
    from nbtrain.data.source import Source
    from nbtrain.preprocessing.dataset import read
    from nbtrain.tasks import metrics

    recorder.progress("read data")
    data = read(Source.of(config), recorder.progress)
    task_keys.check(config, data.spec.task)
    if config["compute_metrics"] is None:
        named = config["metrics"]
        metrics.check([named] if isinstance(named, str) else named, data.spec)
    if config["class_weights"] is None:
        return data
    load_libraries(recorder)
    from nbtrain.training.class_weights import class_weights, note

    weights = class_weights(config["class_weights"], data.spec, data.labels.get("train"))
    spec = data.spec.with_options(class_weights=weights)
    return replace(data, spec=spec, notes=[*data.notes, note(spec, weights)])


def _choose(config: Config, model_config: PreTrainedConfig, encoded: Encoded) -> Choices:
    from nbtrain.training import speed

    device = speed.DeviceInfo.current(use_cpu=config["use_cpu"])
    inputs = speed.Inputs.of(config["model"], model_config, encoded.splits["train"])
    return speed.choose(config, device, inputs, tasks.get(encoded.spec.task))


def _build_trainer(
    config: Config, directory: Path, data: Data, encoded: Encoded, processor: Any, choices: Choices
) -> tuple[Trainer, list[str]]:
    """The Trainer, and notes about the model."""
    from nbtrain.tasks.base import EvaluationData
    from nbtrain.training import adapters
    from nbtrain.training import model as models
    from nbtrain.training import trainer as trainers

    task = tasks.get(encoded.spec.task)
    model = models.load_model(config, encoded.spec, choices.attention)
    model, notes = adapters.adapt(model, config, task)
    arguments = trainers.build_arguments(config, directory, choices.arguments, task)
    evaluated = EvaluationData(processor, data.splits["validation"], encoded.splits["validation"])
    return trainers.build_trainer(config, encoded, model, evaluated, arguments, by_length=choices.by_length), notes


def _prepared(data: Data, encoded: Encoded, choices: Choices, notes: list[str]) -> Prepared:
    from nbtrain.data.fingerprints import fingerprint
    from nbtrain.data.overlap import shared_rows

    return Prepared(
        spec=encoded.spec,
        sizes={name: len(split) for name, split in data.splits.items()},
        inputs={name: len(split) for name, split in encoded.splits.items()},
        notes=[*data.notes, *encoded.notes, *notes, *choices.notes],
        fingerprints={name: fingerprint(split) for name, split in data.splits.items()},
        speed=choices.recorded,
        example=encoded.example,
        counts=_class_counts(data),
        shared=shared_rows(data.splits["train"], data.splits["validation"], data.spec.inputs),
        truncated={name: count for name, count in encoded.truncated.items() if count},
    )


def _class_counts(data: Data) -> list[int]:
    """Training rows of each class; empty if rows have no class."""
    import numpy as np

    labels = data.labels.get("train")
    classes = None if labels is None else tasks.get(data.spec.task).classes(labels)
    return [] if classes is None else np.bincount(classes, minlength=len(data.spec.labels)).tolist()
