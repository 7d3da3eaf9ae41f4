"""Preview: a look at what a configuration comes to."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.preview.cache import Remembered
from nbtrain.preview.cache_key import identity
from nbtrain.preview.estimate import Estimate
from nbtrain.preview.memory import Shape, training_memory
from nbtrain.preview.rows import DataPreview, first_rows

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import PreTrainedConfig, PreTrainedTokenizerBase

    from nbtrain.config import Config
    from nbtrain.preprocessing.types import Data

SAMPLE = 1000
"""Training examples that are tokenized, at most."""

_DATA = ("dataset", "train", "validation", "test")
_MEANING = ("text", "label", "task", "validation_split", "seed", "max_train_samples", "max_eval_samples")


@dataclass(frozen=True)
class _Sample:
    """What tokenizing some of the training examples has shown."""

    truncated: float
    max_length: int
    longest: int


class Preview:
    """What a configuration comes to, without training: remembers what did not change since the last look.

    It reads and tokenizes as a run does, and raises what a run would raise; no weights are loaded, no random numbers
    are drawn and no process-wide state is left changed, so that it may look from another thread while one trains.
    """

    def __init__(self) -> None:
        self._remembered = Remembered()

    def columns(self, config: Config) -> list[str]:
        """The columns of the training split, also where it is not clear which of them are text and label.

        Raises:
            NbTrainError: The data cannot be read.
        """
        return list(self._found(config)["train"].column_names)

    def rows(self, config: Config) -> list[dict[str, str]]:
        """The first rows of the training split, as texts; as `columns`.

        Raises:
            NbTrainError: The data cannot be read.
        """
        return first_rows(self._found(config)["train"])

    def data(self, config: Config) -> DataPreview:
        """The data, as a run would read them.

        Raises:
            NbTrainError: It would not.
        """
        return DataPreview.of(self._found(config)["train"], self._data(config))

    def check_model(self, config: Config) -> None:
        """Look whether there are such a model and its tokenizer, also where it is not clear yet what is trained on.

        Raises:
            NbTrainError: There are not.
        """
        self._model(config)

    def estimate(self, config: Config) -> Estimate:
        """What training would take.

        Raises:
            NbTrainError: It would not begin.
        """
        from nbtrain.tasks import metrics
        from nbtrain.training.trainer import count_steps

        data = self._data(config)
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

        return self._remembered.get(
            "rows", _key(config, _DATA), _values(config, _DATA), lambda: load_splits(Source.of(config))
        )

    def _data(self, config: Config) -> Data:
        from nbtrain.data.source import Source
        from nbtrain.preprocessing.dataset import understand

        found, notes = self._load(config)
        return self._remembered.get(
            "data", _meaning(config), _values(config, _DATA), lambda: understand(found, Source.of(config), notes)
        )

    def _sample(self, config: Config, data: Data) -> _Sample:
        keys = (*_DATA, *_model_keys(config))
        key = (_meaning(config), _key(config, keys), config["max_length"])
        return self._remembered.get("sample", key, _values(config, keys), lambda: self._tokenized(config, data))

    def _tokenized(self, config: Config, data: Data) -> _Sample:
        from datasets import DatasetDict

        from nbtrain.data.source import Examples
        from nbtrain.data.splits import limit
        from nbtrain.preprocessing.tokenize import encode
        from nbtrain.preprocessing.types import Data
        from nbtrain.training.model import longest_input

        model_config, tokenizer = self._model(config)
        longest = longest_input(config, model_config, tokenizer)
        all_rows = Examples(data.splits["train"], None)
        rows = limit(all_rows, SAMPLE, split="train", seed=config["seed"], notes=[]).rows
        encoded = encode(Data(DatasetDict(train=rows), {}, data.spec), tokenizer, longest)
        lengths = [len(ids) for ids in encoded.splits["train"].with_format(None)["input_ids"]]
        return _Sample(encoded.truncated["train"] / len(rows), longest, max(lengths))

    def _model(self, config: Config) -> tuple[PreTrainedConfig, PreTrainedTokenizerBase]:
        from nbtrain.training.model import load_model_config, load_tokenizer

        keys = _model_keys(config)
        return self._remembered.get(
            "model",
            _key(config, keys),
            _values(config, keys),
            lambda: (load_model_config(config), load_tokenizer(config)),
        )

    def _shape(self, config: Config, data: Data) -> Shape:
        from nbtrain.training.model import model_without_weights

        def make() -> Shape:
            model_config = self._model(config)[0]
            return Shape.of(model_without_weights(config, model_config, data.spec), model_config)

        key = (_key(config, ("model",)), tasks.get(data.spec.task).num_outputs(data.spec))
        return self._remembered.get("shape", key, config["model"], make)

    def _memory(self, config: Config, shape: Shape, longest: int) -> int:
        """Bytes that training takes, with the precision that a run would choose."""
        from nbtrain.training import speed

        facts = speed.DeviceInfo.current(use_cpu=config["use_cpu"])
        inputs = speed.Inputs.of(config["model"], self._model(config)[0], None)
        as_run = config.replaced(**speed.choose(config, facts, inputs).arguments)
        return training_memory(shape, as_run, longest, on_cpu=facts.device == "cpu")


def _model_keys(config: Config) -> tuple[str, ...]:
    """The keys that say which model is trained, and how text becomes its tokens."""
    return ("model",) if config["tokenizer"] is None else ("model", "tokenizer")


def _values(config: Config, keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(config[key] for key in keys)


def _key(config: Config, keys: tuple[str, ...]) -> Hashable:
    return tuple(identity(config[key]) for key in keys)


def _meaning(config: Config) -> Hashable:
    """All that the meaning of the data depends on."""
    return (_key(config, _DATA), repr(_values(config, _MEANING)))


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())
