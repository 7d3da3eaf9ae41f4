"""What goes into reading data, and what comes out of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict

    from nbtrain.tasks.base import Task

Progress = Callable[[str, int, int], None]
"""Hears the name of the work, how much is done, and of how much (0 where that is not known)."""


def silent(name: str, done: int, total: int) -> None:
    """A `Progress` that tells nobody."""


@dataclass(frozen=True)
class Source:
    """The data that a configuration asks for.

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


@dataclass
class Data:
    """Data that was read and checked, before any tokenizer has seen it.

    Args:
        splits: "train", "validation", and "test" where there is one: all columns, in the data set's own order. A test
            split without labels has no label column.
        text: Columns that the model reads.
        label: Label column, or columns.
        labels: Class names in the order of the model's outputs; empty for regression.
        task: What is to be learned.
        notes: Choices that were made for the user, a sentence each.
    """

    splits: DatasetDict
    text: list[str]
    label: list[str]
    labels: list[str]
    task: Task
    notes: list[str] = field(default_factory=list)


@dataclass
class Encoded:
    """What the model gets.

    Args:
        splits: For each split the columns that the tokenizer gives, and `labels` where there are any. Not padded.
        truncated: For each split the number of examples that were cut.
        max_length: Longest input, in tokens.
        notes: As in `Data`.
    """

    splits: dict[str, Dataset]
    truncated: dict[str, int]
    max_length: int
    notes: list[str] = field(default_factory=list)
