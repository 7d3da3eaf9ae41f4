"""The Trainer of a configuration: transformers' own, with its own arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.engine.outputs import READS_LOGITS
from nbtrain.errors import ConfigError, Problem

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer, TrainingArguments

    from nbtrain.config import Config
    from nbtrain.events import TaskSpec
    from nbtrain.preprocessing.types import Encoded
    from nbtrain.training.speed import Choices


def build_arguments(config: Config, output_dir: Path, chosen: Mapping[str, Any] | None = None) -> TrainingArguments:
    """The `TrainingArguments` of a configuration.

    Args:
        config: The configuration.
        output_dir: The run directory.
        chosen: Fields that were chosen for the user.

    Raises:
        ConfigError: They refuse the values, or a combination of them.
    """
    from transformers import TrainingArguments

    _check_checkpoint(config["resume_from_checkpoint"])
    values = {**config.training_arguments(), **(chosen or {}), "output_dir": str(output_dir)}
    try:
        arguments = TrainingArguments(**values)
    except (ValueError, TypeError, ImportError, NotImplementedError, RuntimeError) as error:
        raise ConfigError([Problem(f"TrainingArguments refuses this: {_in_toml(str(error))}")]) from error
    return _for_one_kernel(arguments, config)


def build_trainer(
    config: Config,
    encoded: Encoded,
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerBase,
    arguments: TrainingArguments,
    *,
    by_length: bool = False,
) -> Trainer:
    """The Trainer that a configuration describes, ready to train; on demand with batches of similar length.

    Raises:
        ConfigError: A class, callback or function of the user does not fit.
    """
    from transformers import Trainer

    trainer_class = config["trainer_class"] or _trainer_class(by_length=by_length)
    if not (isinstance(trainer_class, type) and issubclass(trainer_class, Trainer)):
        raise ConfigError([Problem("`trainer_class` is no subclass of `transformers.Trainer`.", "trainer_class")])
    trainer = trainer_class(
        model=model,
        args=arguments,
        train_dataset=encoded.splits["train"],
        eval_dataset=encoded.splits["validation"],
        processing_class=tokenizer,
        data_collator=config["data_collator"],
        compute_metrics=_compute_metrics(config, encoded.spec),
        callbacks=_callbacks(config),
    )
    _silence(trainer)
    return trainer


def build_predictor(
    model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, config: Config, output_dir: Path, choices: Choices
) -> Trainer:
    """A Trainer for prediction only, around the weights of a run that is over."""
    from transformers import TrainingArguments

    used = ("per_device_eval_batch_size", "use_cpu", "seed")
    arguments = TrainingArguments(
        output_dir=str(output_dir),
        disable_tqdm=True,
        report_to="none",
        **{**choices.arguments, **{key: config[key] for key in used if key in config}},
    )
    trainer_class = _trainer_class(by_length=choices.by_length)
    trainer = trainer_class(model=model, args=_for_one_kernel(arguments, config), processing_class=tokenizer)
    _silence(trainer)
    return trainer


def free_optimizer(trainer: Trainer) -> None:
    """Give back the memory of the optimizer and of the gradients; weights and Trainer stay usable."""
    trainer.model.zero_grad(set_to_none=True)
    trainer.optimizer = None
    trainer.lr_scheduler = None
    trainer.callback_handler.optimizer = None
    trainer.callback_handler.lr_scheduler = None
    trainer.accelerator.free_memory()
    trainer.model_wrapped = trainer.model


def steps_of(trainer: Trainer) -> int:
    """Optimizer steps that `train()` will take."""
    arguments = trainer.args
    if arguments.max_steps > 0:
        return int(arguments.max_steps)
    batches = len(trainer.get_train_dataloader())
    return count_steps(batches, arguments.gradient_accumulation_steps, arguments.num_train_epochs)


def count_steps(batches: int, accumulation: int, epochs: float) -> int:
    """Optimizer steps of `epochs` epochs of so many batches; what is left over at an epoch's end makes a step, too."""
    per_epoch = max(1, -(-batches // accumulation))
    return math.ceil(epochs * per_epoch)


def _trainer_class(*, by_length: bool) -> type[Trainer]:
    from transformers import Trainer

    from nbtrain.training.length_batching import ByLengthTrainer

    return ByLengthTrainer if by_length else Trainer


def _check_checkpoint(path: str | None) -> None:
    """Raises ConfigError where there is no checkpoint at `path`: the Trainer would say so only when it begins."""
    if path is None or (Path(path) / "trainer_state.json").is_file():
        return
    message = f'`resume_from_checkpoint = "{path}"`: there is no checkpoint in this folder.'
    raise ConfigError([Problem(message, "resume_from_checkpoint", fix="Name a `checkpoint-...` folder of a run.")])


def _for_one_kernel(arguments: TrainingArguments, config: Config) -> TrainingArguments:
    """A kernel's run has one device: several GPUs would be wrapped in `nn.DataParallel`, and multiply the batch,
    unasked.
    """
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1
    if "dataloader_pin_memory" not in config and arguments.device.type == "cpu":  # nothing is copied to a device
        arguments.dataloader_pin_memory = False
    return arguments


def _compute_metrics(config: Config, spec: TaskSpec) -> Any:
    from nbtrain.tasks import metrics

    if config["compute_metrics"] is not None:
        if not callable(config["compute_metrics"]):
            raise ConfigError([Problem("`compute_metrics` is no function.", "compute_metrics")])
        return config["compute_metrics"]
    names = config["metrics"]
    compute_metrics = metrics.build([names] if isinstance(names, str) else names, spec)
    setattr(compute_metrics, READS_LOGITS, True)
    return compute_metrics


def _callbacks(config: Config) -> list[Any]:
    from transformers import EarlyStoppingCallback

    given = config["callbacks"] or []
    callbacks = list(given) if isinstance(given, (list, tuple)) else [given]
    if config["early_stopping_patience"] is not None:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=config["early_stopping_patience"]))
    return callbacks


def _silence(trainer: Trainer) -> None:
    """Without bars the Trainer would print each log instead; nbtrain's views show it."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)


def _in_toml(text: str) -> str:
    """A message of `TrainingArguments` in the words of a configuration: `--eval_steps` is `eval_steps` here."""
    return " ".join(text.replace("--", "").split())
