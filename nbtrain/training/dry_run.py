"""Dry run: check everything, train nothing."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain import format, tasks
from nbtrain.events.recorder import Recorder
from nbtrain.training.checkpoints import check_disk_space
from nbtrain.training.prepare import prepare
from nbtrain.training.trainer import steps_of

if TYPE_CHECKING:
    from nbtrain.config import Config
    from nbtrain.training.resume import ResumePoint


def dry_run_report(config: Config, origin: ResumePoint | None = None) -> str:
    """Check everything that a run of `config` needs, and describe what it would do.

    Args:
        config: The complete configuration, also if the run continues another one.
        origin: The checkpoint of another run to continue from.

    Raises:
        NbTrainError: The run would fail.
    """
    with tempfile.TemporaryDirectory() as folder:
        with config.locating():
            plan = prepare(config, Path(folder), Recorder("dry-run"))
        if origin is not None:
            origin.check_data(plan.prepared)
            origin.check_steps(config, steps_of(plan.trainer))
        check_disk_space(plan.trainer, _nearest_folder(Path(config["output_dir"] or ".").expanduser()))
        arguments, prepared, spec = plan.trainer.args, plan.prepared, plan.prepared.spec
        parameters = sum(parameter.numel() for parameter in plan.trainer.model.parameters())
        steps = steps_of(plan.trainer)
    task = tasks.get(spec.task)
    described = task.describe(spec)
    sizes = ", ".join(f"{size:,} {name}" for name, size in prepared.sizes.items())
    more = ", ..." if len(spec.labels) > 10 else ""
    classes = f" ({len(spec.labels)} classes: {', '.join(spec.label_names[:10])}{more})" if spec.labels else ""
    batch = arguments.train_batch_size * arguments.gradient_accumulation_steps
    named = config["model"] if isinstance(config["model"], str) else type(config["model"]).__name__
    pace = f"{steps:,} steps of {batch} examples, learning rate {format.hyperparameter(arguments.learning_rate)}"
    lines = [
        "Configuration is valid (dry run: nothing was trained).",
        f"  model     {named} ({parameters / 1e6:.1f} million parameters)",
        f"  task      {spec.task}",
        f"  data      {sizes}",
        f"  {task.reads:<9} {', '.join(spec.inputs)}{f' ({described})' if described else ''}",
        *([f"  label     {', '.join(spec.target)}{classes}"] if spec.target else []),
        f"  training  {pace}, on {arguments.device}",
        *([f"  continues run {origin.parent.id}, from step {origin.step}"] if origin is not None else []),
        *(f"  note      {note}" for note in prepared.notes),
    ]
    return "\n".join(lines)


def _nearest_folder(path: Path) -> Path:
    """`path`, or its nearest existing parent folder."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.is_dir())
