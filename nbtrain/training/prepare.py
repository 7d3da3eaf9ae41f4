"""From a configuration to a Trainer that is ready to train: read the data, load the model, check everything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain.events import Prepared

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedTokenizerBase, Trainer

    from nbtrain.config import Config
    from nbtrain.events.recorder import Recorder
    from nbtrain.preprocessing.types import Data, Encoded
    from nbtrain.training.speed import Choices


@dataclass(frozen=True)
class Plan:
    """Everything that a configuration describes, ready to train.

    Args:
        data: The data with its raw columns.
        trainer: The Trainer, with the model and the encoded data.
        prepared: The event that says how the configuration was understood.
        choices: The optimizations that were chosen.
    """

    data: Data
    trainer: Trainer
    prepared: Prepared
    choices: Choices


def prepare(config: Config, directory: Path, recorder: Recorder) -> Plan:
    """Do everything that comes before the first training step.

    Args:
        config: The configuration.
        directory: The run directory.
        recorder: Records the progress.

    Raises:
        NbTrainError: Something in the configuration or the data is wrong.
    """
    recorder.progress("start")
    from nbtrain.preprocessing.tokenize import encode
    from nbtrain.training import checks
    from nbtrain.training import model as models
    from nbtrain.training import trainer as trainers
    from nbtrain.training.head import check_head, check_model

    # The arguments are built again below, with the choices that depend on the data. Reading and encoding may take
    # minutes, so values that `TrainingArguments` rejects are reported first.
    checks.check_objects(config)
    checks.check_packages(trainers.build_arguments(config, directory))
    data = _read_data(config, recorder)
    check_model(config, data.spec)
    recorder.progress("load model")
    model_config = models.load_model_config(config)
    tokenizer = models.load_tokenizer(config)
    longest = models.longest_input(config, model_config, tokenizer)
    encoded = encode(data, tokenizer, longest, recorder.progress)
    recorder.progress("load model")
    choices = _choose(config, model_config, encoded)
    trainer = _build_trainer(config, directory, encoded, tokenizer, choices)
    check_head(config, encoded.spec, trainer)
    checks.check_trainer(config, encoded.spec, trainer)
    return Plan(data, trainer, _prepared(data, encoded, choices), choices)


def _read_data(config: Config, recorder: Recorder) -> Data:
    from nbtrain.data.source import Source
    from nbtrain.preprocessing.dataset import read
    from nbtrain.tasks import metrics
    from nbtrain.training.class_weights import class_weights, note

    recorder.progress("read data")
    data = read(Source.of(config), recorder.progress)
    if config["compute_metrics"] is None:
        named = config["metrics"]
        metrics.check([named] if isinstance(named, str) else named, data.spec)
    if config["class_weights"] is None:
        return data
    weights = class_weights(config["class_weights"], data.spec, data.labels.get("train"))
    spec = data.spec.with_options(class_weights=weights)
    return replace(data, spec=spec, notes=[*data.notes, note(spec, weights)])


def _choose(config: Config, model_config: PreTrainedConfig, encoded: Encoded) -> Choices:
    from nbtrain.training import speed

    device = speed.DeviceInfo.current(use_cpu=config["use_cpu"])
    inputs = speed.Inputs.of(config["model"], model_config, encoded.splits["train"])
    return speed.choose(config, device, inputs)


def _build_trainer(
    config: Config, directory: Path, encoded: Encoded, tokenizer: PreTrainedTokenizerBase, choices: Choices
) -> Trainer:
    from nbtrain.training import model as models
    from nbtrain.training import trainer as trainers

    model = models.load_model(config, encoded.spec, choices.attention)
    arguments = trainers.build_arguments(config, directory, choices.arguments)
    return trainers.build_trainer(config, encoded, model, tokenizer, arguments, by_length=choices.by_length)


def _prepared(data: Data, encoded: Encoded, choices: Choices) -> Prepared:
    from nbtrain.data.fingerprints import fingerprint

    return Prepared(
        spec=encoded.spec,
        sizes={name: len(split) for name, split in data.splits.items()},
        notes=[*data.notes, *encoded.notes, *choices.notes],
        fingerprints={name: fingerprint(split) for name, split in data.splits.items()},
        speed=choices.recorded,
    )
