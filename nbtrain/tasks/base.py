"""The interface of a task: from rows to inputs of a model, and from its outputs to metrics and a table."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain import format
from nbtrain.data.columns import check_text, find_columns
from nbtrain.events import Label, Piece, TaskSpec
from nbtrain.tasks.declared import TaskFacts
from nbtrain.tasks.texts import cells_of_text, example_of_texts, tokenize_texts

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray
    from transformers import PreTrainedConfig

    from nbtrain.data.source import Progress, Source
    from nbtrain.tasks.baselines import Constant
    from nbtrain.tasks.script import Script


@dataclass(frozen=True)
class EvaluationData:
    """What an evaluation was of, for tasks whose outputs mean nothing without it.

    Args:
        processor: The tokenizer or image processor.
        rows: The rows; None if they are not known.
        encoded: The model's inputs that were made from them; None if they are not known.
    """

    processor: Any
    rows: Dataset | None = None
    encoded: Any = None


class Task(TaskFacts, ABC):
    """One kind of task. It is stateless: what `inspect` finds out about a data set is a `TaskSpec`, which the other
    methods take.

    A new task is a new module in `nbtrain.tasks` with a subclass and an instance of it named `TASK`; or such a module
    of another package, which its metadata names: an entry point in the group "nbtrain.tasks".

    The methods that are not abstract are those of a task that reads one text, or a pair of texts.
    """

    # From rows to inputs

    def recognizes(self, train: Dataset, source: Source) -> bool:
        """Whether the columns are certainly those of this task, whatever `text` and `label` the user has named."""
        return False

    def find_columns(
        self, splits: Mapping[str, Dataset], source: Source, notes: list[str]
    ) -> tuple[Sequence[str], Sequence[str]]:
        """The input columns and the label columns: those that `source` names, or those that are found.

        Raises:
            DataError: A column is missing or has another type, or it is not clear which columns are meant.
        """
        return find_columns(splits, source, notes)

    def matches(self, train: Dataset, target: Sequence[str]) -> bool:
        """Whether label columns like these, next to texts, are for this task and for no other."""
        return False

    def check_inputs(self, rows: Dataset, inputs: Sequence[str], split: str) -> None:
        """Raises DataError if an input column is missing, has another type, or has empty cells."""
        check_text(rows, inputs, split)

    def check_on_demand(self, splits: Mapping[str, Dataset], spec: TaskSpec, progress: Progress) -> None:
        """Check that the inputs of all rows can be made, if the task makes them `on_demand`.

        Raises:
            DataError: Some cannot; it names them.
        """

    def cells_of(self, item: Any, number: int, inputs: Sequence[str]) -> Sequence[Any]:
        """The input cells of an item of a list of new rows; `number` is its position, for messages.

        Raises:
            DataError: The item is of another kind.
        """
        return cells_of_text(item, number, inputs)

    def example_of(self, inputs: Sequence[str]) -> str:
        """What a list of new rows looks like, for messages."""
        return example_of_texts(inputs)

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

    @property
    def reads_tokens(self) -> bool:
        """Whether the inputs are tokens, so that they have a maximum length."""
        return self.processor == "AutoTokenizer"

    @property
    def processor_name(self) -> str:
        """What a script calls the processor."""
        return "tokenizer" if self.reads_tokens else "processor"

    @abstractmethod
    def unlabeled_mask(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        """A mask of the rows without a label, (rows,): an empty cell, or the -1 of hidden labels on the Hub."""

    @abstractmethod
    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[Any]:
        """The labels as numbers, one entry per example: (rows,), (rows, labels), or (rows,) of arrays of any length.

        Raises:
            DataError: Rows of `split` have labels that `spec` does not have. The message has their number.
        """

    def classes(self, encoded: NDArray[Any]) -> NDArray[np.int64] | None:
        """The class of each row, for stratified splits; None if rows do not have exactly one class."""
        return None

    def tokenize(
        self, batch: Mapping[str, list[Any]], labels: NDArray[Any] | None, tokenizer: Any, spec: TaskSpec
    ) -> tuple[dict[str, list[list[int]]], int]:
        """The model's inputs for a batch of rows.

        Args:
            batch: The input columns.
            labels: The labels of the batch, as `encode` returns them; None if there are none.
            tokenizer: A tokenizer of transformers, or what else `processor` loads.
            spec: The task with its options, such as `max_length`.

        Returns:
            The inputs, one list for each row, not padded; and how many rows were truncated.
        """
        return tokenize_texts(batch, spec.inputs, tokenizer, spec.options["max_length"])

    def prepared_processor(self, processor: Any, model_config: PreTrainedConfig) -> Any:
        """The processor as the task needs it, for example with a token for padding. It may be the user's object, which
        stays as it is: a copy is changed.
        """
        return processor

    def explain(self, first: Mapping[str, list[int]], tokenizer: Any, spec: TaskSpec) -> list[str]:
        """Notes that show what the model reads and learns of the first training example, as `tokenize` made it."""
        return []

    def encoded_notes(self, encoded: Dataset, split: str, spec: TaskSpec) -> list[str]:
        """Notes about the model's inputs of a whole split."""
        return []

    def describe(self, spec: TaskSpec) -> str:
        """What becomes of an input before the model reads it, in a few words: "at most 128 tokens"; "" if nothing is
        known.
        """
        longest = spec.options.get("max_length")
        return f"at most {format.count(longest)} tokens" if longest else ""

    def shown_example(self, first: Mapping[str, list[int]], tokenizer: Any, spec: TaskSpec) -> list[Piece]:
        """The text of the first training example, with marks where something is learned; empty if there is nothing to
        show.
        """
        return []

    def read_columns(self, spec: TaskSpec) -> tuple[str, ...]:
        """The columns that `tokenize` reads."""
        return spec.inputs

    # The model

    def suits(self, model_config: PreTrainedConfig) -> bool:
        """Whether a model with the head of `auto_model` and this configuration was made for the task."""
        return True

    def num_outputs(self, spec: TaskSpec) -> int:
        """Number of outputs of the model's head; 0 if it is not the task that sets it."""
        return max(1, len(spec.labels))

    def fits(self, shape: tuple[int, ...], rows: int, spec: TaskSpec) -> bool:
        """Whether outputs of this shape are those of an evaluation of `rows` inputs."""
        return len(shape) == len(self.output_shape) and (shape[0], shape[-1]) == (rows, self.num_outputs(spec))

    def model_options(self, spec: TaskSpec) -> dict[str, Any]:
        """Options of `from_pretrained` for the head, without the names of the classes."""
        return {"num_labels": self.num_outputs(spec)}

    def collator(self, tokenizer: Any, model: Any) -> Any:
        """The data collator, for batches of `model`; None for the Trainer's default, which pads inputs."""
        return None

    def reduce(self, spec: TaskSpec) -> Callable[[Any, Any], Any] | None:
        """The function of (logits, labels) that makes logits small on the device, before an evaluation gathers them.

        It is the Trainer's `preprocess_logits_for_metrics`, the same function at each call; None gathers all logits.
        """
        return None

    # Results

    def why_no_predictions(self, spec: TaskSpec) -> str:
        """As `no_predictions`, for a data set."""
        return self.no_predictions

    @abstractmethod
    def default_metrics(self, spec: TaskSpec) -> list[str]:
        """Names of the metrics to compute if the configuration has none."""

    @abstractmethod
    def answers(self, predictions: Any, label_ids: Any, spec: TaskSpec, of: EvaluationData | None = None) -> Any:
        """What the task's metrics are computed from: predictions and references. It has an attribute `are_finite`:
        False if the model has diverged.

        Args:
            predictions: The model's logits, or a tuple that begins with them.
            label_ids: The labels as the model takes them.
            spec: The task for the data set.
            of: What was evaluated; None if it is not known.
        """

    @abstractmethod
    def to_frame(
        self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec, of: EvaluationData | None = None
    ) -> pd.DataFrame:
        """The model's outputs as a DataFrame, one row per example.

        Args:
            logits: As `output_shape` says.
            label_ids: Labels as the model takes them; None leaves out the columns that compare with them.
            spec: The task for the data set.
            of: What was evaluated; None if it is not known.
        """

    @property
    def learns_from_words(self) -> bool:
        """Whether `from_words` predicts the task from word counts."""
        return False

    def constant(self, learned: NDArray[Any], spec: TaskSpec) -> Constant | None:
        """The best model that gives the same answer for every example, for labels as `encode` returns them; None if
        such an answer says nothing.
        """
        return None

    def from_words(self, train: Any, learned: NDArray[Any], other: Any, spec: TaskSpec) -> NDArray[Any]:
        """Outputs of a linear model on word counts.

        Args:
            train: Word counts of training rows, a sparse matrix (rows, words).
            learned: Their labels, as `encode` returns them.
            other: Word counts of the rows to predict.
            spec: The task for the data set.
        """
        raise NotImplementedError

    def shown_predictions(self, predictions: pd.DataFrame, spec: TaskSpec) -> list[list[Piece]]:
        """Some predictions as lines of text with marks, for the record of a run; empty if the table says it all."""
        return []

    def generate(self, model: Any, processor: Any, rows: Dataset, spec: TaskSpec, *, sample: bool) -> pd.DataFrame:
        """What the model writes, if the task `generates`: columns `prompt`, `reference` if there is one, `generated`.

        Args:
            model: The model.
            processor: Its tokenizer.
            rows: The rows.
            spec: The task for the data set.
            sample: The rows are those of an evaluation: use the first few only.
        """
        raise NotImplementedError

    @abstractmethod
    def script(self, spec: TaskSpec) -> Script:
        """What a script without nbtrain contains of the task."""
