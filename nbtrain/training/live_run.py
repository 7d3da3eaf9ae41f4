"""The two parts of a run below its public handle: what its directory holds, and what exists only while it trains.

Training code writes these objects. Users hold a `nbtrain.Run`, a facade that only reads them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from nbtrain.config import Config
from nbtrain.errors import RunError
from nbtrain.events import TaskSpec, journal
from nbtrain.events.state import RunState
from nbtrain.training.saved_model import SavedModel

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

    from nbtrain.events.commands import Control
    from nbtrain.events.recorder import View


class Driver(Protocol):
    """Drives a run in the background."""

    def wait(self) -> None:
        """Train to the end; raises what the training raised."""

    def __await__(self) -> Generator[object, None, None]: ...


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
        if not state.ended and not journal.is_being_written(path):
            state.status, state.error, state.phase = "interrupted", "its process ended", None
        config = Config(tomllib.loads(state.config))
        return cls(path, state, config, SavedModel(path, config))

    def begin(self, directory: Path, state: RunState, rows: Dataset | None) -> None:
        """Switch to the next training of a watched Trainer."""
        from datasets import DatasetDict

        self.directory, self.state = directory, state
        self.splits = DatasetDict({"validation": rows}) if rows is not None else None

    @property
    def id(self) -> str:
        """The run's id."""
        return self.state.run

    @property
    def spec(self) -> TaskSpec:
        """The task of the run: input and target columns, labels, options.

        Raises:
            RunError: The run failed before its data was read.
        """
        if self.state.prepared is None:
            raise RunError("This run failed before its data was read: it cannot predict.")
        return self.state.prepared.spec
