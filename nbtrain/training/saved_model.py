"""SavedModel: the model of a run, in memory or loaded from its directory. Only the newest run of a process keeps its
weights in memory.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.errors import RunError
from nbtrain.events.run_dir import MODEL

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, Trainer

    from nbtrain.config import Config

_newest: weakref.ref[SavedModel] | None = None


class SavedModel:
    """The Trainer of a run, with its model and tokenizer.

    Args:
        directory: The run directory; the model can be loaded from `model/` in it.
        config: The configuration of the run.
        trainer: The Trainer, if the run is in this process.
        shared: The Trainer is the user's own and is never released.
    """

    def __init__(
        self, directory: Path, config: Config, trainer: Trainer | None = None, *, shared: bool = False
    ) -> None:
        self._folder = directory / MODEL
        self._config = config
        self._trainer = trainer
        if trainer is not None and not shared:
            self._hold()

    @property
    def in_memory(self) -> bool:
        return self._trainer is not None

    @property
    def trainer(self) -> Trainer:
        """The Trainer; if it is no longer in memory, one for prediction is loaded.

        Raises:
            RunError: The run has saved no weights.
        """
        if self._trainer is None:
            self._trainer = self._load()
            self._hold()
        return self._trainer

    def release(self) -> None:
        """Free the weights, unless they are nowhere on the disk."""
        if self._trainer is not None and self._folder.is_dir():
            self._trainer = None

    def _hold(self) -> None:
        global _newest
        previous = _newest() if _newest is not None else None
        if previous is not None and previous is not self:
            previous.release()
        _newest = weakref.ref(self)

    def _load(self) -> Trainer:
        from transformers import AutoConfig, AutoTokenizer

        from nbtrain.engine.quiet import quiet
        from nbtrain.training import adapters, speed
        from nbtrain.training.trainer import build_predictor

        if not self._folder.is_dir():
            raise RunError(f"This run has no saved weights: `{self._folder}` does not exist.")
        if not (self._folder / "config.json").is_file() and not adapters.is_adapter(self._folder):
            raise RunError(
                f"`{self._folder}` has only weights: the model is no `PreTrainedModel` of transformers.\n"
                "    Load them into a model of your own: model.load_state_dict(safetensors.torch.load_file(...))."
            )
        with quiet():
            adapted = adapters.is_adapter(self._folder)
            load_config = adapters.load_config if adapted else AutoConfig.from_pretrained
            model_config = load_config(self._folder)
            load_model = adapters.load if adapted else model_class(model_config).from_pretrained
            device = speed.DeviceInfo.current(use_cpu=self._config["use_cpu"])
            choices = speed.choose_for_prediction(self._config, device, model_config)
            options = {} if choices.attention is None else {"attn_implementation": choices.attention}
            model = load_model(self._folder, **options)
            tokenizer = AutoTokenizer.from_pretrained(self._folder)
        return build_predictor(model, tokenizer, self._config, self._folder.parent, choices)


def model_class(config: PreTrainedConfig) -> Any:
    """The class that loads a saved model: that of the model itself, else the usual one for its type."""
    import transformers

    names = getattr(config, "architectures", None) or ()
    found = (getattr(transformers, name, None) for name in names)
    return next((one for one in found if one is not None), transformers.AutoModelForSequenceClassification)


def write_model(trainer: Trainer, folder: Path) -> None:
    """Write the model and the tokenizer of `trainer` to `folder`.

    A Trainer that saves in its own way (`_save`) does so here, too, and a model that is no `PreTrainedModel` is saved
    as the Trainer saves it in checkpoints.
    """
    from transformers import Trainer

    from nbtrain.engine.quiet import quiet_bars
    from nbtrain.training import adapters

    with quiet_bars():
        if type(trainer)._save is not Trainer._save or not hasattr(trainer.model, "save_pretrained"):
            folder.mkdir(parents=True, exist_ok=True)
            trainer._save(str(folder))
            return
        if adapters.has_adapter(trainer.model):
            adapters.save(trainer.model, folder)
        else:
            trainer.model.save_pretrained(folder)
        if trainer.processing_class is not None:
            trainer.processing_class.save_pretrained(folder)
