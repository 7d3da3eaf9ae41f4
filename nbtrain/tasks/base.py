"""What a task is: how labels are understood, and how the model's outputs become columns that people read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from nbtrain.events import TaskSpec

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray

ProblemType = Literal["single_label_classification", "multi_label_classification", "regression"]
"""What a model's configuration calls the task; it decides which loss transformers computes."""


class Task(ABC):
    """One kind of task. It has no state: what it found out about data is a `TaskSpec`, which it is given again.

    A new task is a new module in `nbtrain.tasks` with a subclass, and an instance of it called `TASK`.
    """

    name: ClassVar[str]
    """The name of the module."""

    title: ClassVar[str]
    """A line of help."""

    problem_type: ClassVar[ProblemType]

    @abstractmethod
    def fits(self, train: Dataset, target: Sequence[str]) -> bool:
        """Whether this is the one task that label columns like these call for."""

    def inspect(self, train: Dataset, inputs: Sequence[str], target: Sequence[str], notes: list[str]) -> TaskSpec:
        """What there is to learn.

        Args:
            train: The training split; no label is missing.
            inputs: Columns that the model reads.
            target: Label columns.
            notes: Gets a sentence for every choice.

        Raises:
            DataError: The label columns cannot be what the task learns.
        """
        labels = self.class_names(train, target, notes)
        return TaskSpec(self.name, tuple(inputs), tuple(target), tuple(labels))

    @abstractmethod
    def class_names(self, train: Dataset, target: Sequence[str], notes: list[str]) -> list[str]:
        """The class names, in the order of the model's outputs; none for regression. As `inspect`.

        Raises:
            DataError: The label columns cannot be what the task learns.
        """

    @abstractmethod
    def hidden(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        """Which rows have no label, (rows,): an empty cell, or the -1 with which hub data sets hide labels."""

    @abstractmethod
    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[Any]:
        """The labels as the model takes them, a row each.

        Raises:
            DataError: Some rows of `split` have labels that are not among those of `spec`; they are counted.
        """

    def num_outputs(self, spec: TaskSpec) -> int:
        """Width of the model's head."""
        return max(1, len(spec.labels))

    def classes(self, encoded: NDArray[Any]) -> NDArray[np.int64] | None:
        """The class of each row, to cut splits with the same mix; None where rows have no one class."""
        return None

    @abstractmethod
    def default_metrics(self, spec: TaskSpec) -> list[str]:
        """Names of the metrics that are computed where none are asked for."""

    @abstractmethod
    def columns(self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec) -> pd.DataFrame:
        """The model's outputs as columns, a row per example.

        Args:
            logits: (rows, outputs).
            label_ids: Labels as `encode` gives them; without them no column compares.
            spec: What was learned.
        """
