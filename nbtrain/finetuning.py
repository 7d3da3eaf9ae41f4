"""From a configuration to a run: read the data, build the model, train."""

from __future__ import annotations

import functools
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import directory as layout
from nbtrain.config import Config
from nbtrain.errors import NbTrainError, RunInterrupted
from nbtrain.events import Created, Ended, Prepared, Status
from nbtrain.recorder import Recorder, View

if TYPE_CHECKING:
    from nbtrain.data import Data, Encoded, Source
    from nbtrain.engine.stream import Stream
    from nbtrain.run import Run
    from nbtrain.session import Session


class Finetuning:
    """A fine-tuning in three acts: made (nothing is read yet), prepared (all is checked, and there is a run), trained.

    Args:
        config: What to do.
        views: What shows it.

    Raises:
        ConfigError: The run directory cannot be made.
    """

    def __init__(self, config: Config, views: Iterable[View] = ()) -> None:
        self.config = config
        run = layout.new_id()
        self.directory = layout.create(run, config.given.get("output_dir"))
        self.recorder = Recorder(run, self.directory, views)
        self.recorder.emit(Created(config=config.to_toml(), directory=str(self.directory)))
        self._session: Session | None = None

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
        try:
            self._session.train(self._stream(self._session))
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
        (self.directory / layout.CONFIG).write_text(self.config.to_toml(), encoding="utf-8")
        self.recorder.emit(plan.prepared)
        run = Run(
            self.directory,
            self.recorder.state,
            self.config,
            Weights(self.directory, self.config, plan.trainer),
            plan.data.splits,
        )
        return Session(run, self.recorder, plan.trainer, plan.prepared, plan.data.splits["validation"])


class Plan:
    """What a configuration comes to: the data, encoded, and a Trainer that is ready.

    Raises:
        NbTrainError: Something in the configuration or the data will not do.
    """

    def __init__(self, config: Config, directory: Path, recorder: Recorder) -> None:
        recorder.progress("start")
        from nbtrain import data, metrics
        from nbtrain.engine import model as models
        from nbtrain.engine import trainer as trainers

        arguments = trainers.build_arguments(config, directory)
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
        model = models.load_model(config, self.data.task, self.data.labels)
        self.trainer = trainers.build_trainer(
            config, self.data.task, self.data.labels, self.encoded, model, tokenizer, arguments
        )
        self.prepared = Prepared(
            task=self.data.task.name,
            text=self.data.text,
            label=self.data.label,
            labels=self.data.labels,
            sizes={name: len(split) for name, split in self.data.splits.items()},
            max_length=self.encoded.max_length,
            notes=[*self.data.notes, *self.encoded.notes],
        )


def dry_run_report(config: Config) -> str:
    """Check everything that a run of `config` would need, and say in words what it would do.

    Raises:
        NbTrainError: It would not run.
    """
    from nbtrain.engine.trainer import steps_of

    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(config, Path(folder), Recorder("dry-run"))
        arguments, prepared = plan.trainer.args, plan.prepared
        parameters = sum(parameter.numel() for parameter in plan.trainer.model.parameters())
        steps = steps_of(plan.trainer)
    sizes = ", ".join(f"{size:,} {name}" for name, size in prepared.sizes.items())
    labels = f" of {len(prepared.labels)}: {', '.join(prepared.labels[:10])}" if prepared.labels else ""
    batch = arguments.train_batch_size * arguments.gradient_accumulation_steps
    named = config["model"] if isinstance(config["model"], str) else type(config["model"]).__name__
    pace = f"{steps:,} steps of {batch} examples, learning rate {arguments.learning_rate:g}"
    lines = [
        "Everything is in order; nothing was trained.",
        f"  model    {named} ({parameters / 1e6:.1f} million parameters)",
        f"  task     {prepared.task}",
        f"  data     {sizes}",
        f"  text     {', '.join(prepared.text)} (at most {prepared.max_length} tokens)",
        f"  label    {', '.join(prepared.label)}{labels}",
        f"  training {pace}, on {arguments.device}",
        *(f"  note     {note}" for note in prepared.notes),
    ]
    return "\n".join(lines)


def source_of(config: Config) -> Source:
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
        max_train_examples=config["max_train_samples"],
        max_eval_examples=config["max_eval_samples"],
    )


def _listed(value: Any) -> list[str] | None:
    return [value] if isinstance(value, str) else None if value is None else list(value)
