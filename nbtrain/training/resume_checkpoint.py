"""Prepare the checkpoint from which a run continues another one.

The checkpoint is in the new run's own directory, so that the directory is self-contained; its files are hard links to
those of the other run and take no space. Changed keys are applied to the checkpoint itself: it contains the old
learning rate, in the states of optimizer and scheduler, and the Trainer would restore it. From here on it is a plain
`trainer.train(resume_from_checkpoint=...)`.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from nbtrain.engine.hyperparameters import scale_learning_rate, set_weight_decay
from nbtrain.engine.patching import InstancePatches
from nbtrain.events import disk
from nbtrain.events.run_dir import atomic_write
from nbtrain.training.checkpoints import LAST_FILE

if TYPE_CHECKING:
    from transformers import Trainer

    from nbtrain.config import Config

OPTIMIZER, SCHEDULER = "optimizer.pt", "scheduler.pt"

SCHEDULE = ("num_train_epochs", "max_steps", "warmup_steps", "warmup_ratio", "lr_scheduler_kwargs")
"""Keys that change the shape of the schedule, as do those that determine how many examples a step has."""


def link_checkpoint(checkpoint: Path, directory: Path, steps: int) -> list[Path]:
    """Link a checkpoint of another run, and that run's best checkpoint, into a run directory.

    Args:
        checkpoint: Folder of the checkpoint.
        directory: Directory of the new run.
        steps: Steps done at the checkpoint, as the new run counts them.

    Returns:
        The folder to resume from, and that of the best checkpoint, if there is one.
    """
    target = directory / disk.START / f"checkpoint-{steps}"
    _link_tree(checkpoint, target)
    state = json.loads((target / LAST_FILE).read_text(encoding="utf-8"))
    done, best_step = state["global_step"], state.get("best_global_step")
    linked = [target]
    changes: dict[str, Any] = {}
    if steps != done:
        changes["global_step"] = steps
        if best_step is not None:
            changes["best_global_step"] = best_step = best_step * steps // done
    best = state.get("best_model_checkpoint")
    if best is not None and best_step is not None:
        candidates = (Path(best), checkpoint.with_name(Path(best).name), checkpoint.parent.parent / Path(best).name)
        source = checkpoint if best_step == steps else next((one for one in candidates if one.is_dir()), None)
        if source is not None:
            _link_tree(source, directory / f"checkpoint-{best_step}")
            linked.append(directory / f"checkpoint-{best_step}")
            changes["best_model_checkpoint"] = str(directory / f"checkpoint-{best_step}")
    if changes:
        text = json.dumps({**state, **changes}, indent=2, sort_keys=True) + "\n"
        with atomic_write(target / LAST_FILE) as path:  # a new file: the linked original must not change
            path.write_text(text, encoding="utf-8")
    return linked


def apply_overrides(
    folder: Path, trainer: Trainer, config: Config, changed: Collection[str], *, recounted: bool
) -> None:
    """Rewrite `optimizer.pt` and `scheduler.pt` with the changed hyper-parameters.

    Args:
        folder: The checkpoint.
        trainer: The Trainer of the new run.
        config: Its configuration.
        changed: The keys that were changed for it.
        recounted: Whether the steps are numbered differently, because the batch size has changed.
    """
    import torch

    files = folder / OPTIMIZER, folder / SCHEDULER
    reshaped = recounted or bool(set(changed) & set(SCHEDULE))
    in_optimizer = {"learning_rate", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon"} & set(changed)
    if not (reshaped or in_optimizer) or not all(file.is_file() for file in files):
        return
    optimizer, scheduler = (torch.load(file, map_location="cpu", weights_only=True) for file in files)
    groups = optimizer["param_groups"]
    if "learning_rate" in changed and (peak := groups[0].get("initial_lr") or groups[0]["lr"]):
        schedule = SimpleNamespace(**scheduler)
        scale_learning_rate(SimpleNamespace(param_groups=groups), schedule, config["learning_rate"] / peak)
        scheduler = vars(schedule)
    if "weight_decay" in changed:
        set_weight_decay(SimpleNamespace(param_groups=groups), config["weight_decay"])
    for group in groups:
        if "betas" in group and in_optimizer & {"adam_beta1", "adam_beta2"}:
            group["betas"] = (trainer.args.adam_beta1, trainer.args.adam_beta2)
        if "eps" in group and "adam_epsilon" in changed:
            group["eps"] = trainer.args.adam_epsilon
    if reshaped:
        steps = int(folder.name.rpartition("-")[2])
        _join_schedule(trainer, groups, scheduler, steps if recounted else None)
    for file, state in zip(files, (optimizer, scheduler), strict=True):
        with atomic_write(file) as path:
            torch.save(state, path)


def restore_callbacks(folder: Path, trainer: Trainer) -> None:
    """Restore the state of the callbacks, such as the patience counter of early stopping."""
    from transformers.trainer_callback import ExportableState

    states = json.loads((folder / LAST_FILE).read_text(encoding="utf-8")).get("stateful_callbacks", {})
    for callback in trainer.callback_handler.callbacks:
        state = states.get(type(callback).__name__)
        if isinstance(callback, ExportableState) and isinstance(state, dict):
            for name, value in state.get("attributes", {}).items():
                setattr(callback, name, value)


def end_epoch_first(trainer: Trainer) -> None:
    """Make training start with the end of an epoch (evaluation, callbacks): the checkpoint was saved just before it.

    This must happen after the random number generators are restored, and before the next epoch uses them. No callback
    is called there, so the method that restores them is patched.
    """
    patches = InstancePatches()

    def load(original: Callable[..., Any], *args: Any) -> None:
        patches.restore()
        original(*args)
        handler, state = trainer.callback_handler, trainer.state
        trainer.control = handler.on_epoch_end(trainer.args, state, trainer.control)
        if trainer.control.should_evaluate:
            metrics = trainer._evaluate(trial=None, ignore_keys_for_eval=None)
            trainer._determine_best_metric(metrics=metrics, trial=None)

    patches.patch(trainer, "_load_rng_state", load)


def _join_schedule(trainer: Trainer, groups: list[Any], scheduler: dict[str, Any], steps: int | None) -> None:
    """Set the learning rates of the next step to those of the new schedule.

    Args:
        trainer: The Trainer of the new run.
        groups: The optimizer's parameter groups; changed in place.
        scheduler: State of the scheduler; changed in place.
        steps: Steps done, if they are numbered differently; else None.
    """
    import torch
    from transformers import Trainer, get_scheduler

    from nbtrain.training.trainer import steps_of

    if type(trainer).create_scheduler is not Trainer.create_scheduler or "initial_lr" not in groups[0]:
        return
    total, arguments = steps_of(trainer), trainer.args
    parameters = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": group["initial_lr"]} for group in groups]
    schedule = get_scheduler(
        arguments.lr_scheduler_type,
        optimizer=torch.optim.SGD(parameters),
        num_warmup_steps=arguments.get_warmup_steps(total),
        num_training_steps=total,
        scheduler_specific_kwargs=arguments.lr_scheduler_kwargs,
    )
    shapes = getattr(schedule, "lr_lambdas", None)
    if shapes is None:
        return
    if steps is not None:
        scheduler["last_epoch"], scheduler["_step_count"] = steps, steps + 1
    for group, shape in zip(groups, shapes, strict=True):
        group["lr"] = group["initial_lr"] * shape(scheduler["last_epoch"])
    scheduler["_last_lr"] = [group["lr"] for group in groups]


def _link_tree(source: Path, target: Path) -> None:
    """Copy folder `source` to `target`: by hard links if the file system supports them."""
    if target.is_dir():
        return
    for path in source.rglob("*"):
        if path.is_file():
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, copy)
            except OSError:
                shutil.copy2(path, copy)
