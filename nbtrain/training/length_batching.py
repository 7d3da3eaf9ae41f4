"""Batches of inputs of similar length, so that little of them is padding.

This module needs only torch and transformers: an exported script contains a copy of its classes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow.compute as pc
from datasets import Dataset
from torch.utils.data import Sampler
from transformers import EvalPrediction, Trainer


class SimilarLengths(Sampler[int]):
    """Orders the examples of an epoch so that each batch has inputs of similar length.

    The examples are sorted by length, with 2 % noise so that batches differ between epochs, and split into batches,
    which are shuffled; an incomplete batch comes last. The order depends only on seed and epoch, so a training that
    resumes within an epoch gets the same order.
    """

    def __init__(self, lengths: Any, batch_size: int, seed: int) -> None:
        self.lengths, self.batch_size, self.seed, self.epoch = lengths, batch_size, seed, 0

    def __len__(self) -> int:
        return len(self.lengths)

    def set_epoch(self, epoch: int) -> None:
        self.epoch = epoch

    def __iter__(self) -> Iterator[int]:
        random = np.random.default_rng([self.seed, self.epoch])
        order = np.argsort(self.lengths * random.uniform(1.0, 1.02, len(self.lengths)))
        batches, rest = divmod(len(order), self.batch_size)
        first = int(random.integers(batches + 1)) * self.batch_size
        last = slice(first, first + rest)
        full = np.delete(order, last).reshape(batches, self.batch_size)
        yield from np.concatenate([random.permutation(full).reshape(-1), order[last]]).tolist()


class LongestFirst(Sampler[int]):
    """Orders the examples of an evaluation by length, the longest first."""

    def __init__(self, lengths: Any) -> None:
        self.order = np.argsort(-lengths, kind="stable")

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[int]:
        yield from self.order.tolist()


class ByLengthTrainer(Trainer):
    """A Trainer with batches of similar length. Results of an evaluation are in the order of the data set."""

    compute_metrics: Any

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        lengths = input_lengths(self.train_dataset if train_dataset is None else train_dataset)
        if lengths is None:
            return super()._get_train_sampler(train_dataset)
        seed = self.args.seed if self.args.data_seed is None else self.args.data_seed
        return SimilarLengths(lengths, self._train_batch_size * self.args.world_size, seed)

    def _get_eval_sampler(self, eval_dataset: Any) -> Any:
        args, lengths = self.args, input_lengths(eval_dataset)
        in_batches = args.batch_eval_metrics or not args.eval_do_concat_batches or "loss" in args.include_for_metrics
        if lengths is None or in_batches or args.dataloader_drop_last or args.world_size > 1:
            return super()._get_eval_sampler(eval_dataset)
        return LongestFirst(lengths)

    def evaluation_loop(self, dataloader: Any, *args: Any, **kwargs: Any) -> Any:
        """As the Trainer's own; with a `LongestFirst` sampler, the results are restored to the original order."""
        order = getattr(getattr(dataloader.batch_sampler, "sampler", None), "order", None)
        if order is None:
            return super().evaluation_loop(dataloader, *args, **kwargs)
        compute_metrics = self.compute_metrics

        def compute_in_order(prediction: Any) -> Any:
            names = ("predictions", "label_ids", "inputs")
            return compute_metrics(EvalPrediction(*(in_order(getattr(prediction, name), order) for name in names)))

        self.compute_metrics = compute_in_order if compute_metrics is not None else None
        try:
            output = super().evaluation_loop(dataloader, *args, **kwargs)
        finally:
            self.compute_metrics = compute_metrics
        return output._replace(
            predictions=in_order(output.predictions, order), label_ids=in_order(output.label_ids, order)
        )


def input_lengths(dataset: Any) -> Any:
    """Number of tokens of each example; None if that is unknown without reading them one by one."""
    if not isinstance(dataset, Dataset) or "input_ids" not in dataset.column_names or len(dataset) == 0:
        return None
    return pc.list_value_length(dataset.with_format("arrow")[:]["input_ids"]).to_numpy()


def in_order(values: Any, order: Any) -> Any:
    """Undo a permutation: row `i` of `values` belongs to example `order[i]`."""
    if isinstance(values, (list, tuple)):
        return type(values)(in_order(one, order) for one in values)
    if isinstance(values, dict):
        return {name: in_order(one, order) for name, one in values.items()}
    if not isinstance(values, np.ndarray) or len(values) != len(order):
        return values
    sorted_values = np.empty_like(values)
    sorted_values[order] = values
    return sorted_values
