"""SavedModel: the model of a run, in memory or loaded from its directory. Only the newest run of a process keeps its
weights in memory.
"""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.errors import RunError
from nbtrain.events.run_dir import MODEL

if TYPE_CHECKING:
    from transformers import PreTrainedConfig, PreTrainedModel, Trainer

    from nbtrain.config import Config
    from nbtrain.events import TaskSpec

_newest: weakref.ref[SavedModel] | None = None


class SavedModel:
    """The Trainer of a run, with its model and tokenizer.

    Args:
        directory: The run directory; the model can be loaded from `model/` in it.
        config: The configuration of the run.
        trainer: The Trainer, if the run is in this process.
        spec: The task of the run; None if it is not known.
        shared: The Trainer is the user's own and is never released.
    """

    def __init__(
        self,
        directory: Path,
        config: Config,
        trainer: Trainer | None = None,
        spec: TaskSpec | None = None,
        *,
        shared: bool = False,
    ) -> None:
        self._folder = directory / MODEL
        self._config = config
        self._spec = spec
        self._trainer = trainer
        if trainer is not None and not shared:
            self._hold()

    def hold(self, trainer: Trainer, spec: TaskSpec) -> None:
        """Hold the model of a run that has just been prepared."""
        self._trainer, self._spec = trainer, spec
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
        import transformers

        from nbtrain.engine.isolation import isolated
        from nbtrain.engine.quiet import quiet
        from nbtrain.training import adapters, speed
        from nbtrain.training import model as models
        from nbtrain.training.trainer import build_predictor

        if not self._folder.is_dir():
            raise RunError(f"This run has no saved weights: `{self._folder}` does not exist.")
        if not (self._folder / "config.json").is_file() and not adapters.is_adapter(self._folder):
            raise RunError(
                f"`{self._folder}` has only weights: the model is no `PreTrainedModel` of transformers.\n"
                "    Load them into a model of your own: model.load_state_dict(safetensors.torch.load_file(...))."
            )
        task = None if self._spec is None else tasks.get(self._spec.task)
        with quiet():
            is_adapter = adapters.is_adapter(self._folder)
            has_base = (self._folder / "config.json").is_file()
            is_alone = is_adapter and not has_base and self._config["lora_r"] is not None
            model_config = models.load_model_config(self._config) if is_alone else adapters.load_config(self._folder)
            device = speed.DeviceInfo.current(use_cpu=self._config["use_cpu"])
            choices = speed.choose_for_prediction(self._config, device, model_config)

            def load_base() -> PreTrainedModel:
                if is_alone and self._spec is not None:
                    with isolated():  # a new head, which the adapter replaces, draws random numbers
                        return models.load_model(self._config, self._spec, choices.attention)
                options: dict[str, Any] = {"adapter_kwargs": adapters.NO_ADAPTER} if is_adapter else {}
                if choices.attention is not None:
                    options["attn_implementation"] = choices.attention
                return model_class(model_config).from_pretrained(adapters.base_of(self._folder), **options)

            model = adapters.load(self._folder, load_base) if is_adapter else load_base()
            kind = "AutoTokenizer" if task is None else task.processor
            processor = getattr(transformers, kind).from_pretrained(self._folder)
            if task is not None:
                processor = task.prepared_processor(processor, model_config)
            task = tasks.of_model(model) if task is None else task
        return build_predictor(model, processor, self._config, self._folder.parent, choices, task)


def model_class(config: PreTrainedConfig) -> Any:
    """The class that loads a saved model: that of the model itself, else the usual one for its type."""
    import transformers

    names = getattr(config, "architectures", None) or ()
    found = (getattr(transformers, name, None) for name in names)
    return next((one for one in found if one is not None), transformers.AutoModelForSequenceClassification)


def write_model(trainer: Trainer, folder: Path, *, adapter_only: bool = False, merge: bool = False) -> None:
    """Write the model and the tokenizer of `trainer` to `folder`.

    Args:
        trainer: The Trainer.
        folder: A new folder.
        adapter_only: Of a model with an adapter, write the adapter and not the base model.
        merge: Write a model with an adapter as a whole model without one.


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
            if merge:
                adapters.merged(trainer.model).save_pretrained(folder)
            elif adapter_only:
                adapters.save_adapter(trainer.model, folder)
            else:
                adapters.save(trainer.model, folder)
        else:
            trainer.model.save_pretrained(folder)
        if trainer.processing_class is not None:
            trainer.processing_class.save_pretrained(folder)
