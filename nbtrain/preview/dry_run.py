"""Dry run: check everything, train nothing."""

from __future__ import annotations

import contextlib
import itertools
import statistics
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain import format, tasks
from nbtrain.engine.isolation import isolated
from nbtrain.events.recorder import Recorder
from nbtrain.preview.memory import Shape, patches, training_memory
from nbtrain.training.checkpoints import check_disk_space
from nbtrain.training.length_batching import input_lengths
from nbtrain.training.prepare import prepare
from nbtrain.training.trainer import steps_of
from nbtrain.views import summary

if TYPE_CHECKING:
    from transformers import Trainer

    from nbtrain.config import Config
    from nbtrain.training.resume import ResumePoint

MEASURED = 2
"""Number of batches by which the time is measured, after one that warms up."""

MAX_SECONDS = 20.0
"""No further batch is measured after this time."""


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
        on_cpu = arguments.device.type == "cpu"
        as_run = config.replaced(**plan.choices.arguments)
        needed = training_memory(_shape(plan.trainer), as_run, _longest(plan.trainer), on_cpu=on_cpu)
        seconds = seconds_per_step(plan.trainer)
    task = tasks.get(spec.task)
    described = task.describe(spec)
    sizes = ", ".join(f"{size:,} {name}" for name, size in prepared.sizes.items())
    more = ", ..." if len(spec.labels) > 10 else ""
    classes = f" ({len(spec.labels)} classes: {', '.join(spec.label_names[:10])}{more})" if spec.labels else ""
    columns = ", ".join(f'"{name}"' for name in spec.target)
    batch = arguments.train_batch_size * arguments.gradient_accumulation_steps
    named = config["model"] if isinstance(config["model"], str) else type(config["model"]).__name__
    pace = f"{steps:,} steps of {batch} examples, learning rate {format.hyperparameter(arguments.learning_rate)}"
    lines = [
        "Configuration is valid (dry run: nothing was trained).",
        f"  model     {named} ({parameters / 1e6:.1f} million parameters)",
        f"  task      {spec.task}",
        f"  data      {sizes}",
        f"  {task.reads:<9} {', '.join(spec.inputs)}{f' ({described})' if described else ''}",
        *([f"  label     column {columns}{classes}"] if spec.target else []),
        f"  training  {pace}, on {arguments.device}",
        f"  memory    about {format.memory(needed)}",
        *([f"  time      about {format.duration(seconds * steps)}, evaluations not counted"] if seconds else []),
        *([f"  continues {summary.title(origin.parent.state)}, from step {origin.step}"] if origin is not None else []),
        *(f"  note      {note}" for note in (note.partition("\n")[0] for note in prepared.notes)),
    ]
    return "\n".join(lines)


def seconds_per_step(trainer: Trainer) -> float:
    """Duration of an optimizer step, measured on the first batches; 0 if they cannot be computed outside a training.

    The weights stay as they are, and so do the random number generators.
    """
    durations: list[float] = []
    with contextlib.suppress(Exception), isolated(), _quiet():
        model = trainer.accelerator.prepare_model(trainer.model)
        trainer.current_gradient_accumulation_steps = trainer.args.gradient_accumulation_steps  # as `train` sets it
        for batch in itertools.islice(trainer.get_train_dataloader(), MEASURED + 1):
            began = time.perf_counter()
            float(trainer.training_step(model, batch))  # waits for the device
            model.zero_grad(set_to_none=True)
            durations.append(time.perf_counter() - began)
            if sum(durations) > MAX_SECONDS:
                break
    measured = durations[1:] or durations  # the first one warms up
    return statistics.mean(measured) * trainer.args.gradient_accumulation_steps if measured else 0.0


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Context manager: no warnings, which the run will show itself."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _shape(trainer: Trainer) -> Shape:
    return Shape.of(trainer.model, trainer.model.config)


def _longest(trainer: Trainer) -> int:
    """Length of the longest training example, in tokens or patches."""
    lengths = input_lengths(trainer.train_dataset)
    return patches(trainer.model.config) if lengths is None or not len(lengths) else int(max(lengths))


def _nearest_folder(path: Path) -> Path:
    """`path`, or its nearest existing parent folder."""
    return next(folder for folder in (path, *path.absolute().parents) if folder.is_dir())
