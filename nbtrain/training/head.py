"""Whether the head of a model object fits the task: if not, training fails in its first step, or gives nonsense."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.feature_types import enumerate_names, plural
from nbtrain.engine.untouched import preserve_training_state
from nbtrain.errors import ConfigError, Problem

if TYPE_CHECKING:
    from transformers import Trainer

    from nbtrain.config import Config
    from nbtrain.events import TaskSpec
    from nbtrain.tasks.base import Task

OWN_LOSS = ("trainer_class", "compute_loss_func")
"""Keys with the user's own code for the loss."""


def check_model(config: Config, spec: TaskSpec) -> None:
    """Check that a model object has a head at all.

    Raises:
        ConfigError: It has none, and the user's code computes no loss.
    """
    model = config["model"]
    if not _computes_loss(config) and _has_no_head(model):
        raise _no_head(model, spec)


def check_head(config: Config, spec: TaskSpec, trainer: Trainer) -> None:
    """Check that a model object gives the outputs that the task needs. To be certain, it is called with the first
    training example.

    Raises:
        ConfigError: It has other outputs, or computes another loss.
    """
    model, task = config["model"], tasks.get(spec.task)
    if isinstance(model, str) or _computes_loss(config) or not task.has_labels:
        return
    if _takes_other_labels(model, trainer):
        raise _no_head(model, spec)
    logits, wanted = _logits(trainer), task.num_outputs(spec)
    if logits is None or not wanted:
        return
    if len(logits) != len(task.output_shape):
        raise _no_head(model, spec)
    if logits[-1] != wanted:
        needs = f"the task needs {plural(wanted, 'output')}"
        if spec.labels:
            needs = f"the data has {len(spec.labels)} classes: {enumerate_names(spec.label_names)}"
        message = f"`model` has a head with {plural(logits[-1], 'output')}, but {needs}."
        raise ConfigError([Problem(message, "model", fix=_fix(model, task, wanted))])
    expected = task.model_options(spec).get("problem_type")
    loss = getattr(getattr(model, "config", None), "problem_type", None)
    if loss is not None and expected is not None and loss != expected:
        message = f'`model` computes the loss of another task: its `config.problem_type` is "{loss}".'
        fix = f'Set it before training: model.config.problem_type = "{expected}"'
        raise ConfigError([Problem(message, "model", fix=fix)])


def _computes_loss(config: Config) -> bool:
    """Whether the user's code may compute the loss, from any outputs."""
    return any(config[key] is not None for key in OWN_LOSS)


def _no_head(model: Any, spec: TaskSpec) -> ConfigError:
    task = tasks.get(spec.task)
    message = f"`model` is a {type(model).__name__}: it has no head for {task.words}."
    return ConfigError([Problem(message, "model", fix=_fix(model, task, task.num_outputs(spec)))])


def _logits(trainer: Trainer) -> tuple[int, ...] | None:
    """The shape of the model's logits for one example; None if it does not tell, as a module of the user's own may."""
    import torch

    model = trainer.model
    try:
        takes = inspect.signature(model.forward).parameters
        open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in takes.values())
        dropped = _dropped_columns(trainer) if open_ended else ()
        row = {
            name: value
            for name, value in trainer.train_dataset[0].items()
            if name not in dropped and (open_ended or name in takes)
        }
        with preserve_training_state(trainer), torch.no_grad():
            batch = trainer.data_collator([row])
            inputs = {name: value.to(trainer.args.device) for name, value in batch.items() if name != "labels"}
            model.eval()
            output = model(**inputs)
    except Exception:  # the user's own code, which may need more than the inputs; training will tell
        return None
    if isinstance(output, Mapping):
        output = output.get("logits")
    elif isinstance(output, tuple) and type(model).__module__.startswith("transformers."):
        output = output[0]
    return tuple(output.shape) if torch.is_tensor(output) else None


def _dropped_columns(trainer: Trainer) -> set[str]:
    """The columns that the Trainer does not give to the model."""
    if not trainer.args.remove_unused_columns:
        return set()
    kept = trainer._remove_unused_columns(trainer.train_dataset).column_names
    return {*trainer.train_dataset.column_names} - {*kept}


def _has_no_head(model: Any) -> bool:
    """Whether it is a model of transformers that computes no loss."""
    from transformers import PreTrainedModel
    from transformers.utils import find_labels

    return isinstance(model, PreTrainedModel) and not find_labels(type(model))


def _takes_other_labels(model: Any, trainer: Trainer) -> bool:
    """Whether it is a model of transformers whose loss needs other labels than the rows have."""
    from transformers import PreTrainedModel
    from transformers.utils import find_labels

    columns = getattr(trainer.train_dataset, "column_names", None)
    if not isinstance(model, PreTrainedModel) or not columns:
        return False
    known = {*find_labels(type(model))}
    return bool(known) and not known & {*columns}


def _fix(model: Any, task: Task, outputs: int) -> str:
    if not any(base.__module__.startswith(("transformers.", "peft.")) for base in type(model).__mro__):
        return f"Give its last layer {plural(outputs, 'output')}."
    source = getattr(model, "name_or_path", "") or "..."
    return (
        f'Load it with model = {task.auto_model}.from_pretrained("{source}", num_labels={outputs}, '
        "ignore_mismatched_sizes=True)."
    )
