"""EvaluationTap: keep what an evaluation computed for each example, in the data set's own order.

Of what a model gives, only the logits are gathered where nobody asks for more, and where they would fill a device they
leave it in time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.engine.patching import Wraps

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import Trainer

    Table = NDArray[Any]


READS_LOGITS = "reads_logits"
"""Attribute of a `compute_metrics` that reads nothing but the logits and the labels, whatever else a model returns."""

MOST_ON_DEVICE = 64 * 2**20
"""Bytes of logits that an evaluation gathers on a device before they go to the memory of the machine."""


@dataclass(frozen=True)
class Outputs:
    """What the model said of each example.

    Attributes:
        logits: Array of shape (examples, outputs).
        label_ids: Array of shape (examples,) or (examples, outputs); None where there are no labels.
    """

    logits: Table
    label_ids: Table | None

    @classmethod
    def of(cls, output: Any) -> Outputs | None:
        """The outputs of a `PredictionOutput` or an `EvalLoopOutput`; None where they are no table of numbers."""
        logits = (
            output.predictions[0]
            if isinstance(output.predictions, tuple) and output.predictions
            else output.predictions
        )
        labels = output.label_ids
        if getattr(logits, "ndim", 0) != 2 or isinstance(labels, tuple):
            return None
        return cls(logits, labels)

    @classmethod
    def joined(cls, parts: Iterable[Outputs | None], rows: int) -> Outputs | None:
        """Those of `rows` rows, which come in parts; None if one of them is. No two copies of all are ever there."""
        logits: Table | None = None
        labels: Table | None = None
        start = 0
        for part in parts:
            if part is None:
                return None
            if len(part.logits) == rows:
                return part
            if logits is None:
                logits = _table_like(part.logits, rows)
                labels = None if part.label_ids is None else _table_like(part.label_ids, rows)
            stop = start + len(part.logits)
            logits[start:stop] = part.logits
            if labels is not None:
                labels[start:stop] = part.label_ids
            start = stop
        return None if logits is None else cls(logits, labels)


def _table_like(part: Table, rows: int) -> Table:
    import numpy as np

    return np.empty((rows, *part.shape[1:]), dtype=part.dtype)


class EvaluationTap:
    """Sees the evaluations of a Trainer while it is installed.

    Attributes:
        last: The outputs of the newest evaluation, or None.
    """

    def __init__(self, trainer: Trainer) -> None:
        self.last: Outputs | None = None
        self._trainer = trainer
        self._wraps = Wraps()

    def install(self) -> None:
        self._wraps.wrap(self._trainer, "evaluation_loop", self._keep_outputs)
        if self._trainer.args.train_sampling_strategy == "group_by_length":  # sorts evaluation and prediction as well
            self._wraps.wrap(self._trainer, "get_eval_dataloader", self._in_order)
            self._wraps.wrap(self._trainer, "get_test_dataloader", self._in_order)

    def remove(self) -> None:
        self._wraps.undo()

    def take(self) -> Outputs | None:
        """The outputs of the newest evaluation, which are not kept any longer."""
        outputs, self.last = self.last, None
        return outputs

    def predict(self, dataset: Any) -> Outputs | None:
        """The outputs for each row of `dataset`, in its order. No metrics are computed."""
        trainer = self._trainer
        hooks = trainer.compute_metrics, trainer.preprocess_logits_for_metrics
        loaders = list(trainer.accelerator._dataloaders)
        trainer.compute_metrics = trainer.preprocess_logits_for_metrics = None
        try:
            return Outputs.of(trainer.predict(dataset))
        finally:
            trainer.compute_metrics, trainer.preprocess_logits_for_metrics = hooks
            trainer.accelerator._dataloaders[:] = loaders  # accelerate would keep every data set that was ever read

    def _keep_outputs(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        trainer = self._trainer
        self.last = None
        if trainer.preprocess_logits_for_metrics is not None:  # what comes of it may be anything
            return original(*args, **kwargs)
        loader = args[0] if args else kwargs["dataloader"]
        with self._nothing_needless(getattr(loader, "dataset", None)):
            output = original(*args, **kwargs)
        self.last = Outputs.of(output)
        return output

    @contextmanager
    def _nothing_needless(self, dataset: Any) -> Iterator[None]:
        """Inside, an evaluation of `dataset` gathers no more than is read, and not too much of it on the device."""
        trainer = self._trainer
        arguments, steps = trainer.args, trainer.args.eval_accumulation_steps
        reads = trainer.compute_metrics
        if reads is None or getattr(reads, READS_LOGITS, False):
            trainer.preprocess_logits_for_metrics = first_output
        if steps is None and arguments.device.type != "cpu":
            arguments.eval_accumulation_steps = batches_on_device(trainer, dataset)
        try:
            yield
        finally:
            trainer.preprocess_logits_for_metrics = None
            arguments.eval_accumulation_steps = steps

    def _in_order(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        arguments = self._trainer.args
        arguments.train_sampling_strategy = "random"
        try:
            return original(*args, **kwargs)
        finally:
            arguments.train_sampling_strategy = "group_by_length"


def first_output(outputs: Any, labels: Any) -> Any:
    """The logits, of what a model gives: some give hidden states as well, which are far larger."""
    return outputs[0] if isinstance(outputs, tuple) and outputs else outputs


def batches_on_device(trainer: Trainer, dataset: Any) -> int | None:
    """Batches whose logits are gathered before they leave the device; None where those of all of `dataset` may stay."""
    rows = len(dataset) if hasattr(dataset, "__len__") else 0
    each = 4 * getattr(getattr(trainer.model, "config", None), "num_labels", 2)
    if rows * each <= MOST_ON_DEVICE:
        return None
    return max(1, MOST_ON_DEVICE // (each * int(trainer.args.eval_batch_size)))
