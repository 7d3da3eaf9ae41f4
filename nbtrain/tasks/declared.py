"""What a task says of itself, as class attributes with the usual values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from nbtrain.tasks.keys import Key

if TYPE_CHECKING:
    from nbtrain.tasks.scores import Metric


MAX_SHOWN = 5
"""Predictions that a record shows as text."""


class TaskFacts:
    """The attributes of a task; `nbtrain.tasks.base.Task` has its methods."""

    name: ClassVar[str]
    """The name of the module."""

    title: ClassVar[str]
    """One line of help."""

    words: ClassVar[str]
    """The task in a sentence: "regression"."""

    reads: ClassVar[str] = "text"
    """What the model reads, in a word."""

    example: ClassVar[tuple[str, str]] = ("text", "label")
    """Usual names of the columns of input and label, for the template."""

    has_labels: ClassVar[bool] = True
    """Whether the data have label columns."""

    takes_label: ClassVar[bool] = True
    """Whether the key `label` names a column."""

    no_predictions: ClassVar[str] = ""
    """Why there is no table of predictions, and what to use; "" if there is one."""

    has_classes: ClassVar[bool] = True
    """Whether the model's outputs have names."""

    max_inputs: ClassVar[int] = 2
    """How many input columns a form offers; a configuration may name more."""

    takes_label_columns: ClassVar[bool] = False
    """Whether there may be several label columns."""

    example_data: ClassVar[tuple[str, str]] = ("train", "train.csv")
    """A key with data, and its value, for the template."""

    has_demo: ClassVar[bool] = False
    """Whether `dataset = "demo"` has examples of it."""

    example_models: ClassVar[tuple[str, str]] = ("demo", "bert-base-cased")
    """The model of the template, and one on the Hub."""

    needed_model: ClassVar[str] = "an encoder, or another model of texts with a head for the task"
    """What a model for the task is."""

    template_values: ClassVar[Mapping[str, Any]] = {}
    """Values of the template that are not the defaults."""

    keys: ClassVar[tuple[Key, ...]] = ()
    """Keys of its own in a configuration. Their values are options of the `TaskSpec`."""

    auto_model: ClassVar[str]
    """The class of transformers that loads a model with the head of the task."""

    processor: ClassVar[str] = "AutoTokenizer"
    """The class of transformers that loads what makes the model's inputs: a tokenizer or an image processor."""

    trainer: ClassVar[str] = "Trainer"
    """The class of transformers that trains."""

    arguments: ClassVar[str] = "TrainingArguments"
    """The class of its arguments. Fields that `TrainingArguments` does not have are keys of this task."""

    argument_defaults: ClassVar[Mapping[str, Any]] = {}
    """Defaults of `arguments` that differ from those of transformers."""

    argument_options: ClassVar[tuple[str, ...]] = ()
    """Fields of `arguments` whose values are options of the `TaskSpec`, too."""

    has_new_head: ClassVar[bool] = True
    """Whether the model's head is new and is trained from its beginning."""

    adapter_type: ClassVar[str | None] = None
    """The `task_type` of PEFT's adapters; None for those that know only the base model."""

    often_adapted: ClassVar[bool] = False
    """Whether its models are usually so large that a form offers LoRA first."""

    on_demand: ClassVar[bool] = False
    """Whether inputs are made when a batch is needed, because they are too large to keep, as those of images are."""

    outputs_vocabulary: ClassVar[bool] = False
    """Whether the outputs have a number for each token of the vocabulary, so that they are large."""

    generates: ClassVar[bool] = False
    """Whether `generate` makes the table of predictions, for a few rows, and not the outputs of an evaluation."""

    output_shape: ClassVar[tuple[str, ...]] = ("rows", "outputs")
    """The dimensions of the model's logits. The first is the number of rows, the last `num_outputs`."""

    aligns_labels: ClassVar[bool] = False
    """Whether `tokenize` makes the labels that the model takes, from those of the rows, such as one for each token."""

    needs_order: ClassVar[bool] = False
    """Whether metrics need outputs in the order of the inputs, since they compare with more than labels."""

    unwatched: ClassVar[str] = ""
    """Why the outputs of a user's own Trainer are no table of predictions; "" if they are one."""

    metrics: ClassVar[Mapping[str, Metric]]
    """The metrics of the task by name."""

    weighted_loss: ClassVar[str] = ""
    """The loss in which classes have weights: a class in `nbtrain.training.weighted_loss`; "" if they cannot have."""
