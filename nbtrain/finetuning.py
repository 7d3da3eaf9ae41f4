"""From a configuration to a run: read the data, build the model, train."""

from __future__ import annotations

import dataclasses
import functools
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import directory as layout
from nbtrain.checkpoints import check_room, size_of, sync_tree
from nbtrain.config import Config
from nbtrain.errors import NbTrainError, RunInterrupted
from nbtrain.events import Created, Ended, Prepared, Saved, Status
from nbtrain.recorder import Recorder, View
from nbtrain.resuming import Origin, changed_config, changes_in_words

if TYPE_CHECKING:
    from nbtrain.data import Data, Encoded, Source
    from nbtrain.engine.stream import Stream
    from nbtrain.run import Run
    from nbtrain.session import Session


class Finetuning:
    """A fine-tuning in three acts: made (nothing is read yet), prepared (all is checked, and there is a run), trained.

    Args:
        config: What to do; for a run that goes on with another, what is to change.
        views: What shows it.
        origin: The checkpoint of another run to go on from.
        variables: What "$name" in that run's configuration may refer to.

    Attributes:
        can_branch: Whether the user may ask for a branch in the panel; whoever sets it sees to it.
        branch_step: The checkpoint from which the user asked for one, once the training has ended.
        starts_paused: Pause before the first step, so that the user can change something.

    Raises:
        ConfigError: The run directory cannot be made, or a key cannot change when a run goes on.
    """

    def __init__(
        self,
        config: Config,
        views: Iterable[View] = (),
        origin: Origin | None = None,
        variables: Mapping[str, Any] | None = None,
    ) -> None:
        self._origin = origin
        self._changes = Config()
        self._placed: list[Path] = []
        first_step = 0
        if origin is not None:
            self._changes, config = config, changed_config(origin, config, variables)
            first_step = origin.first_step(config)
        run = layout.new_id()
        self.directory = layout.create(run, config.given.get("output_dir"))
        if origin is not None and origin.checkpoint is not None:
            self._placed = origin.begin(self.directory, first_step)
            config = config.replaced(resume_from_checkpoint=str(self._placed[0]))
        self.config = config
        self.recorder = Recorder(run, self.directory, views)
        self.recorder.emit(Created(config=config.to_toml(), directory=str(self.directory)))
        if origin is not None:
            self.recorder.emit(origin.branched(changes_in_words(origin, self._changes)))
            self.recorder.inherit(origin.events(self.directory, first_step))
        self._session: Session | None = None
        self.can_branch = self.starts_paused = False
        self.branch_step: int | None = None

    def prepare(self) -> Run:
        """Read the data, load the model, check everything.

        Raises:
            NbTrainError: Something in the configuration or the data will not do. No trace of the attempt is left.
        """
        try:
            self._session = self._build()
        except BaseException as error:
            status: Status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            self.recorder.emit(Ended(status=status, error=str(error)))
            self.recorder.close()
            if isinstance(error, (NbTrainError, KeyboardInterrupt)):
                shutil.rmtree(self.directory, ignore_errors=True)
            if isinstance(error, KeyboardInterrupt):
                raise RunInterrupted("Interrupted before training began; nothing was kept.") from None
            raise
        return self._session.run

    def train(self) -> Run:
        """Train.

        Raises:
            RunInterrupted: It was interrupted, and stopped at a step boundary with everything kept.
            Exception: What the training raised; what was done until then is kept.
        """
        from nbtrain.engine.trainer import free_optimizer

        assert self._session is not None, "prepare() comes first"
        stream = self._stream(self._session)
        stream.control.can_branch = self.can_branch
        if self.starts_paused:
            stream.control.pause()
        try:
            self._session.train(stream)
            self.branch_step = stream.control.branch_step
        finally:
            free_optimizer(self._session.trainer)
        return self._session.run

    def train_in_background(self) -> Run:
        """Begin to train on the event loop that is running, in turns with what else runs there; returns at once."""
        from nbtrain.background import Background
        from nbtrain.engine.trainer import free_optimizer

        session, self._session = self._session, None
        assert session is not None, "prepare() comes first"
        Background(session, self._stream(session), functools.partial(free_optimizer, session.trainer)).start()
        return session.run

    def _stream(self, session: Session) -> Stream:
        from nbtrain.engine.stream import Stream

        return Stream(session.trainer, guarded=True, resume_from_checkpoint=self.config["resume_from_checkpoint"])

    def _build(self) -> Session:
        from nbtrain.engine.weights import Weights
        from nbtrain.run import Run
        from nbtrain.session import Session

        plan = Plan(self.config, self.directory, self.recorder)
        check_room(plan.trainer, self.directory)
        (self.directory / layout.CONFIG).write_text(self.config.to_toml(), encoding="utf-8")
        self.recorder.emit(self._understood(plan))
        self._take_over(plan)
        run = Run(
            self.directory,
            self.recorder.state,
            self.config,
            Weights(self.directory, self.config, plan.trainer),
            plan.data.splits,
        )
        rows = plan.data.splits["validation"]
        options = {"keeps_all_checkpoints": True, "keeps_heap": plan.choices.keeps_heap}
        return Session(run, self.recorder, plan.trainer, plan.prepared, rows, **options)

    def _understood(self, plan: Plan) -> Prepared:
        """How the configuration was understood; where the run goes on with another, what is new is put in force."""
        origin, steps = self._origin, steps_of(plan.trainer)
        if origin is None:
            return plan.prepared
        origin.check_data(plan.prepared)
        origin.check_steps(self.config, steps)
        where = f"after step {origin.step}" if origin.step else "from its first step: it had no checkpoint yet"
        notes = [f"It goes on with run {origin.parent.id} {where}."]
        notes += [f"Changed: {change}." for change in changes_in_words(origin, self._changes)]
        return dataclasses.replace(plan.prepared, notes=[*notes, *plan.prepared.notes])

    def _take_over(self, plan: Plan) -> None:
        """Have training begin with the checkpoint of the other run, and with what is new."""
        if self._origin is None or not self._placed:
            return
        from nbtrain.engine import restart

        first_step = self._origin.first_step(self.config)
        recounted = first_step != self._origin.step
        restart.renew(self._placed[0], plan.trainer, self.config, self._changes.given.keys(), recounted=recounted)
        restart.restore_callbacks(self._placed[0], plan.trainer)
        if self._origin.is_before_epoch_end:
            restart.end_epoch_first(plan.trainer)
        for folder in reversed(self._placed):
            sync_tree(folder)
            path, step = str(folder.relative_to(self.directory)), int(folder.name.rpartition("-")[2])
            self.recorder.emit(Saved(step=step, path=path, size=size_of(folder)))
        self.recorder.sync()


class Plan:
    """What a configuration comes to: the data, encoded, and a Trainer that is ready.

    Raises:
        NbTrainError: Something in the configuration or the data will not do.
    """

    def __init__(self, config: Config, directory: Path, recorder: Recorder) -> None:
        recorder.progress("start")
        from nbtrain import data, metrics
        from nbtrain.engine import model as models
        from nbtrain.engine import speed
        from nbtrain.engine import trainer as trainers

        trainers.build_arguments(config, directory)  # they may refuse something, and nothing has taken time yet
        recorder.progress("read data")
        self.data: Data = data.read(source_of(config), recorder.progress)
        if config["compute_metrics"] is None:
            metrics.check(_listed(config["metrics"]) or [], self.data.task, self.data.labels)
        recorder.progress("load model")
        model_config = models.load_model_config(config)
        tokenizer = models.load_tokenizer(config)
        longest = models.longest_input(config, model_config, tokenizer)
        self.encoded: Encoded = data.encode(self.data, tokenizer, longest, recorder.progress)
        recorder.progress("load model")
        facts = speed.Facts.current(use_cpu=config["use_cpu"])
        inputs = speed.Inputs.of(config["model"], model_config, self.encoded.splits["train"])
        self.choices = speed.choose(config, facts, inputs)
        model = models.load_model(config, self.data.task, self.data.labels, self.choices.attention)
        arguments = trainers.build_arguments(config, directory, self.choices.arguments)
        self.trainer = trainers.build_trainer(
            config,
            self.data.task,
            self.data.labels,
            self.encoded,
            model,
            tokenizer,
            arguments,
            by_length=self.choices.by_length,
        )
        self.prepared = Prepared(
            task=self.data.task.name,
            text=self.data.text,
            label=self.data.label,
            labels=self.data.labels,
            sizes={name: len(split) for name, split in self.data.splits.items()},
            max_length=self.encoded.max_length,
            notes=[*self.data.notes, *self.encoded.notes, *self.choices.notes],
            fingerprints={name: data.fingerprint(split) for name, split in self.data.splits.items()},
            speed=self.choices.recorded,
        )


def steps_of(trainer: Any) -> int:
    """Optimizer steps that `trainer.train()` will take."""
    from nbtrain.engine import trainer as trainers

    return trainers.steps_of(trainer)


def source_of(config: Config) -> Source:
    """Where a configuration has its data."""
    from nbtrain.data import Source

    return Source(
        dataset=config["dataset"],
        train=config["train"],
        validation=config["validation"],
        test=config["test"],
        text=_listed(config["text"]),
        label=_listed(config["label"]),
        task=config["task"],
        validation_split=config["validation_split"],
        seed=config["seed"],
        max_train_samples=config["max_train_samples"],
        max_eval_samples=config["max_eval_samples"],
    )


def _listed(value: Any) -> list[str] | None:
    return [value] if isinstance(value, str) else None if value is None else list(value)
