"""The interface of a task: from label columns to labels for the model, and from its outputs to a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from nbtrain.events import Label, TaskSpec

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray
    from transformers import PreTrainedConfig

ProblemType = Literal["single_label_classification", "multi_label_classification", "regression"]
"""The `problem_type` of a model's configuration; it determines the loss that transformers computes."""


class Task(ABC):
    """One kind of task. It is stateless: what `inspect` finds out about a data set is a `TaskSpec`, which the other
    methods take.

    A new task is a new module in `nbtrain.tasks` with a subclass and an instance of it named `TASK`.
    """

    name: ClassVar[str]
    """The name of the module."""

    title: ClassVar[str]
    """One line of help."""

    problem_type: ClassVar[ProblemType]

    has_classes: ClassVar[bool] = True
    """Whether the model's outputs have names."""

    takes_label_columns: ClassVar[bool] = False
    """Whether there may be several label columns."""

    has_demo: ClassVar[bool] = False
    """Whether `dataset = "demo"` is an example of it."""

    @abstractmethod
    def matches(self, train: Dataset, target: Sequence[str]) -> bool:
        """Whether label columns like these are for this task, and for no other."""

    def suits(self, model_config: PreTrainedConfig) -> bool:
        """Whether a model with this configuration was made for the task."""
        return bool(model_config.problem_type == self.problem_type)

    def inspect(self, train: Dataset, inputs: Sequence[str], target: Sequence[str], notes: list[str]) -> TaskSpec:
        """The specification of the task for a data set.

        Args:
            train: The training split; no label is missing.
            inputs: Columns that the model reads.
            target: Label columns.
            notes: Receives a note about every automatic choice.

        Raises:
            DataError: The task cannot learn these label columns.
        """
        labels = self.labels_of(train, target, notes)
        return TaskSpec(self.name, tuple(inputs), tuple(target), tuple(labels))

    @abstractmethod
    def labels_of(self, train: Dataset, target: Sequence[str], notes: list[str]) -> Sequence[Label]:
        """The classes as the data has them, in the order of the model's outputs; empty for regression. Arguments as for
        `inspect`.

        Raises:
            DataError: The task cannot learn these label columns.
        """

    @abstractmethod
    def unlabeled_mask(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        """A mask of the rows without a label, (rows,): an empty cell, or the -1 of hidden labels on the Hub."""

    @abstractmethod
    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[Any]:
        """The labels in the form that the model takes, one row per example.

        Raises:
            DataError: Rows of `split` have labels that `spec` does not have. The message has their number.
        """

    def num_outputs(self, spec: TaskSpec) -> int:
        """Number of outputs of the model's head."""
        return max(1, len(spec.labels))

    def classes(self, encoded: NDArray[Any]) -> NDArray[np.int64] | None:
        """The class of each row, for stratified splits; None if rows do not have exactly one class."""
        return None

    @abstractmethod
    def default_metrics(self, spec: TaskSpec) -> list[str]:
        """Names of the metrics to compute if the configuration has none."""

    @abstractmethod
    def to_frame(self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec) -> pd.DataFrame:
        """The model's outputs as a DataFrame, one row per example.

        Args:
            logits: (rows, outputs).
            label_ids: Labels as `encode` returns them; None leaves out the columns that compare with them.
            spec: The task for the data set.
        """
