"""What data a configuration asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datasets import Dataset
    from numpy.typing import NDArray

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
