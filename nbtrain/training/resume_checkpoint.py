"""Restart: the checkpoint that a run begins with which goes on with another one.

It lies in the new run's own directory, so that this is complete in itself: its files are hard links to those of the
other run, and take no room. What the user changed is changed in it; for a checkpoint restores the learning rate of old
with the optimizer and the schedule, and the Trainer by itself would go on with that. From here on it is a plain
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
from nbtrain.events.run_dir import atomic_write
from nbtrain.training.checkpoints import LAST_FILE, START

if TYPE_CHECKING:
    from transformers import Trainer

    from nbtrain.config import Config

OPTIMIZER, SCHEDULER = "optimizer.pt", "scheduler.pt"

SCHEDULE = ("num_train_epochs", "max_steps", "warmup_steps", "warmup_ratio", "lr_scheduler_kwargs")
"""Keys that give the schedule another shape. Those that say how many examples a step has do, too."""


def place(checkpoint: Path, directory: Path, steps: int) -> list[Path]:
    """Bring `checkpoint` of another run to run directory `directory`, and the best one until then.

    Args:
        checkpoint: Its folder.
        directory: Of the new run.
        steps: Steps done there, as the new run counts them.

    Returns:
        The folder that training is to begin with, and that of the best checkpoint, if there is one.
    """
    target = directory / START / f"checkpoint-{steps}"
    _link(checkpoint, target)
    state = json.loads((target / LAST_FILE).read_text(encoding="utf-8"))
    done, best_step = state["global_step"], state.get("best_global_step")
    placed = [target]
    changes: dict[str, Any] = {}
    if steps != done:
        changes["global_step"] = steps
        if best_step is not None:
            changes["best_global_step"] = best_step = best_step * steps // done
    best = state.get("best_model_checkpoint")
    if best is not None and best_step is not None:
        places = (Path(best), checkpoint.with_name(Path(best).name), checkpoint.parent.parent / Path(best).name)
        source = checkpoint if best_step == steps else next((one for one in places if one.is_dir()), None)
        if source is not None:
            _link(source, directory / f"checkpoint-{best_step}")
            placed.append(directory / f"checkpoint-{best_step}")
            changes["best_model_checkpoint"] = str(directory / f"checkpoint-{best_step}")
    if changes:
        text = json.dumps({**state, **changes}, indent=2, sort_keys=True) + "\n"
        with atomic_write(target / LAST_FILE) as path:  # what it is linked to stays as it is
            path.write_text(text, encoding="utf-8")
    return placed


def renew(folder: Path, trainer: Trainer, config: Config, changed: Collection[str], *, recounted: bool) -> None:
    """Put the keys that were given for the new run in force, in the optimizer and the schedule of its first checkpoint.

    Args:
        folder: The checkpoint.
        trainer: The Trainer of the new run.
        config: Its configuration.
        changed: The keys that were given for it.
        recounted: Whether its steps are counted anew, since they have another number of examples.
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
    """Give the callbacks what they had counted, such as the patience of an early stopping."""
    from transformers.trainer_callback import ExportableState

    states = json.loads((folder / LAST_FILE).read_text(encoding="utf-8")).get("stateful_callbacks", {})
    for callback in trainer.callback_handler.callbacks:
        state = states.get(type(callback).__name__)
        if isinstance(callback, ExportableState) and isinstance(state, dict):
            for name, value in state.get("attributes", {}).items():
                setattr(callback, name, value)


def end_epoch_first(trainer: Trainer) -> None:
    """Have training begin with what comes at the end of an epoch: its checkpoint was saved just before that.

    It must come after the random numbers were restored, and before the next epoch takes some; there is no callback.
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
    """The rates of the next step are those that the new schedule has there; the old ones came from the old schedule.

    Args:
        trainer: The Trainer of the new run.
        groups: The optimizer's parameter groups.
        scheduler: State of the schedule.
        steps: Steps done, where they are counted anew.
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


def _link(source: Path, target: Path) -> None:
    """`source` and what is in it, once more at `target`: by links where the file system can, else copied."""
    if target.is_dir():
        return
    for path in source.rglob("*"):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(path, place)
            except OSError:
                shutil.copy2(path, place)
