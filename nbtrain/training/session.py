"""Session: one training from its first step to its end, recorded, shown, and saved even if it fails."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from nbtrain import tasks
from nbtrain.engine import facts, malloc
from nbtrain.engine.guards.memory import first_line
from nbtrain.engine.interrupt import StopOnInterrupt
from nbtrain.engine.isolation import ProcessState, isolated
from nbtrain.engine.outputs import EvaluationTap
from nbtrain.engine.quiet import quiet_bars
from nbtrain.engine.stoppable import GenerationStopped, not_finished, stoppable
from nbtrain.engine.stream import Stream
from nbtrain.engine.untouched import preserve_training_state
from nbtrain.errors import NbTrainError, RunInterrupted
from nbtrain.events import Baselines, Ended, Evaluated, Event, Piece, Predicted, Saved, Status, TaskSpec, Waiting
from nbtrain.events import run_dir as layout
from nbtrain.events.commands import PAUSE_POLL_SECONDS
from nbtrain.events.recorder import Recorder, as_view
from nbtrain.tasks.predictions import joined, with_inputs
from nbtrain.training.checkpoints import Checkpoints, Policy
from nbtrain.training.evaluations import EvaluationStore
from nbtrain.training.live_run import LiveRun, StoredRun
from nbtrain.training.predict import columns_of, evaluation_data, fit_task, outputs_of
from nbtrain.training.saved_model import write_model

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset
    from transformers import Trainer

    from nbtrain.events.commands import Control


class Session:
    """Trains a Trainer and records its events.

    Args:
        run: The run; it is live during the training.
        recorder: Records the events.
        trainer: The Trainer.
        spec: The task; None if it is unknown, and then no predictions are made.
        rows: The evaluation split with its raw columns, in the order of the Trainer's; or, if the Trainer has several
            evaluation sets, each by its name. None stands for rows that have no columns to show.
        policy: Which checkpoints are kept.
        baselines: Computes what simple answers reach, at the first evaluation; None if that is not wanted.
        keeps_heap: Retain the memory that a step frees, until the training is over.

    Attributes:
        world: Process state of the training, saved while other code runs; None while it trains.
    """

    def __init__(
        self,
        run: StoredRun,
        recorder: Recorder,
        trainer: Trainer,
        spec: TaskSpec | None,
        rows: Dataset | Mapping[str, Dataset | None] | None,
        *,
        policy: Policy = "limit",
        keeps_heap: bool = False,
        baselines: Callable[[], Baselines | None] | None = None,
    ) -> None:
        self.run = run
        self._baselines = baselines
        self.recorder = recorder
        self.trainer = trainer
        self._spec = spec
        self._rows: Mapping[str, Dataset | None] = dict(rows) if isinstance(rows, Mapping) else {"": rows}
        self._generates = spec is not None and tasks.get(spec.task).generates
        self._tap = EvaluationTap(trainer, None if spec is None else tasks.get(spec.task).reduce(spec))
        self._evaluations: EvaluationStore | None = None
        if spec is not None:
            encoded = {name: self._encoded(name) for name in self._rows}
            self._evaluations = EvaluationStore(run.directory, trainer, spec, encoded, self._rows, self._write)
        self._keeps_heap = keeps_heap
        self.process_state: ProcessState | None = None
        self._checkpoints = Checkpoints(recorder, trainer, run.directory, policy=policy)

    def train(self, stream: Stream) -> None:
        """Train to the end of `stream`. An interrupt stops it at the next step boundary.

        Raises:
            RunInterrupted: The training was interrupted, and stopped at a step boundary with everything kept.
            Exception: The exception that the training raised; everything saved until then is kept.
        """
        try:
            self.run_blocking(self.drive(stream), stream.control)
        except RuntimeError as error:
            if isinstance(error.__cause__, StopIteration):  # as `stream` passes it on
                raise error.__cause__ from None
            raise

    def run_blocking(self, events: Iterator[Event], control: Control) -> None:
        """Consume the events of `drive`; an interrupt stops the training at the next step boundary."""
        with StopOnInterrupt(control, self._has_begun):
            for event in events:
                if isinstance(event, Waiting):
                    time.sleep(PAUSE_POLL_SECONDS)

    def drive(self, stream: Stream) -> Generator[Event]:
        """Train one event at a time. Closing the generator early ends the run as interrupted.

        Yields:
            Each event, after it was recorded and shown.

        Raises:
            RunInterrupted: The training was interrupted, and stopped at a step boundary with everything kept.
            Exception: The exception that the training raised; everything saved until then is kept.
        """
        self.begin(stream.control)
        with self._closing_on_error(stream), malloc.retain_freed_memory(self._keeps_heap):
            with self._warning_if_failed("There are no predictions for the evaluations of this run"):
                self._tap.install()
            with self._warning_if_failed("The checkpoints of this run are not watched"):
                self._checkpoints.install(stream.control)
            with quiet_bars():
                for event in stream:
                    self._record(event)
                    yield event
            self._checkpoints.remove()
            with self._warning_if_failed("The list of checkpoints may be incomplete"):
                self._checkpoints.finish(completed=self._status(stream) == "finished")
            self._tap.remove()
            self._finish(self._status(stream))
            with self._warning_if_failed("Checkpoints that are no longer needed may be left on the disk"):
                self._checkpoints.clear()
        if stream.control.interrupted:
            raise RunInterrupted(f"{self._position()}. {self._after_interrupt()}", is_whole=True)

    def begin(self, control: Control) -> None:
        """Make the run live: from now on `control` takes commands, and views can send them."""
        self.run.live, self.run.using_model = LiveRun(control, self.recorder.views), self.using_model
        self.recorder.each_view(lambda view: as_view(view).steer(control))

    @contextlib.contextmanager
    def using_model(self) -> Iterator[None]:
        """Context manager: use the model between two steps; the training is not affected."""
        outputs = self._tap.last
        try:
            with preserve_training_state(self.trainer, self.process_state):
                yield
        finally:
            self._tap.last = outputs

    def end_before_start(self, status: Status = "stopped") -> None:
        """End a run that has not started."""
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
            event = self._with_results_file(event)
            self._add_context(event.step)
        elif isinstance(event, Saved):
            saved = Saved(step=event.step, path=self._relative_path(event.path))
            with self._warning_if_failed(f"The checkpoint of step {event.step} is not listed"):
                self._checkpoints.saved(saved)
            return
        self.recorder.emit(event)

    def _add_context(self, step: int) -> None:
        """Record what an evaluation is judged by, before the evaluation itself, so that views show both at once."""
        compute, self._baselines = self._baselines, None
        if compute is not None and self.recorder.state.baselines is None:
            with self._warning_if_failed("This run has no baselines"):
                self.recorder.progress("baselines")
                if (found := compute()) is not None:
                    self.recorder.emit(replace(found, step=step))
        with self._warning_if_failed("The results of this evaluation are not counted"):
            if self._evaluations is not None and (examined := self._evaluations.examine(step)) is not None:
                self.recorder.emit(examined)

    def _with_results_file(self, event: Evaluated) -> Evaluated:
        if self._generates and self._evaluations is not None:
            table = None
            with self._warning_if_failed("Nothing was generated at this evaluation"), self._stoppable():
                table = self._generated("")
            return event if table is None else self._evaluations.store_table(event, table, "")
        for name, outputs in self._tap.take().items():
            with self._warning_if_failed("There are no predictions for each example of this evaluation"):
                if self._evaluations is not None:
                    event = self._evaluations.store(event, outputs, name)
        return event

    def _generated(self, name: str) -> pd.DataFrame | None:
        """What the model writes now for some rows of an evaluation set; None if its rows are not known."""
        spec, rows = self._spec, self._rows.get(name)
        if spec is None or rows is None:
            return None
        self.recorder.progress("generate")
        with self.using_model():
            return tasks.get(spec.task).generate(
                self.trainer.model, self.trainer.processing_class, rows, spec, sample=True
            )

    def _finish(self, status: Status) -> None:
        """Write weights and predictions, then end the run. What fails is told; the training is over in any case."""
        self.recorder.progress("save")
        with preserve_training_state(self.trainer):
            alone = self.run.saves_adapters
            self._write(lambda path: write_model(self.trainer, path, adapter_only=alone), layout.MODEL)
            with self._warning_if_failed("This run has no predictions"), self._stoppable():
                self._predict(compute=status == "finished")
        self._end(status)

    def _predict(self, *, compute: bool) -> None:
        frames = {name: self._results(name, compute=compute) for name in self._rows}
        found = {name: frame for name, frame in frames.items() if frame is not None}
        if not found:
            return
        table = joined(found)
        if self._write(lambda path: table.to_parquet(path), layout.PREDICTIONS):
            shown: list[list[Piece]] = []
            with self._warning_if_failed("The record shows no predictions"):
                shown = [] if self._spec is None else tasks.get(self._spec.task).shown_predictions(table, self._spec)
            step = self.recorder.state.step
            self.recorder.emit(Predicted(step=step, file=layout.PREDICTIONS, rows=len(table), shown=shown))

    def _results(self, name: str, *, compute: bool) -> pd.DataFrame | None:
        """The predictions for one evaluation set with its columns; None if there are none."""
        spec, rows, encoded = self._spec, self._rows[name], self._encoded(name)
        if spec is None or self._evaluations is None:
            return None
        columns = self._evaluations.load_final(name)
        if self._generates:
            return self._generated(name) if columns is None and compute else columns
        if columns is None and compute and encoded is not None:
            self.recorder.progress("predict")
            outputs = outputs_of(self.trainer, encoded, spec)
            data = evaluation_data(self.trainer, rows, encoded)
            columns = columns_of(outputs, spec, data) if fit_task(outputs, spec, facts.length(encoded)) else None
        return columns if rows is None or columns is None else with_inputs(rows, columns, spec.target)

    def _encoded(self, name: str) -> Any:
        """The Trainer's evaluation set of this name."""
        sets = self.trainer.eval_dataset
        return sets.get(name) if isinstance(sets, dict) else sets

    @contextlib.contextmanager
    def _stoppable(self) -> Iterator[None]:
        """Context manager: what the model generates ends as soon as a stop is requested, and then there is none."""
        live = self.run.live
        try:
            with contextlib.nullcontext() if live is None else stoppable(self.trainer.model, live.control):
                yield
        except GenerationStopped:
            self.recorder.emit(not_finished("What the model writes", self.recorder.state.step))

    def _write(self, write: Any, name: str) -> bool:
        """Atomically write a file or folder of the run. If that fails, warn and return False."""
        try:
            with layout.atomic_write(self.run.directory / name) as path:
                write(path)
        except Exception as error:
            self._warn(f"Could not write `{name}`", error)
            return False
        return True

    @contextlib.contextmanager
    def _warning_if_failed(self, what: str) -> Iterator[None]:
        """Context manager for what is done beside the training, which it must not end: a failure becomes a warning."""
        try:
            yield
        except Exception as error:
            self._warn(what, error)

    def _warn(self, what: str, error: Exception) -> None:
        """Record a warning, unless it has been recorded before."""
        message = f"{what}: {_reason(error)}."
        if all(one.message != message for one in self.recorder.state.messages):
            self.recorder.warn(message)

    @contextlib.contextmanager
    def _closing_on_error(self, stream: Stream) -> Any:
        """Context manager: on any error, close the stream and end the run with the reason."""
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
                where = f"in the middle of a step. The run's checkpoints are in {self.run.directory}"
                raise RunInterrupted(f"{self._position()}, {where}.") from None
            raise
        finally:
            self.run.live, self.run.using_model = None, functools.partial(isolated, ProcessState.current())
            self.recorder.close()

    def _end(self, status: Status, error: str = "") -> None:
        weights = self.recorder.state.step
        if status == "finished" and self.trainer.args.load_best_model_at_end and self.trainer.state.best_global_step:
            weights = self.trainer.state.best_global_step
        self.recorder.emit(Ended(step=self.recorder.state.step, status=status, error=error, weights=weights))

    def _relative_path(self, path: str) -> str:
        absolute = Path(path).absolute()
        inside = absolute.is_relative_to(self.run.directory)
        return str(absolute.relative_to(self.run.directory) if inside else absolute)

    def _position(self) -> str:
        return f"Interrupted at step {self.recorder.state.step} of {self.recorder.state.max_steps}"

    def _after_interrupt(self) -> str:
        """What is left of the run after an interrupt, in a sentence."""
        return "The run is complete." if self.run.state.status == "finished" else "The weights so far are kept."


def _reason(error: Exception) -> str:
    """Why something failed, in a line: for a file error without its path, which the sentence before names."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    line = first_line(error).rstrip(".")
    return line if isinstance(error, NbTrainError) else f"{type(error).__name__}: {line}"
