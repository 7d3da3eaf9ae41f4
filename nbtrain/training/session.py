"""Session: one training from its first step to its end, recorded, shown, and kept whatever happens."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.engine import malloc
from nbtrain.engine.guards.disk_full import is_no_room
from nbtrain.engine.interrupt import StopOnInterrupt
from nbtrain.engine.isolation import World, isolated
from nbtrain.engine.outputs import EvaluationTap
from nbtrain.engine.quiet import quiet_bars
from nbtrain.engine.stream import Stream
from nbtrain.engine.untouched import unnoticed
from nbtrain.errors import RunInterrupted
from nbtrain.events import Ended, Evaluated, Event, Predicted, Saved, Status, TaskSpec, Waiting
from nbtrain.events import run_dir as layout
from nbtrain.events.recorder import Recorder, Steers
from nbtrain.tasks.predictions import with_inputs
from nbtrain.training.checkpoints import Checkpoints
from nbtrain.training.evaluations import PerExample
from nbtrain.training.live_run import LiveRun, StoredRun
from nbtrain.training.predict import are_of_task, columns_of, outputs_of
from nbtrain.training.saved_model import write_model

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import Trainer

    from nbtrain.events.commands import Control

PAUSE_SECONDS = 0.02
"""Time between two looks at the commands while a run is paused."""


class Session:
    """Trains a Trainer under the eyes of a recorder.

    Args:
        run: The run; it is live while the training lasts.
        recorder: Where the events go.
        trainer: The Trainer.
        spec: What the model reads and learns; None if that cannot be told, and then there are no predictions.
        rows: The evaluation split with its raw columns, in the order of the Trainer's.
        keeps_all_checkpoints: Delete checkpoints where the disk gets full, if the Trainer has no limit of its own.
        keeps_heap: Have the process keep the memory that a step frees, until the training is over.

    Attributes:
        world: The training's own, while it stands still behind other code; None if there is only one.
    """

    def __init__(
        self,
        run: StoredRun,
        recorder: Recorder,
        trainer: Trainer,
        spec: TaskSpec | None,
        rows: Dataset | None,
        *,
        keeps_all_checkpoints: bool = False,
        keeps_heap: bool = False,
    ) -> None:
        self.run = run
        self.recorder = recorder
        self.trainer = trainer
        self._spec = spec
        self._rows = rows
        self._tap = EvaluationTap(trainer)
        self._examples: PerExample | None = None
        if spec is not None and rows is not None:
            self._examples = PerExample(run.directory, trainer, spec, len(rows), self._write)
        self._keeps_heap = keeps_heap
        self.world: World | None = None
        keeps_all = keeps_all_checkpoints and trainer.args.save_total_limit is None
        self._checkpoints = Checkpoints(recorder, trainer, run.directory, keeps_all=keeps_all)

    def train(self, stream: Stream) -> None:
        """Train to the end of `stream`. An interrupt stops it at the next step boundary.

        Raises:
            RunInterrupted: It was interrupted, and stopped at a step boundary with everything kept.
            Exception: What the training raised; what was done until then is kept.
        """
        self.block(self.drive(stream), stream.control)

    def block(self, events: Iterator[Event], control: Control) -> None:
        """Take `drive`'s `events` to their end, with interrupts as `train` has them."""
        with StopOnInterrupt(control, self._has_begun):
            for event in events:
                if isinstance(event, Waiting):
                    time.sleep(PAUSE_SECONDS)

    def drive(self, stream: Stream) -> Generator[Event]:
        """Train one event at a time: each is recorded and shown before it is given.

        Closing it early ends the run as interrupted.

        Raises:
            RunInterrupted: It was interrupted, and stopped at a step boundary with everything kept.
            Exception: What the training raised; what was done until then is kept.
        """
        self.begin(stream.control)
        with self._failing(stream), malloc.kept(self._keeps_heap):
            self._tap.install()
            self._checkpoints.install()
            with quiet_bars():
                for event in stream:
                    self._record(event)
                    yield event
            self._checkpoints.remove()
            self._checkpoints.note_what_is_gone()
            self._tap.remove()
            self._finish(self._status(stream))
        if stream.control.interrupted:
            kept = "it is complete" if self.run.state.status == "finished" else "what was learned until then is kept"
            raise RunInterrupted(f"{self._place()}; {kept}.", is_whole=True)

    def begin(self, control: Control) -> None:
        """Make the run live: from now on `control` takes requests, and views can send them."""
        self.run.live, self.run.using_model = LiveRun(control, self.recorder.views), self.using_model
        for view in self.recorder.views:
            if isinstance(view, Steers):
                view.steer(control)

    @contextlib.contextmanager
    def using_model(self) -> Iterator[None]:
        """Context manager: use the model between two steps; the training is not affected."""
        outputs = self._tap.last
        try:
            with unnoticed(self.trainer, self.world):
                yield
        finally:
            self._tap.last = outputs

    def withdraw(self, status: Status = "stopped") -> None:
        """End a run that has not begun."""
        self.run.live = None
        self._end(status)
        self.recorder.close()

    def _has_begun(self) -> bool:
        started = self.run.state.started
        return started is not None and self.trainer.state.global_step > started.step

    def _status(self, stream: Stream) -> Status:
        if not stream.control.stopping:
            return "finished"
        return "interrupted" if stream.control.interrupted else "stopped"

    def _record(self, event: Event) -> None:
        if isinstance(event, Waiting):
            self.recorder.show(event)
            return
        if isinstance(event, Evaluated):
            event = self._with_file(event)
        elif isinstance(event, Saved):
            self._checkpoints.saved(Saved(step=event.step, path=self._relative(event.path)))
            return
        self.recorder.emit(event)

    def _with_file(self, event: Evaluated) -> Evaluated:
        outputs = self._tap.take()
        return event if outputs is None or self._examples is None else self._examples.keep(event, outputs)

    def _finish(self, status: Status) -> None:
        """Weights, predictions, end: each is kept if the next one fails."""
        self.recorder.progress("save")
        self._write(lambda path: write_model(self.trainer, path), layout.MODEL)
        if self._spec is not None and self._rows is not None:
            self._predict(self._spec, self._rows, compute=status == "finished")
        self._end(status)

    def _predict(self, spec: TaskSpec, rows: Dataset, *, compute: bool) -> None:
        columns = self._examples.of_final_weights() if self._examples is not None else None
        if columns is None and compute and self.trainer.eval_dataset is not None:
            self.recorder.progress("predict")
            outputs = outputs_of(self.trainer, self.trainer.eval_dataset)
            columns = columns_of(outputs, spec) if are_of_task(outputs, spec, len(rows)) else None
        if columns is None:
            return
        frame = with_inputs(rows, columns, spec.target)
        if self._write(lambda path: frame.to_parquet(path), layout.PREDICTIONS):
            self.recorder.emit(Predicted(step=self.recorder.state.step, file=layout.PREDICTIONS, rows=len(frame)))

    def _write(self, write: Any, name: str) -> bool:
        """Write a file or a folder of the run, whole or not at all; where that fails, say so and go on."""
        try:
            with layout.atomic_write(self.run.directory / name) as path:
                write(path)
        except Exception as error:
            if not is_no_room(error) and not isinstance(error, OSError):
                raise
            self.recorder.warn(f"`{name}` could not be written: {getattr(error, 'strerror', None) or error}.")
            return False
        return True

    @contextlib.contextmanager
    def _failing(self, stream: Stream) -> Any:
        """Whatever goes wrong inside: close the stream, and end the record with the reason."""
        try:
            yield
        except BaseException as error:
            stream.close()
            self._checkpoints.remove()
            self._tap.remove()
            interrupted = isinstance(error, (KeyboardInterrupt, GeneratorExit))
            self._end(
                "interrupted" if interrupted else "failed", "" if interrupted else f"{type(error).__name__}: {error}"
            )
            if isinstance(error, KeyboardInterrupt):
                where = f"in the middle of a step; its checkpoints are in {self.run.directory}"
                raise RunInterrupted(f"{self._place()}, {where}.") from None
            raise
        finally:
            self.run.live, self.run.using_model = None, functools.partial(isolated, World.current())
            self.recorder.close()

    def _end(self, status: Status, error: str = "") -> None:
        self.recorder.emit(Ended(step=self.recorder.state.step, status=status, error=error))

    def _relative(self, path: str) -> str:
        absolute = Path(path).absolute()
        inside = absolute.is_relative_to(self.run.directory)
        return str(absolute.relative_to(self.run.directory) if inside else absolute)

    def _place(self) -> str:
        return f"Interrupted after step {self.recorder.state.step} of {self.recorder.state.max_steps}"
