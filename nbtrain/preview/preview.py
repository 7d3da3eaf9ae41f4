"""Preview of a configuration: its data and an estimate, without training."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.config import task_keys
from nbtrain.preview.cache import ResultCache
from nbtrain.preview.cache_key import identity
from nbtrain.preview.estimate import Estimate
from nbtrain.preview.memory import Shape, patches, training_memory
from nbtrain.preview.rows import DataPreview, Row, first_rows

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedConfig

    from nbtrain.config import Config
    from nbtrain.preprocessing.types import Data
    from nbtrain.tasks.base import Task

MAX_SAMPLE = 1000
"""At most this many training examples are tokenized."""

_DATA = ("dataset", "train", "validation", "test")
_ADAPTER = ("lora_r", "lora_target_modules")
_INSPECTION = ("text", "label", "task", "validation_split", "seed", "max_train_samples", "max_eval_samples")


@dataclass(frozen=True)
class _Sample:
    """Statistics of a tokenized sample of the training examples."""

    truncated: float
    max_length: int
    longest: int


class Preview:
    """Preview of configurations; caches what did not change since the last call.

    It reads and tokenizes as a run does, and raises the same errors. It loads no weights, draws no random numbers from
    global generators and restores all process state, so that another thread can use it during a training.
    """

    def __init__(self) -> None:
        self._cache = ResultCache()

    def columns(self, config: Config) -> list[str]:
        """The columns of the training split, even if it is ambiguous which of them are text and label.

        Raises:
            NbTrainError: The data cannot be read.
        """
        return list(self._found(config)["train"].column_names)

    def rows(self, config: Config) -> list[Row]:
        """The first rows of the training split as strings and small pictures, even if the columns are ambiguous.

        Raises:
            NbTrainError: The data cannot be read.
        """
        return first_rows(self._found(config)["train"])

    def data(self, config: Config) -> DataPreview:
        """The data as a run would read them.

        Raises:
            NbTrainError: A run would not start, because of the data.
        """
        return DataPreview.of(self._found(config)["train"], self._data(config))

    def check_model(self, config: Config) -> None:
        """Check that the model's configuration and its tokenizer can be loaded; independent of the data.

        Raises:
            NbTrainError: They cannot be loaded.
        """
        self._model_config(config)
        if config["task"] is not None:
            self._processor(config, tasks.get(config["task"]))

    def estimate(self, config: Config) -> Estimate:
        """The estimated cost of the training.

        Raises:
            NbTrainError: A run would not start.
        """
        from nbtrain.tasks import metrics
        from nbtrain.training.trainer import count_steps

        data = self._data(config)
        task_keys.check(config, data.spec.task)
        if config["compute_metrics"] is None:
            metrics.check(_listed(config["metrics"]), data.spec)
        sample = self._sample(config, data)
        shape = self._shape(config, data)
        examples, rows = len(data.splits["train"]), config["per_device_train_batch_size"]
        batches = examples // rows if config["dataloader_drop_last"] else -(-examples // rows)
        accumulation = config["gradient_accumulation_steps"]
        epochs, steps = config["num_train_epochs"], config["max_steps"]
        if steps > 0:
            epochs = steps / count_steps(batches, accumulation, 1)
        else:
            steps = count_steps(batches, accumulation, epochs)
        return Estimate(
            steps=int(steps),
            examples=examples,
            batch_size=rows * accumulation,
            truncated=sample.truncated,
            max_length=sample.max_length,
            parameters=shape.parameters,
            memory=self._memory(config, shape, sample.longest),
            epochs=float(epochs),
        )

    def _found(self, config: Config) -> dict[str, Dataset]:
        return self._load(config)[0]

    def _load(self, config: Config) -> tuple[dict[str, Dataset], list[str]]:
        from nbtrain.data.source import Source
        from nbtrain.preprocessing.dataset import load_splits

        return self._cache.get(
            "rows",
            (_key(config, _DATA), config["task"]),  # each task has demo data of its own
            _values(config, _DATA),
            lambda: load_splits(Source.of(config)),
        )

    def _data(self, config: Config) -> Data:
        from nbtrain.data.source import Source
        from nbtrain.preprocessing.dataset import inspect

        found, notes = self._load(config)
        return self._cache.get(
            "data", _inspection_key(config), _values(config, _DATA), lambda: inspect(found, Source.of(config), notes)
        )

    def _sample(self, config: Config, data: Data) -> _Sample:
        keys = (*_DATA, *_model_keys(config))
        key = (_inspection_key(config), _key(config, keys), config["max_length"])
        return self._cache.get("sample", key, _values(config, keys), lambda: self._tokenized(config, data))

    def _tokenized(self, config: Config, data: Data) -> _Sample:
        from datasets import DatasetDict

        from nbtrain.data.source import Examples
        from nbtrain.data.splits import limit
        from nbtrain.preprocessing.tokenize import encode
        from nbtrain.preprocessing.types import Data
        from nbtrain.training.model import longest_input

        task = tasks.get(data.spec.task)
        if not task.reads_tokens:
            return _Sample(0.0, 0, patches(self._model_config(config)))
        tokenizer = self._processor(config, task)
        longest = longest_input(config, self._model_config(config), tokenizer)
        all_rows = Examples(data.splits["train"], None)
        rows = limit(all_rows, MAX_SAMPLE, split="train", seed=config["seed"], notes=[]).rows
        encoded = encode(Data(DatasetDict(train=rows), {}, data.spec), tokenizer, longest)
        lengths = [len(ids) for ids in encoded.splits["train"].with_format(None)["input_ids"]]
        return _Sample(encoded.truncated["train"] / len(rows), longest, max(lengths))

    def _model_config(self, config: Config) -> PreTrainedConfig:
        from nbtrain.training.model import load_model_config

        return self._cache.get("model", _key(config, ("model",)), config["model"], lambda: load_model_config(config))

    def _fitting_model_config(self, config: Config, task: Task) -> PreTrainedConfig:
        from nbtrain.training.architecture import check_architecture

        model_config = self._model_config(config)
        check_architecture(config, model_config, task)
        return model_config

    def _processor(self, config: Config, task: Task) -> Any:
        from nbtrain.training.model import load_processor

        keys, model_config = _model_keys(config), self._fitting_model_config(config, task)
        key = (_key(config, keys), task.name)
        return self._cache.get(
            "processor", key, _values(config, keys), lambda: load_processor(config, model_config, task)
        )

    def _shape(self, config: Config, data: Data) -> Shape:
        from nbtrain.training import adapters
        from nbtrain.training.model import model_without_weights

        task = tasks.get(data.spec.task)

        def compute() -> Shape:
            model_config = self._fitting_model_config(config, task)
            model = model_without_weights(config, model_config, data.spec)
            if isinstance(config["model"], str):  # an object would get the adapter itself
                model = adapters.adapt(model, config, task)[0]
            return Shape.of(model, model_config)

        key = (_key(config, ("model",)), task.name, task.num_outputs(data.spec), repr(_values(config, _ADAPTER)))
        return self._cache.get("shape", key, config["model"], compute)

    def _memory(self, config: Config, shape: Shape, longest: int) -> int:
        """Bytes that training takes, at the precision that a run would use."""
        from nbtrain.training import speed

        facts = speed.DeviceInfo.current(use_cpu=config["use_cpu"])
        inputs = speed.Inputs.of(config["model"], self._model_config(config), None)
        as_run = config.replaced(**speed.choose(config, facts, inputs).arguments)
        return training_memory(shape, as_run, longest, on_cpu=facts.device == "cpu")


def _model_keys(config: Config) -> tuple[str, ...]:
    """The keys that determine the model and the tokenizer."""
    return ("model",) if config["tokenizer"] is None else ("model", "tokenizer")


def _values(config: Config, keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(config[key] for key in keys)


def _key(config: Config, keys: tuple[str, ...]) -> Hashable:
    return tuple(identity(config[key]) for key in keys)


def _inspection_key(config: Config) -> Hashable:
    """The cache key for the inspected data."""
    own = tuple(sorted({key.name for task in tasks.every() for key in task.keys}))
    return (_key(config, _DATA), repr(_values(config, (*_INSPECTION, *own))))


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
