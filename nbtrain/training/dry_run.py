"""A dry run: everything is checked, and nothing is trained."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain import format
from nbtrain.events.recorder import Recorder
from nbtrain.training.checkpoints import check_room
from nbtrain.training.prepare import prepare
from nbtrain.training.trainer import steps_of

if TYPE_CHECKING:
    from nbtrain.config import Config
    from nbtrain.training.resume import Origin


def dry_run_report(config: Config, origin: Origin | None = None) -> str:
    """Check everything that a run of `config` would need, and say in words what it would do.

    Args:
        config: What to do; all of it, also where the run goes on with another.
        origin: The checkpoint of another run to go on from.

    Raises:
        NbTrainError: It would not run.
    """
    with tempfile.TemporaryDirectory() as folder:
        plan = prepare(config, Path(folder), Recorder("dry-run"))
        if origin is not None:
            origin.check_data(plan.prepared)
            origin.check_steps(config, steps_of(plan.trainer))
        check_room(plan.trainer, _nearest_folder(Path(config["output_dir"] or ".").expanduser()))
        arguments, prepared, spec = plan.trainer.args, plan.prepared, plan.prepared.spec
        parameters = sum(parameter.numel() for parameter in plan.trainer.model.parameters())
        steps = steps_of(plan.trainer)
    sizes = ", ".join(f"{size:,} {name}" for name, size in prepared.sizes.items())
    labels = f" of {len(spec.labels)}: {', '.join(spec.labels[:10])}" if spec.labels else ""
    batch = arguments.train_batch_size * arguments.gradient_accumulation_steps
    named = config["model"] if isinstance(config["model"], str) else type(config["model"]).__name__
    pace = f"{steps:,} steps of {batch} examples, learning rate {format.hyperparameter(arguments.learning_rate)}"
    lines = [
        "Everything is in order; nothing was trained.",
        f"  model    {named} ({parameters / 1e6:.1f} million parameters)",
        f"  task     {spec.task}",
        f"  data     {sizes}",
        f"  text     {', '.join(spec.inputs)} (at most {spec.options['max_length']} tokens)",
        f"  label    {', '.join(spec.target)}{labels}",
        f"  training {pace}, on {arguments.device}",
        *([f"  goes on  with run {origin.parent.id}, after step {origin.step}"] if origin is not None else []),
        *(f"  note     {note}" for note in prepared.notes),
    ]
    return "\n".join(lines)


def _nearest_folder(path: Path) -> Path:
    """`path`, or the folder in which it would be made."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.is_dir())
