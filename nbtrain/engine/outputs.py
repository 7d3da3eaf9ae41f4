"""Capture the outputs of evaluations for each example, in the order of the data set.

Only logits are gathered unless metrics need other outputs. They are moved off the device before they fill it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.engine import facts
from nbtrain.engine.patching import InstancePatches

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from transformers import Trainer

    Table = NDArray[Any]


Reduce = Callable[[Any, Any], Any]
"""A function of a model's outputs and labels, as `preprocess_logits_for_metrics` of a Trainer."""

READS_LOGITS = "reads_logits"
"""Attribute of a `compute_metrics` that needs only logits and labels, even if the model has other outputs."""

MAX_BYTES_ON_DEVICE = 64 * 2**20
"""Bytes of logits that an evaluation gathers on a device before it moves them to main memory."""


@dataclass(frozen=True)
class Outputs:
    """Model outputs for each example.

    Attributes:
        logits: Array with a row for each example, such as (examples, outputs) or (examples, tokens, outputs).
        label_ids: Array with a row for each example; None if there are no labels, or several arrays of them.
    """

    logits: Table
    label_ids: Table | None

    @classmethod
    def of(cls, output: Any) -> Outputs | None:
        """The outputs of a `PredictionOutput` or an `EvalLoopOutput`; None unless the logits are one array of at
        least two dimensions.
        """
        logits = (
            output.predictions[0]
            if isinstance(output.predictions, tuple) and output.predictions
            else output.predictions
        )
        labels = output.label_ids
        if getattr(logits, "ndim", 0) < 2:
            return None
        return cls(logits, None if isinstance(labels, tuple) else labels)

    def restored(self, order: list[int]) -> Outputs:
        """These outputs in the order of the data set; `order` has the row of each of them."""
        import numpy as np

        places = np.argsort(order)
        return Outputs(self.logits[places], None if self.label_ids is None else self.label_ids[places])

    @classmethod
    def joined(cls, chunks: Iterable[Outputs | None], rows: int) -> Outputs | None:
        """Concatenate the outputs of chunks into one preallocated array.

        `chunks` is consumed lazily, so at most one chunk is in memory twice. Chunks of inputs of different lengths are
        padded with -100, as the Trainer does with batches.

        Args:
            chunks: The outputs of each chunk.
            rows: Rows of all chunks.

        Returns:
            None if a chunk has no array of logits, or if the outputs of some rows are missing.
        """
        logits: Table | None = None
        labels: Table | None = None
        start = 0
        for chunk in chunks:
            if chunk is None:
                return None
            if len(chunk.logits) == rows:
                return chunk
            if logits is None:
                logits = _empty_like(chunk.logits, rows)
                labels = None if chunk.label_ids is None else _empty_like(chunk.label_ids, rows)
            stop = start + len(chunk.logits)
            if stop > rows:
                return None
            logits = _filled(logits, chunk.logits, start)
            if labels is not None:
                labels = _filled(labels, chunk.label_ids, start)
            start = stop
        return cls(logits, labels) if logits is not None and start == rows else None


PADDING = -100
"""What the Trainer pads outputs of different lengths with."""


def _filled(table: Table, chunk: Any, start: int) -> Table:
    """`table` with `chunk` from row `start` on; both are padded to the length of the longer."""
    import numpy as np

    if chunk.ndim > 1 and chunk.shape[1] != table.shape[1]:
        longest = max(chunk.shape[1], table.shape[1])
        table, chunk = (
            np.pad(one, [(0, 0), (0, longest - one.shape[1])] + [(0, 0)] * (one.ndim - 2), constant_values=PADDING)
            for one in (table, chunk)
        )
    table[start : start + len(chunk)] = chunk
    return table


def _empty_like(chunk: Table, rows: int) -> Table:
    import numpy as np

    return np.empty((rows, *chunk.shape[1:]), dtype=chunk.dtype)


class EvaluationTap:
    """Captures the outputs of a Trainer's evaluations of its `eval_dataset` while it is installed.

    Args:
        trainer: The Trainer.
        reduce: The function of (outputs, labels) whose result is captured; by default the logits. It is the Trainer's
            `preprocess_logits_for_metrics`, or takes its place.

    Attributes:
        last: Outputs of the evaluations since the last `take()`, by the name of the evaluation set: "" if the Trainer
            has only one.
    """

    def __init__(self, trainer: Trainer, reduce: Reduce | None = None) -> None:
        self.last: dict[str, Outputs] = {}
        self._reduce = reduce or first_output
        self._expected: str | None = None
        self._trainer = trainer
        self._patches = InstancePatches()

    def install(self) -> None:
        self._patches.patch(self._trainer, "evaluation_loop", self._evaluation_loop)
        self._patches.patch(self._trainer, "get_eval_dataloader", self._get_eval_dataloader)

    def remove(self) -> None:
        self._patches.restore()

    def take(self) -> dict[str, Outputs]:
        """Return `last`, and forget it."""
        outputs, self.last = self.last, {}
        return outputs

    def predict(self, dataset: Any) -> Outputs | None:
        """The outputs for each row of `dataset`, in its order, without computing metrics."""
        trainer, arguments = self._trainer, self._trainer.args
        hooks = trainer.compute_metrics, trainer.preprocess_logits_for_metrics
        loaders = list(trainer.accelerator._dataloaders)
        drop_last, strategy = arguments.dataloader_drop_last, arguments.train_sampling_strategy
        trainer.compute_metrics, trainer.preprocess_logits_for_metrics = None, self._reduce
        arguments.dataloader_drop_last, arguments.train_sampling_strategy = False, "random"
        try:
            return Outputs.of(trainer.predict(dataset))
        finally:
            trainer.compute_metrics, trainer.preprocess_logits_for_metrics = hooks
            arguments.dataloader_drop_last, arguments.train_sampling_strategy = drop_last, strategy
            trainer.accelerator._dataloaders[:] = loaders  # accelerate would keep a reference to every data set

    def _evaluation_loop(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        trainer = self._trainer
        name, self._expected = self._expected, None
        if trainer.preprocess_logits_for_metrics not in (None, self._reduce):  # its result may be anything
            return original(*args, **kwargs)
        loader = args[0] if args else kwargs.get("dataloader")
        order = sampled_order(loader)
        with self._gather_sparingly(getattr(loader, "dataset", None)):
            output = original(*args, **kwargs)
        with contextlib.suppress(Exception):  # a Trainer's own `evaluation_loop` may return anything
            outputs = Outputs.of(output)
            if outputs is not None and order is not None:
                outputs = outputs.restored(order)
            if name is not None and outputs is not None:
                self.last = {**self.last, name: outputs}
        return output

    def _get_eval_dataloader(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        """The Trainer asks for its own data set by None or by itself, for one of several by its name."""
        asked = args[0] if args else kwargs.get("eval_dataset")
        is_own = asked is None or asked is self._trainer.eval_dataset
        self._expected = asked if isinstance(asked, str) else "" if is_own else None
        return original(*args, **kwargs)

    @contextmanager
    def _gather_sparingly(self, dataset: Any) -> Iterator[None]:
        """Context manager: an evaluation of `dataset` gathers only what is needed, and not too much on the device."""
        trainer = self._trainer
        arguments, steps = trainer.args, trainer.args.eval_accumulation_steps
        before = trainer.preprocess_logits_for_metrics
        if getattr(trainer.compute_metrics, READS_LOGITS, False):
            trainer.preprocess_logits_for_metrics = self._reduce
        if steps is None and arguments.device.type != "cpu":
            arguments.eval_accumulation_steps = batches_on_device(trainer, dataset)
        try:
            yield
        finally:
            trainer.preprocess_logits_for_metrics = before
            arguments.eval_accumulation_steps = steps


def sampled_order(loader: Any) -> list[int] | None:
    """The rows in the order in which `loader` will give them, if the Trainer groups them by length; else None."""
    from transformers.trainer_pt_utils import LengthGroupedSampler

    batches = getattr(loader, "batch_sampler", None)
    batches = getattr(batches, "batch_sampler", batches)  # accelerate's, if there are several processes
    sampler = getattr(batches, "sampler", None)
    if not isinstance(sampler, LengthGroupedSampler) or sampler.generator is None:
        return None
    state = sampler.generator.get_state()
    try:
        return list(sampler)
    finally:
        sampler.generator.set_state(state)


def first_output(outputs: Any, labels: Any) -> Any:
    """The logits. Some models also return hidden states, which are far larger."""
    return outputs[0] if isinstance(outputs, tuple) and outputs else outputs


def batches_on_device(trainer: Trainer, dataset: Any) -> int | None:
    """Value of `eval_accumulation_steps` for `dataset`; None if all of its logits may stay on the device."""
    rows = facts.length(dataset)
    row_bytes = 4 * getattr(getattr(trainer.model, "config", None), "num_labels", 2)
    if rows * row_bytes <= MAX_BYTES_ON_DEVICE:
        return None
    return max(1, MAX_BYTES_ON_DEVICE // (row_bytes * int(trainer.args.eval_batch_size)))
