"""Watch a Trainer that the user built: its `train()` gets a panel, a record, and a Run."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.config import Config
from nbtrain.engine.stream import Stream
from nbtrain.events import Created, Prepared, TaskSpec
from nbtrain.events import run_dir as layout
from nbtrain.events.recorder import Recorder, View
from nbtrain.events.state import RunState
from nbtrain.training.live_run import StoredRun
from nbtrain.training.saved_model import SavedModel
from nbtrain.training.session import Session

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import Trainer
    from transformers.trainer_utils import TrainOutput

    from nbtrain.tasks.base import Task

FOLDER = "nbtrain"
"""Folder in the Trainer's `output_dir` for the run directories of its trainings."""

ENCODED = ("input_ids", "attention_mask", "token_type_ids", "labels", "special_tokens_mask", "position_ids")
"""Columns that tokenization adds to a data set."""


def watch(
    trainer: Trainer,
    make_views: Callable[[], Iterable[View]],
    stopping: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
) -> StoredRun:
    """Record and show every later `trainer.train()`.

    Args:
        trainer: Any `transformers.Trainer`; only its method `train` is patched, on this instance.
        make_views: Makes the views of a training; called for each one.
        stopping: Context manager that handles the `RunInterrupted` of a training.

    Returns:
        The run of the next training ("created" until then); it switches to each later one when that starts.
    """
    original = getattr(trainer.train, "watched", trainer.train)
    folder = Path(trainer.args.output_dir or ".", FOLDER).absolute()
    run = StoredRun(folder, RunState(), Config(), SavedModel(folder, Config(), trainer, shared=True))

    @functools.wraps(original)
    def train(*positional: Any, **named: Any) -> TrainOutput | None:
        stream = Stream(trainer, functools.partial(original, *positional, **named), guarded=True)
        with stopping():
            _train(run, stream, make_views())
        return stream.result

    train.watched = original  # type: ignore[attr-defined]
    trainer.train = train
    return run


def _train(run: StoredRun, stream: Stream, views: Iterable[View]) -> None:
    """Record and show one training."""
    trainer, name = stream.trainer, layout.new_id()
    directory = layout.create(name, Path(trainer.args.output_dir or ".", FOLDER))
    recorder = Recorder(name, directory, views)
    rows, prepared = _infer_task(trainer)
    run.begin(directory, recorder.state, rows)
    recorder.emit(Created(config="", directory=str(directory)))
    if prepared is not None:
        recorder.emit(prepared)
    removed = _remove_progress_bars(trainer)
    try:
        Session(run, recorder, trainer, prepared.spec if prepared else None, rows).train(stream)
    finally:
        for callback in removed:
            trainer.add_callback(callback)


def _infer_task(trainer: Trainer) -> tuple[Dataset | None, Prepared | None]:
    """The evaluation rows with their raw columns, and the task; None for both if the task cannot be inferred."""
    from datasets import Dataset

    rows, model_config = trainer.eval_dataset, getattr(trainer.model, "config", None)
    if (
        not isinstance(rows, Dataset)
        or model_config is None
        or "ForSequenceClassification" not in type(trainer.model).__name__
    ):
        return None, None
    task = tasks.of_model(model_config)
    if task is None:
        return None, None
    label = next((name for name in ("label", "labels", *trainer.label_names) if name in rows.column_names), None)
    raw = rows.remove_columns([name for name in ENCODED if name in rows.column_names and name != label]).with_format(
        None
    )
    texts = [
        name for name, feature in raw.features.items() if getattr(feature, "dtype", "") in ("string", "large_string")
    ]
    sizes = (
        {"train": len(trainer.train_dataset), "validation": len(rows)}
        if hasattr(trainer.train_dataset, "__len__")
        else {"validation": len(rows)}
    )
    tokenizer_limit = getattr(trainer.processing_class, "model_max_length", 512)
    spec = TaskSpec(
        task=task.name,
        inputs=tuple(texts),
        target=(label,) if label else (),
        labels=tuple(_labels(raw, label, task, model_config)),
        options={"max_length": min(tokenizer_limit, 512)},
    )
    return raw, Prepared(spec=spec, sizes=sizes)


def _labels(rows: Dataset, label: str | None, task: Task, model_config: Any) -> list[str]:
    names = getattr(rows.features.get(label), "names", None) if label else None
    if names:
        return list(names)
    return [model_config.id2label[index] for index in range(model_config.num_labels)] if task.has_classes else []


def _remove_progress_bars(trainer: Trainer) -> list[Any]:
    """Remove the callbacks that print progress, which nbtrain's views show. Returns them, to be added again."""
    from transformers import PrinterCallback, ProgressCallback

    bars = [
        callback
        for callback in trainer.callback_handler.callbacks
        if isinstance(callback, (PrinterCallback, ProgressCallback))
        or type(callback).__name__ == "NotebookProgressCallback"
    ]
    for callback in bars:
        trainer.remove_callback(callback)
    return bars
