"""What goes into reading data, and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec

Progress = Callable[[str, int, int], None]
"""Hears the name of the work, how much is done, and of how much (0 where that is not known)."""


def silent(name: str, done: int, total: int) -> None:
    """A `Progress` that tells nobody."""


class Keys(Protocol):
    """A configuration, as far as the data are concerned: values by their keys."""

    def __getitem__(self, key: str) -> Any: ...


@dataclass(frozen=True)
class Source:
    """The data that a configuration asks for. Its fields are called as the keys of a configuration.

    Args:
        dataset: A hub id, a path, "demo", or an object: DataFrame, Dataset, DatasetDict, dict of splits.
        train: The same for one split; with `dataset`, also the name of one of its splits.
        validation: As `train`.
        test: As `train`.
        text: Columns that the model reads; None to find them.
        label: Label column, or the columns of a multi-label task; None to find it.
        task: Name of the task; None to tell it from the label column.
        validation_split: Share of the training examples to set aside where there is no validation split.
        seed: Seed of every random choice.
        max_train_samples: Train on so many examples at most.
        max_eval_samples: Evaluate on so many examples of each split at most.
    """

    dataset: Any = None
    train: Any = None
    validation: Any = None
    test: Any = None
    text: list[str] | None = None
    label: list[str] | None = None
    task: str | None = None
    validation_split: float = 0.1
    seed: int = 42
    max_train_samples: int | None = None
    max_eval_samples: int | None = None

    @classmethod
    def of(cls, config: Keys) -> Source:
        """The source that a configuration describes. One column may be given by its name alone."""
        values = {key.name: config[key.name] for key in fields(cls)}
        for key in ("text", "label"):
            named = values[key]
            values[key] = [named] if isinstance(named, str) else named and list(named)
        return cls(**values)


@dataclass(frozen=True)
class Examples:
    """Rows with their labels.

    Args:
        rows: All of their columns.
        labels: What the model is to say of each, as its task encodes it; None where there are no labels.
    """

    rows: Dataset
    labels: NDArray[Any] | None

    def __len__(self) -> int:
        return len(self.rows)

    def select(self, numbers: Any) -> Examples:
        """Those with these row numbers, in their order."""
        return Examples(self.rows.select(numbers), None if self.labels is None else self.labels[numbers])


@dataclass
class Data:
    """Data that was read and checked, before any tokenizer has seen it.

    Args:
        splits: "train", "validation", and "test" where there is one: all columns, in the data set's own order. A test
            split without labels has no label column.
        labels: For each split that has them, its labels as the model takes them, a row each.
        spec: What is to be learned. How long an input may be depends on the model, and is not known yet.
        notes: Choices that were made for the user, a sentence each.
    """

    splits: DatasetDict
    labels: dict[str, NDArray[Any]]
    spec: TaskSpec
    notes: list[str] = field(default_factory=list)


@dataclass
class Encoded:
    """What the model gets.

    Args:
        splits: For each split the columns that the tokenizer gives, and `labels` where there are any. Not padded.
        truncated: For each split the number of examples that were cut.
        spec: As in `Data`, with all of its options.
        notes: As in `Data`.
    """

    splits: dict[str, Dataset]
    truncated: dict[str, int]
    spec: TaskSpec
    notes: list[str] = field(default_factory=list)
