"""What can be known before training is said before training: checks of what transformers would refuse much later."""

from __future__ import annotations

import functools
import inspect
import re
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.config.toml.writing import toml_value
from nbtrain.data.feature_types import plural
from nbtrain.errors import ConfigError, Problem, did_you_mean
from nbtrain.tasks import metrics
from nbtrain.training import user_metrics

if TYPE_CHECKING:
    from transformers import Trainer, TrainingArguments

    from nbtrain.config import Config
    from nbtrain.events import TaskSpec

LOSS_KEYS = ("class_weights", "compute_loss_func")

ERRORS = (ImportError, ValueError, TypeError, RuntimeError)
"""What transformers raises for a value that it does not take."""

STEPS = 1_000_000
"""Length of the schedule that is made to check its arguments."""


def check_objects(config: Config) -> None:
    """Check the user's functions and classes, before any data is read.

    Raises:
        ConfigError: One of them has the wrong type.
    """
    if config["compute_metrics"] is not None:
        user_metrics.checked(config["compute_metrics"])
    for key in ("data_collator", "compute_loss_func"):
        if config[key] is not None and not callable(config[key]):
            raise _problem(key, f"`{key}` must be a function, got {_named(config[key])}.")
    if config["trainer_class"] is not None:
        _check_trainer_class(config["trainer_class"], [key for key in LOSS_KEYS if config[key] is not None])
    _check_callbacks(config["callbacks"])


def check_packages(arguments: TrainingArguments) -> None:
    """Check that the packages of the trackers in `report_to`, and of Liger's kernels, are installed.

    Raises:
        ConfigError: One is not, or is unknown.
    """
    from transformers.integrations.integration_utils import (
        INTEGRATION_TO_CALLBACK,
        get_reporting_integration_callbacks,
    )
    from transformers.utils import is_liger_kernel_available

    if arguments.use_liger_kernel and not is_liger_kernel_available():
        message = "`use_liger_kernel` needs the package liger-kernel, which is not installed."
        raise _problem("use_liger_kernel", message, "Run `pip install liger-kernel`.")
    for name in arguments.report_to:
        if name not in INTEGRATION_TO_CALLBACK:
            fix = did_you_mean(name, INTEGRATION_TO_CALLBACK, f"Allowed: {', '.join(INTEGRATION_TO_CALLBACK)}.")
            raise _problem("report_to", f'`report_to`: transformers cannot report to "{name}".', fix)
        try:
            for callback in get_reporting_integration_callbacks([name]):
                callback()
        except (ImportError, RuntimeError) as error:
            message = f'`report_to = "{name}"`: {_said(error)}'
            raise _problem("report_to", message, 'Write report_to = "none" to train without it.') from None


def check_trainer(config: Config, spec: TaskSpec, trainer: Trainer) -> None:
    """Check the parts that the Trainer makes when training starts, or at the first evaluation.

    Raises:
        ConfigError: It would fail.
    """
    _check_kind(spec, trainer)
    _check_batches(trainer)
    _check_order(spec, trainer)
    _check_optimizer(config, trainer)
    _check_schedule(config, trainer)
    _check_best_metric(config, spec, trainer)


def _check_kind(spec: TaskSpec, trainer: Trainer) -> None:
    """The task may need more than the plain Trainer."""
    import transformers

    task = tasks.get(spec.task)
    kind = getattr(transformers, task.trainer)
    if not isinstance(trainer, kind):
        message = f'`trainer_class` must be a subclass of {task.trainer} for task = "{task.name}".'
        raise _problem("trainer_class", message, f"Derive it from transformers.{task.trainer}.")


def _check_trainer_class(given: Any, loss_keys: list[str]) -> None:
    from transformers import Trainer

    maker = given.func if isinstance(given, functools.partial) else given
    if isinstance(maker, Trainer):
        fix = "To train this one, call nbtrain.watch(trainer), then trainer.train()."
        raise _problem("trainer_class", "`trainer_class` must be a class, got a Trainer that is already made.", fix)
    if not callable(maker) or (isinstance(maker, type) and not issubclass(maker, Trainer)):
        message = f"`trainer_class` must be a subclass of `transformers.Trainer`, got {_named(maker)}."
        raise _problem("trainer_class", message)
    if loss_keys and getattr(maker, "compute_loss", Trainer.compute_loss) is not Trainer.compute_loss:
        message = f"`{loss_keys[0]}` has no effect: `{maker.__name__}.compute_loss` computes the loss."
        raise _problem(loss_keys[0], message, f"Remove `{loss_keys[0]}`, or the method `compute_loss`.")


def make_trainer(maker: Any, arguments: dict[str, Any]) -> Trainer:
    """Call `maker`, the user's class or function, with the arguments of a Trainer.

    Raises:
        ConfigError: It needs other arguments, or makes no Trainer.
    """
    from transformers import Trainer

    whole = maker if isinstance(maker, functools.partial) else functools.partial(maker)
    name = getattr(whole.func, "__name__", "it")
    try:
        inspect.signature(whole.func).bind(*whole.args, **{**whole.keywords, **arguments})
    except TypeError as error:
        said = str(error).replace("'", "`")
        if "missing" in said:
            argument = said.rpartition(": ")[2].strip("`")
            message = f"`trainer_class`: `{name}` needs the argument `{argument}`, which is not one of a Trainer."
            fix = f'Assign make = functools.partial({name}, {argument}=...), and write trainer_class = "$make".'
        elif "multiple values" in said:
            message = f"`trainer_class`: `{name}` {said}."
            fix = f"Give arguments by name: functools.partial({name}, name=...)."
        else:
            message = f"`trainer_class`: `{name}` {said}."
            fix = "Let `__init__` take `*args, **kwargs`, and give them to `super().__init__`."
        raise _problem("trainer_class", message, fix) from None
    trainer = maker(**arguments)
    if not isinstance(trainer, Trainer):
        raise _problem("trainer_class", f"`trainer_class`: `{name}` must give a Trainer, got {_named(trainer)}.")
    return trainer


def _check_callbacks(given: Any) -> None:
    from transformers import TrainerCallback

    for callback in given if isinstance(given, (list, tuple)) else [given]:
        is_class = isinstance(callback, type) and issubclass(callback, TrainerCallback)
        if callback is not None and not is_class and not isinstance(callback, TrainerCallback):
            message = f"`callbacks`: expected a `transformers.TrainerCallback`, got {_named(callback)}."
            fix = "Write a class: class MyCallback(TrainerCallback), with methods such as on_step_end."
            raise _problem("callbacks", message, fix)


def _check_batches(trainer: Trainer) -> None:
    """With `dataloader_drop_last`, there may be no batch to train on."""
    rows, size = len(trainer.train_dataset), trainer.args.train_batch_size
    if trainer.args.dataloader_drop_last and rows < size:
        message = (
            f"`dataloader_drop_last` drops the only batch: there are {plural(rows, 'training example')}, "
            f"`per_device_train_batch_size` is {size}."
        )
        fix = f"Write per_device_train_batch_size = {rows} or less."
        raise _problem("dataloader_drop_last", message, fix)


def _check_order(spec: TaskSpec, trainer: Trainer) -> None:
    """The Trainer's own batches by length give the outputs of an evaluation in another order."""
    if tasks.get(spec.task).needs_order and trainer.args.train_sampling_strategy == "group_by_length":
        key = "train_sampling_strategy"
        message = f'`{key} = "group_by_length"` mixes the rows of evaluations, and the metrics need their order.'
        raise _problem(key, message, 'Remove it: speed = "auto" makes batches of similar length, and keeps the order.')


def _check_optimizer(config: Config, trainer: Trainer) -> None:
    """Find the optimizer as the Trainer will, unless it makes its own."""
    from transformers import Trainer

    if type(trainer).create_optimizer is not Trainer.create_optimizer or trainer.optimizer is not None:
        return
    try:
        trainer.get_optimizer_cls_and_kwargs(trainer.args, trainer.model)
    except ERRORS as error:
        if isinstance(error, ValueError) and "optim_args" in config:
            message = f'`optim_args = "{config["optim_args"]}"` cannot be read: {_said(error)}.'
            raise _problem("optim_args", message, 'It has the form optim_args = "name=value, name=value".') from None
        message = f'`optim = "{config["optim"]}"`: {_said(error)}'
        raise _problem("optim", message, "Without this key, AdamW is used.") from None


def _check_schedule(config: Config, trainer: Trainer) -> None:
    """Make a schedule as the Trainer will, unless it makes its own."""
    import torch
    from transformers import Trainer, get_scheduler

    if type(trainer).create_scheduler is not Trainer.create_scheduler or trainer.lr_scheduler is not None:
        return
    arguments = trainer.args
    try:
        get_scheduler(
            arguments.lr_scheduler_type,
            optimizer=torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0),
            num_warmup_steps=arguments.get_warmup_steps(STEPS),
            num_training_steps=STEPS,
            scheduler_specific_kwargs=arguments.lr_scheduler_kwargs,
        )
    except ERRORS as error:
        key = "lr_scheduler_kwargs" if "lr_scheduler_kwargs" in config else "lr_scheduler_type"
        message = f'`lr_scheduler_type = "{config["lr_scheduler_type"]}"`: {_said(error)}'
        missing = re.search(r"missing .*argument.*: '(\w+)'", str(error))
        fix = 'The simplest is: lr_scheduler_type = "linear".'
        if missing is not None:
            fix = f"Add lr_scheduler_kwargs = {{{missing[1]} = 100}}, for example."
        raise _problem(key, message, fix) from None


def _check_best_metric(config: Config, spec: TaskSpec, trainer: Trainer) -> None:
    """Each evaluation must have `metric_for_best_model`; the names are known unless the user computes metrics."""
    wanted = trainer.args.metric_for_best_model
    if wanted is None or config["compute_metrics"] is not None or trainer.eval_dataset is None:
        return
    named = config["metrics"]
    names = [named] if isinstance(named, str) else named or tasks.get(spec.task).default_metrics(spec)
    parts = [metrics.result_names(name, spec) for name in names]
    if None in parts:
        return  # the results of a metric of `evaluate` are known only when it is computed
    known = ["loss", *(result for part in parts for result in part or ()), "runtime", "samples_per_second"]
    if wanted.removeprefix("eval_") not in known:
        message = f'`metric_for_best_model = "{wanted}"`: the evaluations of this run have no such metric.'
        fix = did_you_mean(wanted, known, f"They have: {', '.join(known[:-2])}.")
        if metrics.results_of(wanted) is not None:
            fix = f"Write metrics = {toml_value([*names, wanted])}."
        raise _problem("metric_for_best_model", message, fix)


def _said(error: Exception) -> str:
    return " ".join(str(error).split())


def _named(value: Any) -> str:
    return f"the class {value.__name__}" if isinstance(value, type) else f"an object of type {type(value).__name__}"


def _problem(key: str, message: str, fix: str | None = None) -> ConfigError:
    return ConfigError([Problem(message, key, fix=fix)])
