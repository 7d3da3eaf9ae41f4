"""Run: what a user holds of a training, while it goes on and for as long as its directory exists."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import journal
from nbtrain.config import Config
from nbtrain.directory import MODEL, PREDICTIONS
from nbtrain.engine.weights import Weights
from nbtrain.errors import RunError
from nbtrain.events import Evaluated, Event, Prepared, Started, Status, Stepped
from nbtrain.state import RunState

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset, DatasetDict
    from matplotlib.figure import Figure
    from transformers import PreTrainedModel, PreTrainedTokenizerBase, Trainer

    from nbtrain.background import Background
    from nbtrain.engine.controls import Control
    from nbtrain.views.record import Record

STEP_COLUMNS = ["step", "epoch", "loss", "learning_rate", "grad_norm", "seconds", "examples"]


class Run:
    """One training: its progress, its results, its model.

    Args:
        directory: The run directory.
        state: The fold of its events.
        config: Its configuration.
        weights: Its model.
        splits: The data, where it is in memory, for `predict("test")`.

    Attributes:
        control: Takes requests while the run goes on in this process; None before and after.
        look: What the model is to be used in: while it is trained, so that the training does not notice; afterwards,
            with what the training had set up.
        background: What drives the run, if it was begun in the background.
    """

    def __init__(
        self, directory: Path, state: RunState, config: Config, weights: Weights, splits: DatasetDict | None = None
    ) -> None:
        self.directory = directory
        self.state = state
        self.config = config
        self._weights = weights
        self._splits = splits
        self._predictions: pd.DataFrame | None = None
        self.control: Control | None = None
        self.look: Callable[[], AbstractContextManager[None]] = nullcontext
        self.background: Background | None = None

    @classmethod
    def load(cls, directory: str | Path) -> Run:
        """A run from its directory, finished or not, without training or loading anything.

        Raises:
            RunError: There is no run in it.
        """
        path = Path(directory).expanduser().absolute()
        state = RunState.fold(journal.read(path))
        state.run = journal.read_header(path).run
        if not state.ended:
            state.status, state.error, state.phase = "interrupted", "its process ended", None
        config = Config(tomllib.loads(state.config))
        return cls(path, state, config, Weights(path, config))

    def begin(self, directory: Path, state: RunState, rows: Dataset | None) -> None:
        """Make this the handle of a training that begins; called by what trains."""
        from datasets import DatasetDict

        self.directory, self.state, self._predictions = directory, state, None
        self._splits = DatasetDict({"validation": rows}) if rows is not None else None

    @property
    def id(self) -> str:
        """The run's id, unique and sortable by time."""
        return self.state.run

    @property
    def status(self) -> Status:
        """One of "created", "running", "paused", "finished", "stopped", "interrupted" and "failed"."""
        return self.state.status

    @property
    def history(self) -> pd.DataFrame:
        """A row per optimizer step: step, epoch, loss, learning_rate, grad_norm, seconds, examples."""
        import pandas as pd

        rows: dict[int, list[Any]] = {}
        for event in self._events():
            if isinstance(event, Started):
                rows = {step: row for step, row in rows.items() if step <= event.step}
            elif isinstance(event, Stepped):
                rows[event.step] = [getattr(event, name) for name in STEP_COLUMNS]
        return pd.DataFrame(list(rows.values()), columns=STEP_COLUMNS)

    @property
    def metrics(self) -> pd.DataFrame:
        """A row per evaluation: step, epoch, loss, and the metrics by the names that `compute_metrics` gave them."""
        import pandas as pd

        rows: list[dict[str, Any]] = []
        for event in self._events():
            if isinstance(event, Started):
                rows = [row for row in rows if row["step"] <= event.step]
            elif isinstance(event, Evaluated):
                values = {name.removeprefix("eval_"): value for name, value in event.metrics.items()}
                rows.append({"step": event.step, "epoch": event.epoch, **values})
        return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["step", "epoch", "loss"])

    @property
    def predictions(self) -> pd.DataFrame:
        """A row per example of the evaluation split, in its own order: the input columns, the label, and what the
        model says of it.

        Raises:
            RunError: The run has no predictions, and no model to make them with.
        """
        if not self.state.ended and self.control is not None:
            return self._predict_evaluation_split()
        if self._predictions is None:
            import pandas as pd

            file = self.directory / PREDICTIONS
            if not file.exists():
                self._predict_evaluation_split().to_parquet(file)
            self._predictions = pd.read_parquet(file)
        return self._predictions

    def predict(self, data: Any) -> pd.DataFrame:
        """What the model says of new rows.

        Args:
            data: A DataFrame or a Dataset with the run's text columns, a list of texts or of pairs, or the name of a
                split ("test").

        Returns:
            The rows with `prediction`, `probability` and the probability of each class (for regression `prediction`);
            `label`, `loss` and `correct` too, where the rows have labels.

        Raises:
            DataError: The rows do not fit.
            RunError: The run has no model.
        """
        from nbtrain.engine.predict import predict

        with self.look():
            return predict(self.trainer, self._prepared(), data, self._splits)

    @property
    def trainer(self) -> Trainer:
        """The `transformers.Trainer` (for a run of the past: one that predicts).

        Raises:
            RunError: The run has no model.
        """
        return self._weights.trainer

    @property
    def model(self) -> PreTrainedModel:
        """The model, as it is now."""
        return self.trainer.model

    @property
    def tokenizer(self) -> PreTrainedTokenizerBase:
        """The tokenizer that goes with the model."""
        return self.trainer.processing_class

    def pause(self) -> None:
        """Stand still after the step at hand."""
        self._steered().pause()

    def resume(self) -> None:
        """Go on after a pause."""
        self._steered().resume()

    def step(self, steps: int = 1) -> None:
        """Go on for `steps` optimizer steps, then pause."""
        _say_plainly(self._steered().step, steps)

    def run_to_epoch_end(self) -> None:
        """Go on to the end of the epoch, its evaluation included, then pause."""
        self._steered().run_to_epoch_end()

    def stop(self) -> None:
        """Stop after the step at hand and keep what was learned."""
        self._steered().stop()

    def evaluate(self) -> None:
        """Evaluate after the step at hand. This look changes nothing in the training."""
        self._steered().evaluate()

    def checkpoint(self) -> None:
        """Save a checkpoint after the step at hand."""
        self._steered().checkpoint()

    def set(self, *, learning_rate: float | None = None, weight_decay: float | None = None) -> None:
        """Change hyper-parameters from the next step on; the schedule goes on from there in proportion.

        Raises:
            RunError: The run is not going on, or a value will not do.
        """
        _say_plainly(self._steered().set, learning_rate=learning_rate, weight_decay=weight_decay)

    def skip(self) -> None:
        """Go on without the batch whose loss is not finite."""
        self._steered().skip()

    def wait(self) -> Run:
        """Go on to the end of a run in the background; nothing else gets a turn meanwhile.

        Returns:
            The run itself, at once if it was no such run, or is over.

        Raises:
            RunInterrupted: It was interrupted, and stopped at a step boundary with everything kept.
            Exception: What the training raised.
        """
        if self.background is not None:
            self.background.wait()
        return self

    def __await__(self) -> Generator[object, None, Run]:
        """As `wait`, but the event loop goes on."""
        if self.background is not None:
            yield from self.background.__await__()
        return self

    def plot(self) -> Figure:
        """The loss curves, as a matplotlib figure."""
        from nbtrain.views.chart import figure

        return figure(self.state)

    def save(self, path: str | Path) -> Path:
        """Write model and tokenizer to folder `path`, which `from_pretrained` and `pipeline` load.

        Raises:
            RunError: The folder is there and not empty, or the run has no model.
        """
        target = Path(path).expanduser()
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise RunError(f"`{target}` is there already, and nothing is overwritten. Name a new folder.")
        if not self._weights.in_memory and (self.directory / MODEL).is_dir():
            shutil.copytree(self.directory / MODEL, target, dirs_exist_ok=True)
        else:
            write_model(self.trainer, target)
        return target

    def export(self, target: str | Path) -> str | Path:
        """Write the run down: `export("train.py")` writes a plain `transformers` script, which trains the same model
        without nbtrain and returns its path; `export("cell")` gives the text of a `%%finetune` cell.

        Raises:
            RunError: Something in the run cannot be written down, or a file is in the way.
        """
        from nbtrain.export import export

        return export(self, target)

    def record(self) -> Record:
        """The run as a static document: what a saved notebook keeps of it."""
        from nbtrain.views.chart import png
        from nbtrain.views.record import Record

        image = png(self.state) if self.state.curves["loss"].bins else None
        return Record(self.state, config=self.state.config, directory=str(self.directory), png=image)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        if self.background is not None and self.state.started is None and not self.state.ended:
            return {"text/plain": f"<Run {self.id}, in the background>", "text/html": ""}  # its panel shows it
        return self.record().bundle()

    def _repr_html_(self) -> str:
        return self.record().html()

    def __repr__(self) -> str:
        return self.record().text()

    def _steered(self) -> Control:
        if self.control is None:
            raise RunError(f"This run cannot be steered: it is {self.status}, and not going on in this process.")
        return self.control

    def _events(self) -> Iterator[Event]:
        return journal.read(self.directory)

    def _prepared(self) -> Prepared:
        if self.state.prepared is None:
            raise RunError("This run failed before its data was read: it cannot predict.")
        return self.state.prepared

    def _predict_evaluation_split(self) -> pd.DataFrame:
        """For a run that goes on, or was broken off since its last evaluation."""
        if self._splits is None or "validation" not in self._splits or not self._prepared().text:
            raise RunError(
                f"This run has no predictions: it was {self.status} before they were made. Use `run.predict(data)`."
            )
        return self.predict("validation")


def _say_plainly(command: Callable[..., None], *values: Any, **named: Any) -> None:
    """`command(...)`, with a value that will not do said without a traceback."""
    try:
        command(*values, **named)
    except ValueError as error:
        raise RunError(str(error)) from None


def write_model(trainer: Trainer, folder: Path) -> None:
    """Write the model and the tokenizer of `trainer` to `folder`."""
    from nbtrain.engine.quiet import quiet_bars

    with quiet_bars():
        trainer.model.save_pretrained(folder)
        if trainer.processing_class is not None:
            trainer.processing_class.save_pretrained(folder)
