"""The results of reading data and of tokenizing it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict
    from numpy.typing import NDArray

    from nbtrain.events import Piece, TaskSpec


@dataclass
class Data:
    """Data that has been read and checked, before tokenization.

    Args:
        splits: "train", "validation", and "test" if there is one, with all columns in the order of the data set. A test
            split without labels has no label columns.
        labels: The encoded labels of each split that has any, one row per example.
        spec: The task. The maximum input length depends on the model and is not known yet.
        notes: Automatic choices, one sentence each.
    """

    splits: DatasetDict
    labels: dict[str, NDArray[Any]]
    spec: TaskSpec
    notes: list[str] = field(default_factory=list)


@dataclass
class Encoded:
    """The inputs of the model.

    Args:
        splits: For each split, the columns that the tokenizer returns, and `labels` if there are any. Not padded.
        truncated: For each split, the number of truncated examples.
        spec: As in `Data`, with all options.
        notes: As in `Data`.
        example: The text of the first training example, with marks where something is learned.
    """

    splits: dict[str, Dataset]
    truncated: dict[str, int]
    spec: TaskSpec
    notes: list[str] = field(default_factory=list)
    example: list[Piece] = field(default_factory=list)
