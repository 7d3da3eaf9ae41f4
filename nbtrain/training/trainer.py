"""Build the Trainer of a configuration: that of transformers, with its own arguments."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.config.schema import schema
from nbtrain.engine.outputs import READS_LOGITS
from nbtrain.errors import ConfigError, Problem
from nbtrain.training import user_metrics
from nbtrain.training.checks import make_trainer

if TYPE_CHECKING:
    from transformers import PreTrainedModel, Trainer, TrainingArguments

    from nbtrain.config import Config
    from nbtrain.events import TaskSpec
    from nbtrain.preprocessing.types import Encoded
    from nbtrain.tasks.base import EvaluationData, Task
    from nbtrain.training.speed import Choices


def build_arguments(
    config: Config, output_dir: Path, chosen: Mapping[str, Any] | None = None, task: Task | None = None
) -> TrainingArguments:
    """The `TrainingArguments` of a configuration.

    Args:
        config: The configuration.
        output_dir: The run directory.
        chosen: Fields that nbtrain chose for the user.
        task: The task; None if it is not known yet, and then fields that only its arguments have are left out.

    Raises:
        ConfigError: `TrainingArguments` rejects a value, or a combination of values.
    """
    import transformers

    _check_checkpoint(config["resume_from_checkpoint"])
    values = {**config.training_arguments(), **(chosen or {}), "output_dir": str(output_dir)}
    if task is None:
        values = {name: value for name, value in values.items() if not schema()[name].tasks}
    else:
        values = {**task.argument_defaults, **values}
    if task is not None and task.on_demand:  # inputs are made from columns that the model does not take
        values["remove_unused_columns"] = False
    kind = getattr(transformers, "TrainingArguments" if task is None else task.arguments)
    try:
        arguments = kind(**values)
    except (ValueError, TypeError, ImportError, NotImplementedError, RuntimeError, OSError) as error:
        raise _rejected(f"`{kind.__name__}`", error, config) from error
    return _for_one_kernel(arguments, config)


def build_trainer(
    config: Config,
    encoded: Encoded,
    model: PreTrainedModel,
    evaluated: EvaluationData,
    arguments: TrainingArguments,
    *,
    by_length: bool = False,
) -> Trainer:
    """The Trainer that a configuration describes, ready to train; with `by_length`, in batches of similar length.

    `evaluated` has the processor, and what is evaluated.

    Raises:
        ConfigError: The user's Trainer class needs other arguments, or the Trainer rejects a value.
    """
    task = tasks.get(encoded.spec.task)
    collator = config["data_collator"]
    options = {
        "model": model,
        "args": arguments,
        "train_dataset": encoded.splits["train"],
        "eval_dataset": encoded.splits["validation"],
        "processing_class": evaluated.processor,
        "data_collator": task.collator(evaluated.processor, model) if collator is None else collator,
        "compute_metrics": _compute_metrics(config, encoded.spec, evaluated),
        "callbacks": _callbacks(config),
    }
    reduce = task.reduce(encoded.spec)
    if reduce is not None and config["compute_metrics"] is None:
        options["preprocess_logits_for_metrics"] = reduce
    if (loss := _compute_loss_func(config, encoded.spec)) is not None:
        options["compute_loss_func"] = loss
    if config["trainer_class"] is not None:
        trainer = make_trainer(config["trainer_class"], options)
    else:
        try:
            trainer = _trainer_class(task, by_length=by_length)(**options)
        except (ValueError, ImportError, RuntimeError, OSError) as error:
            if "out of memory" in str(error).lower():
                raise
            raise _rejected("the Trainer", error, config) from error
    _silence(trainer)
    return trainer


def build_predictor(
    model: PreTrainedModel, processor: Any, config: Config, output_dir: Path, choices: Choices, task: Task | None
) -> Trainer:
    """A Trainer for prediction only, with the saved weights of a run. `task` is None if it is not known."""
    import transformers

    used = {"per_device_eval_batch_size", "use_cpu", "seed"}
    if task is not None:
        used |= {name for name, field in schema().items() if task.name in field.tasks and not field.own}
    defaults = {} if task is None else task.argument_defaults
    kind = transformers.TrainingArguments if task is None else getattr(transformers, task.arguments)
    arguments = kind(
        output_dir=str(output_dir),
        disable_tqdm=True,
        report_to="none",
        remove_unused_columns=task is None or not task.on_demand,
        **{**defaults, **choices.arguments, **{key: config[key] for key in used if key in config}},
    )
    trainer = _trainer_class(task, by_length=choices.by_length)(
        model=model,
        args=_for_one_kernel(arguments, config),
        processing_class=processor,
        data_collator=None if task is None else task.collator(processor, model),
    )
    _silence(trainer)
    return trainer


def free_optimizer(trainer: Trainer) -> None:
    """Free the memory of optimizer and gradients; weights and Trainer stay usable."""
    trainer.model.zero_grad(set_to_none=True)
    trainer.optimizer = None
    trainer.lr_scheduler = None
    trainer.callback_handler.optimizer = None
    trainer.callback_handler.lr_scheduler = None
    trainer.accelerator.free_memory()
    trainer.model_wrapped = trainer.model


def steps_of(trainer: Trainer) -> int:
    """Number of optimizer steps that `train()` will take."""
    arguments = trainer.args
    if arguments.max_steps > 0:
        return int(arguments.max_steps)
    batches = len(trainer.get_train_dataloader())
    return count_steps(batches, arguments.gradient_accumulation_steps, arguments.num_train_epochs)


def count_steps(batches: int, accumulation: int, epochs: float) -> int:
    """Number of optimizer steps in `epochs` epochs; an incomplete step at the end of an epoch counts, too."""
    per_epoch = max(1, -(-batches // accumulation))
    return math.ceil(epochs * per_epoch)


def _trainer_class(task: Task | None, *, by_length: bool) -> type[Trainer]:
    """The class that trains. Batches of similar length are for the plain Trainer only."""
    import transformers

    from nbtrain.training.length_batching import ByLengthTrainer

    kind: type[Trainer] = transformers.Trainer if task is None else getattr(transformers, task.trainer)
    return ByLengthTrainer if by_length and kind is transformers.Trainer else kind


def _check_checkpoint(path: str | None) -> None:
    """Check that there is a checkpoint at `path`: the Trainer would fail only when training starts.

    Raises:
        ConfigError: There is none.
    """
    if path is None or (Path(path) / "trainer_state.json").is_file():
        return
    message = f'`resume_from_checkpoint = "{path}"`: this folder contains no checkpoint.'
    raise ConfigError([Problem(message, "resume_from_checkpoint", fix="Write the path of a `checkpoint-...` folder.")])


def _for_one_kernel(arguments: TrainingArguments, config: Config) -> TrainingArguments:
    """Use one device: with several GPUs the Trainer would use `nn.DataParallel` and multiply the batch size."""
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1
    if "dataloader_pin_memory" not in config and arguments.device.type == "cpu":  # pinning is useless without a GPU
        arguments.dataloader_pin_memory = False
    return arguments


def _compute_metrics(config: Config, spec: TaskSpec, evaluated: EvaluationData) -> Any:
    from nbtrain.tasks import metrics

    if config["compute_metrics"] is not None:
        return user_metrics.checked(config["compute_metrics"])
    names = config["metrics"]
    compute_metrics = metrics.build([names] if isinstance(names, str) else names, spec, evaluated)
    setattr(compute_metrics, READS_LOGITS, True)
    return compute_metrics


def _compute_loss_func(config: Config, spec: TaskSpec) -> Any:
    if "class_weights" not in spec.options:
        return config["compute_loss_func"]
    from nbtrain.training import weighted_loss

    weights = spec.options["class_weights"]
    loss = getattr(weighted_loss, tasks.get(spec.task).weighted_loss)
    smoothing = [config["label_smoothing_factor"]] if loss is weighted_loss.WeightedLoss else []
    return loss(weights, *smoothing)


def _callbacks(config: Config) -> list[Any]:
    from transformers import EarlyStoppingCallback

    given = config["callbacks"] or []
    callbacks = list(given) if isinstance(given, (list, tuple)) else [given]
    if config["early_stopping_patience"] is not None:
        callbacks.append(EarlyStoppingCallback(early_stopping_patience=config["early_stopping_patience"]))
    return callbacks


def _silence(trainer: Trainer) -> None:
    """Remove the callback that prints each log when progress bars are disabled; nbtrain's views show the logs."""
    from transformers import PrinterCallback

    trainer.remove_callback(PrinterCallback)


def _rejected(by: str, error: Exception, config: Config) -> ConfigError:
    """The problem of a value that transformers rejects, with the first given key that it names."""
    said = _in_toml(str(error))
    key = next((name for name in config.given if re.search(rf"\b{name}\b", said)), None)
    return ConfigError([Problem(f"Rejected by {by}: {said}", key)])


def _in_toml(text: str) -> str:
    """A message of `TrainingArguments` with the keys of a configuration: `--eval_steps` becomes `eval_steps`."""
    return " ".join(text.replace("--", "").split())
