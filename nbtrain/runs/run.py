"""Run: the public handle of a training, while it runs and as long as its directory exists."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.config import Config
from nbtrain.errors import RunError
from nbtrain.events import Event, Status, frames, journal, names
from nbtrain.events.lineage import ancestors
from nbtrain.events.run_dir import MODEL
from nbtrain.events.state import RunState
from nbtrain.runs import environment
from nbtrain.runs.controls import RunControls
from nbtrain.runs.predictions import RunPredictions
from nbtrain.training.live_run import StoredRun
from nbtrain.training.saved_model import write_model

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer

    from nbtrain.events.recorder import View
    from nbtrain.views.record import Record


class Run(RunControls, RunPredictions):
    """One training: its progress, its results, its model.

    A read-only facade of what training has written.

    Args:
        stored: The run's directory and its state in this process.
    """

    @classmethod
    def load(cls, directory: str | Path) -> Run:
        """Load a run from its directory, finished or not; no model is loaded.

        Raises:
            RunError: There is no run in it.
        """
        return cls(StoredRun.load(directory))

    @property
    def directory(self) -> Path:
        """The run directory."""
        return self.stored.directory

    @property
    def config(self) -> Config:
        """Its configuration."""
        return self.stored.config

    @property
    def state(self) -> RunState:
        """The fold of its events."""
        return self.stored.state

    @property
    def id(self) -> str:
        """The run's ID, unique and sortable by time."""
        return self.state.run

    @property
    def name(self) -> str:
        """Its name: as it was set (`run.name = "baseline"`), else that of its variable, else two words. Kept in the run
        directory, and shown wherever the run is.
        """
        return self.state.title

    @name.setter
    def name(self, name: str) -> None:
        tidied = names.tidy(name) if isinstance(name, str) else ""
        if not tidied:
            raise RunError(f'A name is a string that is not empty, not {name!r}. For example: run.name = "baseline".')
        try:
            names.write(self.directory, tidied)
        except OSError as error:
            raise RunError(f"The name cannot be stored in {self.directory}: {error.strerror or error}.") from None
        self.state.name = tidied

    @property
    def status(self) -> Status:
        """One of "created", "running", "paused", "finished", "stopped", "interrupted" and "failed"."""
        return self.state.status

    @property
    def history(self) -> pd.DataFrame:
        """A row per optimizer step: step, epoch, loss, learning_rate, grad_norm, seconds, examples."""
        return frames.history(self._events())

    @property
    def metrics(self) -> pd.DataFrame:
        """A row per evaluation: step, epoch, loss, and the metrics by the names that `compute_metrics` gave them."""
        return frames.metrics(self._events())

    @property
    def diagnosis(self) -> pd.DataFrame:
        """What is wrong with the run, and what else one should know of it: a row for each finding, with `id`, `level`
        ("note", "warning", "error"), `what`, `evidence` (numbers and steps) and `action` (what to do).
        """
        from nbtrain.views import diagnosis

        return diagnosis.frame(self.state)

    @property
    def trainer(self) -> Trainer:
        """The `transformers.Trainer`; for a loaded run, one for prediction only.

        Raises:
            RunError: The run has no model.
        """
        if self.state.prepared is None and self.control is not None and not self.stored.is_watched:
            raise RunError(f"The model of run {self.id} is being loaded. Run this cell again after the first step.")
        return self.stored.model.trainer

    @property
    def model(self) -> PreTrainedModel:
        """The model with its current weights."""
        return self.trainer.model

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The model's tokenizer."""
        return self.trainer.processing_class

    @property
    def checkpoints(self) -> pd.DataFrame:
        """A row per checkpoint that was written: step, path, and whether it still exists ("kept")."""
        return frames.checkpoints(self._events())

    def branch(self, step: int | None = None, *, views: Iterable[View] | None = None, **changes: Any) -> Run:
        """Train a new run that continues from a checkpoint of this one.

        ```python
        slower = run.branch(step=230, learning_rate=1e-5)
        ```

        Args:
            step: Step of the checkpoint; by default the last one.
            views: The views of the new run; by default a panel in a notebook, a text table elsewhere.
            **changes: Keys of a cell that change from there on.

        Returns:
            The new run; its history starts with that of this run.

        Raises:
            RunError: There is no such checkpoint.
            ConfigError: A key cannot change when a run continues.
        """
        from nbtrain.config import from_mapping
        from nbtrain.runs.start import start
        from nbtrain.training.resume import ResumePoint

        origin = ResumePoint.of(self.stored, step)
        changed = from_mapping(changes, variables=environment.variables(), complete=False)
        return start(changed, origin, Run, environment.view_factory(views))

    def plot(self, *curves: str) -> Figure:
        """The loss curves, or others, as a matplotlib figure.

        ```python
        run.plot()
        run.plot("metrics", "learning_rate")
        run.plot("all")
        ```

        Args:
            *curves: What to plot, as the tabs of the panel: "loss", "metrics", "learning_rate", "grad_norm", "speed"
                (examples per second), "memory", or "all" of them that have values; by default the losses.

        Raises:
            RunError: There is no such curve, or matplotlib is not installed.
        """
        from nbtrain.views import chart, panels

        others = ancestors(self.state)
        return panels.figure(self.state, curves, others) if curves else chart.figure(self.state, others)

    def save(self, path: str | Path, *, merge: bool = False) -> Path:
        """Write model and tokenizer to folder `path`, for `from_pretrained` and `pipeline`.

        Args:
            path: A new folder.
            merge: If the run has trained an adapter (`lora_r`), write a whole model with the adapter's changes in its
                weights, instead of the adapter alone.

        Raises:
            RunError: The folder exists and is not empty, or the run has no model.
        """
        target = Path(path).expanduser()
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise RunError(f"`{target}` already exists and is not overwritten. Choose a new folder.")
        if not merge and not self.stored.model.in_memory and (self.directory / MODEL).is_dir():
            shutil.copytree(self.directory / MODEL, target, dirs_exist_ok=True)
        else:
            write_model(self.trainer, target, adapter_only=self.stored.saves_adapters, merge=merge)
        return target

    def export(self, target: str | Path) -> str | Path:
        """Export the run: `export("train.py")` writes a plain `transformers` script, which trains the same model
        without nbtrain, and returns its path; `export("cell")` returns the source of a `%%finetune` cell.

        Raises:
            RunError: Something in the run cannot be exported, or a file already exists.
        """
        from nbtrain.export import export

        return export(self.stored, target)

    def delete(self, *, checkpoints: bool = False) -> None:
        """Delete the run from the disk, and say how much that frees. Other files in its directory stay.

        ```python
        run.delete(checkpoints=True)
        ```

        Args:
            checkpoints: Delete only its checkpoints: it can no longer be resumed, but model, predictions and history
                stay.

        Raises:
            RunError: The run is training, or a file cannot be deleted.
        """
        from nbtrain.runs import delete

        print(delete.delete_checkpoints(self.stored) if checkpoints else delete.delete(self.stored))

    def record(self) -> Record:
        """The run as a static document, as it is stored in a saved notebook."""
        from nbtrain.views.chart import png
        from nbtrain.views.record import Record

        others = ancestors(self.state)
        image = png(self.state, others) if self.state.curves["loss"].bins else None
        return Record(self.state, self.state.config, str(self.directory), image, next(iter(others), None))

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> tuple[dict[str, Any], dict[str, Any]]:
        if self.stored.driver is not None and self.state.started is None and not self.state.ended:
            return {"text/plain": f"<Run {self.id}, in the background>", "text/html": ""}, {}  # its panel shows it
        record = self.record()
        return record.bundle(), record.metadata

    def _repr_html_(self) -> str:
        return self.record().html()

    def __repr__(self) -> str:
        return self.record().text()

    def _events(self) -> Iterator[Event]:
        return journal.read(self.directory)
