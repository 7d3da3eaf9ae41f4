"""Watch a Trainer that the user built: its `train()` gets a panel, a record, and a Run."""

from __future__ import annotations

import contextlib
import functools
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.config import Config
from nbtrain.engine.guards.memory import first_line
from nbtrain.engine.patching import InstancePatches, PatchedMethod
from nbtrain.engine.quiet import without_warning
from nbtrain.engine.stream import Stream
from nbtrain.errors import RunError
from nbtrain.events import Created, Prepared
from nbtrain.events import run_dir as layout
from nbtrain.events.recorder import Recorder, View
from nbtrain.events.state import RunState
from nbtrain.training.environment import environment, notebook_path
from nbtrain.training.live_run import StoredRun
from nbtrain.training.row_sample import Preprocess
from nbtrain.training.saved_model import SavedModel
from nbtrain.training.session import Session
from nbtrain.training.watched_data import WatchedData

if TYPE_CHECKING:
    from transformers import Trainer
    from transformers.trainer_utils import TrainOutput


PINNING = "`dataloader_pin_memory` has no effect without a GPU. It is on by default, and changes nothing here."
PINNING_WARNING = "'pin_memory' argument is set as true but no accelerator is found"
"""How PyTorch's warning begins."""


class _Train(PatchedMethod):
    """The method `train` of a watched Trainer."""


def watch(
    trainer: Trainer,
    make_views: Callable[[], Iterable[View]],
    stopping: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext,
    preprocess: Preprocess | None = None,
) -> StoredRun:
    """Record and show every later `trainer.train()`.

    Args:
        trainer: Any `transformers.Trainer`; only its method `train` is patched, on this instance.
        make_views: Makes the views of a training; called for each one.
        stopping: Context manager that handles the `RunInterrupted` of a training.
        preprocess: The function that made the model's inputs from the rows, as it was passed to `Dataset.map`.

    Returns:
        The run of the next training ("created" until then); it switches to each later one when that starts.

    Raises:
        RunError: `trainer` is not a Trainer.
    """
    _check(trainer)
    method = vars(trainer).get("train")
    original = method.original if isinstance(method, _Train) else trainer.train
    folder = Path(layout.ROOT)
    run = StoredRun(folder, RunState(), Config(), SavedModel(folder, Config(), trainer, shared=True))

    def train(original: Callable[..., Any], *positional: Any, **named: Any) -> TrainOutput | None:
        stream = Stream(trainer, functools.partial(original, *positional, **named), guarded=True)
        with stopping():
            _train(run, stream, make_views, preprocess)
        return stream.result

    trainer.train = _Train(train, original)
    return run


def _check(trainer: Any) -> None:
    """Raises RunError if `trainer` is something else, with what to pass instead."""
    from transformers import Trainer

    if isinstance(trainer, Trainer):
        return
    if isinstance(trainer, type) and issubclass(trainer, Trainer):
        msg = f"`nbtrain.watch` takes a Trainer, not its class. Create it first: trainer = {trainer.__name__}(...)"
    else:
        msg = f"`nbtrain.watch` takes a `transformers.Trainer`, got an object of type {type(trainer).__name__}."
        msg += "\n    Create one first: trainer = Trainer(model=..., args=..., train_dataset=...)"
    raise RunError(msg)


def _train(
    run: StoredRun, stream: Stream, make_views: Callable[[], Iterable[View]], preprocess: Preprocess | None
) -> None:
    """Record and show one training."""
    trainer = stream.trainer
    directory, recorder, problems = _start_recording(make_views)
    data = run.encoder
    if trainer.model is not None or not isinstance(data, WatchedData):  # a trial of a search makes its model later
        data = WatchedData.of(trainer, preprocess)
    run.begin(directory, recorder.state, data.splits, data)
    recorder.emit(Created(config="", directory=str(directory), notebook=notebook_path()))
    recorder.emit(environment(trainer.args.device))
    if data.spec is not None:
        recorder.emit(Prepared(spec=data.spec, sizes=data.sizes))
    for problem in problems:
        recorder.warn(problem)
    with _without_progress_bars(trainer), _without_pinning(trainer, recorder):
        Session(run, recorder, trainer, data.spec, data.rows).train(stream)


def _start_recording(make_views: Callable[[], Iterable[View]]) -> tuple[Path, Recorder, list[str]]:
    """A recorder for a new run, in the folder of all runs: the Trainer's `output_dir` is the user's. Where that or the
    views cannot be had, the training must go on without: returns also what to tell the user.
    """
    name, problems = layout.new_id(), []
    views: list[View] = []
    try:
        views = list(make_views())
    except Exception as error:
        problems.append(f"This run is not shown: {type(error).__name__}: {first_line(error)}")
    elsewhere = Path(tempfile.gettempdir(), layout.ROOT, name)
    for folder in (Path(layout.ROOT, name), elsewhere):
        try:
            directory = layout.create(name, folder)
            return directory, Recorder(name, directory, views), problems
        except Exception as error:
            other = "" if folder is elsewhere else f" It is recorded in `{elsewhere}`."
            problems.append(f"`{folder.parent}` cannot be written ({first_line(error)}).{other}")
    return elsewhere, Recorder(name, None, views), problems


@contextlib.contextmanager
def _without_pinning(trainer: Trainer, recorder: Recorder) -> Any:
    """Context manager: memory cannot be pinned without a GPU, of which PyTorch warns with each data loader. A note says
    it once; the Trainer's arguments, which are the user's, stay as they are.
    """
    import torch

    if not trainer.args.dataloader_pin_memory or torch.accelerator.is_available():
        yield
        return
    recorder.note(PINNING)
    with without_warning(PINNING_WARNING):
        yield


@contextlib.contextmanager
def _without_progress_bars(trainer: Trainer) -> Any:
    """Context manager: the callbacks that print progress, which nbtrain's views show, print nothing. They stay in the
    Trainer's list: it is the user's, and a training may remove, replace or add callbacks.
    """
    from transformers import PrinterCallback, ProgressCallback

    patches = InstancePatches()
    for callback in trainer.callback_handler.callbacks:
        is_bar = isinstance(callback, ProgressCallback) or type(callback).__name__ == "NotebookProgressCallback"
        if is_bar or isinstance(callback, PrinterCallback):
            for event in (name for name in dir(callback) if name.startswith("on_")):
                patches.patch(callback, event, _do_nothing if is_bar else _as_in_another_process)
    try:
        yield
    finally:
        patches.restore()


def _do_nothing(original: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """In place of a callback's method `original`."""


def _as_in_another_process(original: Callable[..., Any], args: Any, state: Any, control: Any, **kwargs: Any) -> Any:
    """Call a callback's method `original` as in a process that is not the main one, where it prints nothing. What else
    it does is done: `PrinterCallback` takes "total_flos" out of the logs, which are also the result of `train()`.
    """
    flags = state.is_local_process_zero, state.is_world_process_zero
    state.is_local_process_zero = state.is_world_process_zero = False
    try:
        return original(args, state, control, **kwargs)
    finally:
        state.is_local_process_zero, state.is_world_process_zero = flags
