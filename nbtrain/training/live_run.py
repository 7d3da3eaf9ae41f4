"""The two parts of a run below its public handle: what its directory holds, and what exists only while it trains.

Training code writes these objects. Users hold a `nbtrain.Run`, a facade that only reads them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Generator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from nbtrain.config import Config
from nbtrain.errors import RunError
from nbtrain.events import TaskSpec, journal, names
from nbtrain.events.state import RunState
from nbtrain.training.saved_model import SavedModel

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

    from nbtrain.data.source import Examples
    from nbtrain.events.commands import Control
    from nbtrain.events.recorder import View


class Driver(Protocol):
    """Drives a run in the background."""

    def wait(self) -> None:
        """Train to the end; raises what the training raised."""

    def __await__(self) -> Generator[object, None, None]: ...


class Encoder(Protocol):
    """Makes the model's inputs from rows."""

    @property
    def refusal(self) -> str:
        """Why it cannot, and what to do; "" if it can."""

    @property
    def encoded_splits(self) -> Mapping[str, Any]:
        """Splits whose inputs exist, by name."""

    def encode(self, examples: Examples, tokenizer: Any) -> Dataset:
        """The model inputs for new rows, with `labels` if they have any."""


@dataclass(frozen=True)
class LiveRun:
    """The part of a run that exists only while it trains in this process.

    Attributes:
        control: Takes requests.
        views: The views of the run; more can be appended.
    """

    control: Control
    views: list[View]


@dataclass(eq=False)
class StoredRun:
    """A run: its directory, and what this process knows of it.

    Attributes:
        directory: The run directory.
        state: The fold of its events.
        config: Its configuration; empty for a Trainer that is watched.
        model: Its model, in memory or to be loaded from the directory.
        splits: The data, where it is in memory, for `predict("test")`.
        encoder: Makes the model's inputs from rows, if that is not done by tokenizing the input columns.
        live: Set while it trains in this process.
        driver: Drives it, if it was started in the background; kept afterwards for those who wait for the run.
        using_model: Context manager to use the model in: while it trains, so that the training is not affected;
            afterwards, with the process-wide settings that the training had.
    """

    directory: Path
    state: RunState
    config: Config
    model: SavedModel
    splits: DatasetDict | None = None
    encoder: Encoder | None = None
    live: LiveRun | None = None
    driver: Driver | None = None
    using_model: Callable[[], AbstractContextManager[None]] = nullcontext

    @classmethod
    def load(cls, directory: str | Path) -> StoredRun:
        """Read a run from its directory, finished or not, without training or loading a model.

        Raises:
            RunError: There is no run in it.
        """
        path = Path(directory).expanduser().absolute()
        state = RunState.fold(journal.read(path))
        state.run = journal.read_header(path).run
        state.name = names.read(path) or state.name
        if not state.ended and not journal.is_being_written(path):
            state.status, state.error, state.phase = "interrupted", "its process ended", None
        config = Config(tomllib.loads(state.config))
        spec = None if state.prepared is None else state.prepared.spec
        return cls(path, state, config, SavedModel(path, config, spec=spec))

    def begin(self, directory: Path, state: RunState, splits: DatasetDict | None, encoder: Encoder) -> None:
        """Switch to the next training of a watched Trainer."""
        self.directory, self.state, self.splits, self.encoder = directory, state, splits, encoder

    @property
    def id(self) -> str:
        """The run's id."""
        return self.state.run

    @property
    def spec(self) -> TaskSpec:
        """The task of the run: input and target columns, labels, options.

        Raises:
            RunError: It is not known. The message has the reason.
        """
        if self.state.prepared is not None:
            return self.state.prepared.spec
        if self.encoder is not None:
            raise RunError(self.encoder.refusal)
        if self.is_watched:
            raise RunError(
                "This run was recorded by `nbtrain.watch`, and nbtrain does not know the task of its Trainer.\n"
                "    Predict with that Trainer: trainer.predict(encoded_dataset)."
            )
        if not self.state.ended:
            raise RunError(f"This run has not read its data yet (status: {self.state.status}).")
        raise RunError(f"This run ended before its data was read (status: {self.state.status}): it cannot predict.")

    @property
    def saves_adapters(self) -> bool:
        """Whether an adapter is saved without its base model, which its configuration names."""
        return self.config["lora_r"] is not None and isinstance(self.config["model"], str)

    @property
    def is_watched(self) -> bool:
        """Whether it is a run of `nbtrain.watch`, which has no configuration."""
        return not self.config.given
