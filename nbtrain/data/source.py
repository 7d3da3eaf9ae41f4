"""The data that a configuration names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from datasets import Dataset
    from numpy.typing import NDArray

Progress = Callable[[str, int, int], None]
"""Called with the name of the work, how much is done, and the total (0 if unknown)."""


def silent(name: str, done: int, total: int) -> None:
    """A `Progress` that does nothing."""


class Keys(Protocol):
    """A configuration, as far as data loading is concerned: values by key."""

    def __getitem__(self, key: str) -> Any: ...


@dataclass(frozen=True)
class Source:
    """The data that a configuration names. The fields have the names of the keys.

    Args:
        dataset: A Hub ID, a path, "demo", or an object: DataFrame, Dataset, DatasetDict, dict of splits.
        train: The same for one split; with `dataset`, also the name of one of its splits.
        validation: As `train`.
        test: As `train`.
        text: Columns that the model reads; None to detect them.
        label: Label column, or the columns of a multi-label task; None to detect it.
        task: Name of the task; None to infer it from the label column.
        validation_split: Fraction of the training examples to hold out if there is no validation split.
        seed: Seed of every random choice.
        max_train_samples: Train on at most this many examples.
        max_eval_samples: Evaluate on at most this many examples of each split.
        keys: The values of the keys that only some tasks have.
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
    keys: Keys | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of(cls, config: Keys) -> Source:
        """The source that a configuration describes. A single column may be a plain string."""
        values = {key.name: config[key.name] for key in fields(cls) if key.name != "keys"}
        for key in ("text", "label"):
            named = values[key]
            values[key] = [named] if isinstance(named, str) else named and list(named)
        return cls(**values, keys=config)


@dataclass(frozen=True)
class Examples:
    """Rows with their labels.

    Args:
        rows: All columns.
        labels: The labels as the task encodes them, one per row; None if there are none.
    """

    rows: Dataset
    labels: NDArray[Any] | None

    def __len__(self) -> int:
        return len(self.rows)

    def select(self, numbers: Any) -> Examples:
        """The examples with these row numbers, in this order."""
        return Examples(self.rows.select(numbers), None if self.labels is None else self.labels[numbers])
