"""From a configuration to a run: read the data, build the model, train."""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from greenlet import GreenletExit
from msgspec.structs import replace

from nbtrain import tasks
from nbtrain.config import Config
from nbtrain.errors import NbTrainError, RunInterrupted
from nbtrain.events import Created, Ended, Prepared, Saved, Status, names
from nbtrain.events import run_dir as layout
from nbtrain.events.commands import Control
from nbtrain.events.recorder import Recorder, View
from nbtrain.training.checkpoints import check_disk_space, policy_of, size_of, sync_tree
from nbtrain.training.environment import environment, notebook_path
from nbtrain.training.live_run import StoredRun
from nbtrain.training.prepare import Plan, check_names, prepare, read_early
from nbtrain.training.resume import ResumePoint
from nbtrain.training.resume_changes import changed_config, describe_changes
from nbtrain.training.saved_model import SavedModel
from nbtrain.training.trainer import free_optimizer, steps_of
from nbtrain.views import summary

if TYPE_CHECKING:
    from nbtrain.engine.stream import Stream
    from nbtrain.preprocessing.types import Data
    from nbtrain.training.session import Session


class Finetuning:
    """One training, in three stages: created (nothing is read yet), prepared (everything is checked), trained.

    Args:
        config: The configuration; for a run that continues another one, what changes.
        views: The views of the run.
        origin: The checkpoint of another run to continue from.
        variables: The variables that "$name" in the configuration of that run may refer to.
        starts_paused: Pause before the first step, so that the user can change something.
        name: Its name, such as that of the variable that holds it; by default `run_name`, if that key is given.

    Attributes:
        run: The run.
        control: Takes commands from the time when the run is live.
        branch_step: Step of the checkpoint from which the user asked for a branch, once the training has ended.

    Raises:
        ConfigError: The run directory cannot be created, or a key cannot change when a run continues.
    """

    def __init__(
        self,
        config: Config,
        views: Iterable[View] = (),
        origin: ResumePoint | None = None,
        variables: Mapping[str, Any] | None = None,
        *,
        starts_paused: bool = False,
        name: str = "",
    ) -> None:
        self._origin = origin
        self._changes = Config()
        self._checkpoints: list[Path] = []
        first_step = 0
        if origin is not None:
            self._changes, config = config, changed_config(origin, config, variables)
            first_step = origin.first_step(config)
        run = layout.new_id()
        with config.locating():
            self.directory = layout.create(run, config.given.get("output_dir"))
        if origin is not None and origin.checkpoint is not None:
            self._checkpoints = origin.copy_checkpoint(self.directory, first_step)
            config = config.replaced(resume_from_checkpoint=str(self._checkpoints[0]))
        self.config = config
        self.recorder = Recorder(run, self.directory, views)
        name = names.tidy(str(config.given.get("run_name") or name))
        created = Created(
            config=config.to_toml(), directory=str(self.directory), name=name, notebook=notebook_path(variables)
        )
        self.recorder.emit(created)
        if origin is not None:
            self.recorder.emit(origin.branched(describe_changes(origin, self._changes)))
            self.recorder.inherit(origin.inherited_events(self.directory, first_step))
        self.run = StoredRun(self.directory, self.recorder.state, config, SavedModel(self.directory, config))
        self.control = Control()
        self.control.branch_points = lambda: [saved.step for saved in self.recorder.state.checkpoints]
        if starts_paused:
            self.control.pause()
        self._data: Data | None = None
        self._session: Session | None = None
        self.branch_step: int | None = None

    def check(self) -> None:
        """Check what is known within a second, without the packages that take long to import.

        Raises:
            NbTrainError: Something in the configuration or the data is wrong. No trace of the attempt is left.
        """
        with self._leaving_no_trace(), self.config.locating():
            if "datasets" in sys.modules:
                self._data = read_early(self.config, self.recorder)
            else:
                check_names(self.config)

    def prepare(self) -> StoredRun:
        """Read the data, load the model, check everything.

        Raises:
            NbTrainError: Something in the configuration or the data is wrong. No trace of the attempt is left.
        """
        with self._leaving_no_trace(), self.config.locating():
            self._session = self._build()
        return self.run

    def cancel(self) -> None:
        """End a run whose preparation has not begun."""
        with contextlib.suppress(GreenletExit), self._leaving_no_trace():
            raise GreenletExit

    def train(self) -> StoredRun:
        """Train.

        Raises:
            RunInterrupted: The training was interrupted, and stopped at a step boundary with everything kept.
            Exception: The exception that the training raised; everything saved until then is kept.
        """
        session, stream = self.session, self.stream()
        try:
            session.train(stream)
            self.branch_step = stream.control.branch_step
        finally:
            self.close()
        return session.run

    @property
    def is_prepared(self) -> bool:
        """Whether `prepare` has succeeded."""
        return self._session is not None

    @property
    def session(self) -> Session:
        """The session; `prepare` creates it."""
        assert self._session is not None, "call prepare() first"
        return self._session

    def stream(self) -> Stream:
        """A new stream of the training's events; nothing is trained before it is iterated over."""
        from nbtrain.engine.stream import Stream

        checkpoint = self.config["resume_from_checkpoint"]
        options: dict[str, Any] = {"guarded": True, "stops_if_nonfinite": True, "control": self.control}
        return Stream(self.session.trainer, **options, resume_from_checkpoint=checkpoint)

    def close(self) -> None:
        """Free the memory that only the training needs; the model stays usable."""
        free_optimizer(self.session.trainer)

    def _build(self) -> Session:
        plan = prepare(self.config, self.directory, self.recorder, self._data)
        from nbtrain.training.session import Session  # imports torch, which `prepare` has shown as a phase

        self._data = None
        check_disk_space(plan.trainer, self.directory)
        (self.directory / layout.CONFIG).write_text(self.config.to_toml(), encoding="utf-8")
        self.recorder.emit(environment(plan.trainer.args.device))
        self.recorder.emit(self._add_resume_notes(plan))
        self._prepare_checkpoint(plan)
        self.run.model.hold(plan.trainer, plan.prepared.spec)
        self.run.splits = plan.data.splits
        rows = plan.data.splits["validation"]
        spec = plan.prepared.spec
        has_table = not tasks.get(spec.task).why_no_predictions(spec)
        return Session(
            self.run,
            self.recorder,
            plan.trainer,
            spec if has_table else None,
            rows,
            policy=policy_of(self.config),
            keeps_heap=plan.choices.keeps_heap,
            baselines=None if plan.baselines is None else plan.baselines.compute,
        )

    @contextlib.contextmanager
    def _leaving_no_trace(self) -> Iterator[None]:
        """Context manager for what comes before the training: if it fails, the run ends, and its directory is removed.
        An error that is not the user's keeps it.
        """
        try:
            yield
        except BaseException as error:
            self.run.live = None
            statuses: dict[type[BaseException], Status] = {KeyboardInterrupt: "interrupted", GreenletExit: "stopped"}
            self.recorder.emit(Ended(status=statuses.get(type(error), "failed"), error=str(error)))
            self.recorder.close()
            if isinstance(error, (NbTrainError, KeyboardInterrupt, GreenletExit)):
                shutil.rmtree(self.directory, ignore_errors=True)
            if isinstance(error, KeyboardInterrupt):
                raise RunInterrupted("Interrupted before training started. Nothing was saved.") from None
            raise

    def _add_resume_notes(self, plan: Plan) -> Prepared:
        """The `Prepared` event of `plan`; for a run that continues another one, with notes about that.

        Raises:
            ConfigError: The data has changed, or there are no steps left.
        """
        origin, steps = self._origin, steps_of(plan.trainer)
        if origin is None:
            return plan.prepared
        origin.check_data(plan.prepared)
        origin.check_steps(self.config, steps)
        where = f"from step {origin.step}" if origin.step else "from the beginning: it had no checkpoint yet"
        notes = [f"Continues run {summary.title(origin.parent.state)} {where}."]
        notes += [f"Changed: {change}." for change in describe_changes(origin, self._changes)]
        return replace(plan.prepared, notes=[*notes, *plan.prepared.notes])

    def _prepare_checkpoint(self, plan: Plan) -> None:
        """Apply the changed keys to the checkpoint of the other run, and record it as this run's first checkpoint."""
        if self._origin is None or not self._checkpoints:
            return
        from nbtrain.training import resume_checkpoint

        first_step = self._origin.first_step(self.config)
        recounted = first_step != self._origin.step
        resume_checkpoint.apply_overrides(
            self._checkpoints[0], plan.trainer, self.config, self._changes.given.keys(), recounted=recounted
        )
        resume_checkpoint.restore_callbacks(self._checkpoints[0], plan.trainer)
        if self._origin.needs_epoch_end:
            resume_checkpoint.end_epoch_first(plan.trainer)
        for folder in reversed(self._checkpoints):
            sync_tree(folder)
            path, step = str(folder.relative_to(self.directory)), int(folder.name.rpartition("-")[2])
            self.recorder.emit(Saved(step=step, path=path, size=size_of(folder)))
        self.recorder.sync()
