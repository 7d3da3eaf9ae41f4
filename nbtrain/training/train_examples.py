"""How each training example goes, from the losses of the steps themselves: what `track_train_examples` records.

No example is read by the model once more. The forward pass of a step has computed the logits, of which the loss of each
example takes one more line. Losses stay on the device until they are written.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from nbtrain.engine.patching import InstancePatches
from nbtrain.events import run_dir as layout

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import Trainer

    from nbtrain.training.evaluations import Write

    Losses = Callable[[torch.Tensor, torch.Tensor], tuple[torch.Tensor, torch.Tensor]]

ROW = "nbtrain_row"
"""The column with the number of a training example, which batches have in addition."""


def class_losses(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The cross-entropy of each example, and whether the most probable class is its label."""
    labels = labels.reshape(-1)
    return torch.nn.functional.cross_entropy(logits, labels, reduction="none"), logits.argmax(dim=-1) == labels


def label_losses(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The binary cross-entropy of each example, its mean over the labels; and whether all of them are right."""
    losses = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels.float(), reduction="none")
    return losses.mean(dim=-1), ((logits > 0) == (labels > 0.5)).all(dim=-1)


def token_losses(logits: torch.Tensor, labels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The cross-entropy of each example, its mean over the tokens that count; and whether all of them are right."""
    counts = labels != -100
    losses = torch.nn.functional.cross_entropy(logits.transpose(1, 2), labels, reduction="none")
    return losses.sum(dim=1) / counts.sum(dim=1), ((logits.argmax(dim=-1) == labels) | ~counts).all(dim=1)


LOSSES: dict[str, Losses] = {one.__name__: one for one in (class_losses, label_losses, token_losses)}
"""What computes losses (examples,), and whether examples are right, from logits and labels; by name."""


class TrainExamples:
    """Records the loss of each training example in each step.

    Args:
        trainer: The Trainer.
        losses: A name in `LOSSES`; "" records nothing.
        write: Writes a file of the run.
        warn: Tells the user what went wrong; the training goes on.
    """

    def __init__(self, trainer: Trainer, losses: str, write: Write, warn: Callable[[str], None]) -> None:
        self._trainer = trainer
        self._losses = LOSSES.get(losses)
        self._write = write
        self._warn = warn
        self._batches: list[tuple[int, torch.Tensor, torch.Tensor, torch.Tensor]] = []
        self._files = 0
        self._has_failed = False

    @contextlib.contextmanager
    def recorded(self) -> Iterator[None]:
        """Context manager: the losses of the steps in it are recorded."""
        if self._losses is None:
            yield
            return
        trainer, patches = self._trainer, InstancePatches()
        before = {name: getattr(trainer, name, None) for name in ("train_dataset", "data_collator")}
        columns = None
        try:
            trainer._set_signature_columns_if_needed()
            columns = trainer._signature_columns
            dataset = numbered(trainer.train_dataset)
            trainer._signature_columns = [*columns, ROW]  # else the Trainer removes the column
            trainer.train_dataset, trainer.data_collator = dataset, NumberedCollator(trainer.data_collator)
            patches.patch(trainer, "compute_loss", self._compute_loss)
        except Exception as error:  # a Trainer class of the user's may have anything
            self._give_up(error)
        try:
            yield
        finally:
            self.flush()
            patches.restore()
            for name, value in before.items():
                setattr(trainer, name, value)
            if columns is not None:
                trainer._signature_columns = columns

    def flush(self) -> None:
        """Write the losses since the last time."""
        import pandas as pd

        batches, self._batches = self._batches, []
        if not batches:
            return
        try:
            steps = np.repeat([step for step, *_ in batches], [len(rows) for _, rows, *_ in batches])
            rows, losses, right = (torch.cat(parts).cpu().numpy() for parts in list(zip(*batches, strict=True))[1:])
            table = pd.DataFrame({"row": rows, "step": steps, "loss": losses, "correct": right})
        except Exception as error:  # of a function that gives another number of losses
            self._give_up(error)
            return
        if self._write(lambda path: table.to_parquet(path), layout.train_examples_file(self._files)):
            self._files += 1

    def _compute_loss(
        self, original: Callable[..., Any], model: Any, inputs: Any, return_outputs: bool = False, **named: Any
    ) -> Any:
        if ROW not in inputs:
            return original(model, inputs, return_outputs=return_outputs, **named)
        rows, labels = inputs[ROW], inputs.get("labels")
        plain = type(inputs)({name: value for name, value in inputs.items() if name != ROW})
        if self._has_failed:
            return original(model, plain, return_outputs=return_outputs, **named)
        loss, outputs = original(model, plain, return_outputs=True, **named)
        try:
            self._record(rows, outputs["logits"], labels)
        except Exception as error:  # a Trainer's own `compute_loss` may return anything
            self._give_up(error)
        return (loss, outputs) if return_outputs else loss

    @torch.no_grad()
    def _record(self, rows: torch.Tensor, logits: torch.Tensor, labels: torch.Tensor) -> None:
        assert self._losses is not None
        losses, right = self._losses(logits.detach().float(), labels)
        self._batches.append((self._trainer.state.global_step + 1, rows, losses, right))

    def _give_up(self, error: Exception) -> None:
        self._has_failed = True
        self._warn(f"How the training examples go is not recorded: {type(error).__name__}: {error}.")


class NumberedCollator:
    """A data collator that passes on the numbers of examples, whatever `collator` makes of the rest."""

    def __init__(self, collator: Any) -> None:
        self.collator = collator

    def __call__(self, examples: list[Any]) -> Any:
        if not examples or ROW not in examples[0]:
            return self.collator(examples)
        rows = [example[ROW] for example in examples]
        batch = self.collator([{name: value for name, value in one.items() if name != ROW} for one in examples])
        batch[ROW] = torch.tensor(rows)
        return batch


class NumberedInputs:
    """The function of a data set that makes its inputs when they are needed, with the number of each example."""

    def __init__(self, transform: Callable[[dict[str, list[Any]]], dict[str, list[Any]]]) -> None:
        self.transform = transform

    def __call__(self, batch: dict[str, list[Any]]) -> dict[str, list[Any]]:
        return {**self.transform(batch), ROW: batch[ROW]}


def numbered(dataset: Dataset) -> Dataset:
    """The data set with a column that has the number of each row."""
    transform = (dataset.format["format_kwargs"] or {}).get("transform")
    rows = dataset.add_column(ROW, np.arange(len(dataset)))
    return rows if transform is None else rows.with_transform(NumberedInputs(transform))
