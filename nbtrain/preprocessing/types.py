"""What comes out of reading data, and out of tokenizing it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datasets import Dataset, DatasetDict
    from numpy.typing import NDArray

    from nbtrain.events import TaskSpec


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
