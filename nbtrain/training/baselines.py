"""What answers without a neural network reach on the validation split of a run, by its own metrics.

They are computed at the first evaluation: no step waits for them, and no number is known before that would need a
comparison. How much is computed depends on the size of the data, not on the time that it takes, so a run that is
repeated has the same baselines.
"""

from __future__ import annotations

import functools
import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from nbtrain import tasks
from nbtrain.data.overlap import joined_texts
from nbtrain.events import Baselines

if TYPE_CHECKING:
    from collections.abc import Callable

    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.preprocessing.types import Data
    from nbtrain.tasks.base import Task

MAX_CHARACTERS = 6_000_000
"""Characters of training and validation texts whose words are counted; scikit-learn counts about 7 million a second."""

MAX_LEARNED = 5_000_000
"""Characters of training texts times outputs that logistic regression learns from, in about a second."""

MAX_ROWS = 100_000
"""Training rows that are looked at."""

MAX_SECONDS = 1.0
"""If counting took longer, this machine is too slow to learn from the counts as well."""

MIN_ROWS = 100
"""If fewer rows than these, of more, can be learned from, there is no linear model."""

TOO_LONG = "they would take longer than two seconds"


@dataclass(frozen=True)
class BaselineModels:
    """Computes the baselines of a run, once.

    Args:
        data: Its data.
        encoded: The model's inputs of the validation split.
        compute_metrics: The function of a Trainer that computes the metrics.
    """

    data: Data
    encoded: Dataset
    compute_metrics: Callable[[Any], dict[str, float]]

    def compute(self) -> Baselines | None:
        """The baselines; None if the task has none."""
        import numpy as np

        task, spec = tasks.get(self.data.spec.task), self.data.spec
        labels = self.data.labels.get("train")
        constant = None if labels is None else task.constant(labels, spec)
        if labels is None or constant is None:
            return None
        shape = (*self._label_ids.shape[: len(task.output_shape) - 1], len(constant.outputs))
        found = Baselines(answer=constant.answer, constant=self._metrics(np.broadcast_to(constant.outputs, shape)))
        if not task.learns_from_words:
            return found
        words, rows = self._from_words(task, labels)
        if isinstance(words, str):
            return replace(found, skipped=words)
        return replace(found, words=self._metrics(words), rows=rows)

    @functools.cached_property
    def _label_ids(self) -> NDArray[Any]:
        """The validation labels as an evaluation has them."""
        aligned = tasks.get(self.data.spec.task).aligns_labels
        return _padded(self.encoded["labels"]) if aligned else self.data.labels["validation"]

    def _metrics(self, logits: NDArray[Any]) -> dict[str, float]:
        """The metrics that are defined."""
        from transformers import EvalPrediction

        results = self.compute_metrics(EvalPrediction(predictions=logits, label_ids=self._label_ids))
        return {name: float(value) for name, value in results.items() if math.isfinite(value)}

    def _from_words(self, task: Task, labels: NDArray[Any]) -> tuple[NDArray[Any] | str, int]:
        """Outputs for the validation split, or why there are none; and how many training rows they are learned from."""
        import numpy as np
        from sklearn.feature_extraction.text import CountVectorizer
        from threadpoolctl import threadpool_limits

        spec, splits = self.data.spec, self.data.splits
        validation = joined_texts(splits["validation"], spec.inputs, " ")
        at = _spread(len(splits["train"]), MAX_ROWS)
        train = joined_texts(splits["train"].select(at), spec.inputs, " ")
        outputs = task.num_outputs(spec)
        budget = min(MAX_CHARACTERS - _characters(validation), MAX_LEARNED / (1 if outputs == 2 else outputs))
        kept = _spread(len(train), int(len(train) * budget / max(1, _characters(train))))
        if len(kept) < min(MIN_ROWS, len(train)):
            return TOO_LONG, 0
        at, train = at[kept], train.take(kept)
        began = time.perf_counter()
        vectorizer = CountVectorizer(dtype=np.float32)
        try:
            counts = vectorizer.fit_transform(train.to_pylist())
        except ValueError:
            return "the texts have no words", 0
        of_validation = vectorizer.transform(validation.to_pylist())
        if time.perf_counter() - began > MAX_SECONDS:
            return TOO_LONG, 0
        # The matrices are thin: with several threads the solver takes many times longer if another process is busy.
        with threadpool_limits(1, user_api="blas"):
            return task.from_words(counts, labels[at], of_validation, spec), len(at)


def _padded(labels: Any) -> NDArray[Any]:
    """Labels of tokens as an evaluation has them, (rows, tokens): -100 where an input has no more tokens."""
    import numpy as np

    rows = [list(row) for row in labels]
    table = np.full((len(rows), max(map(len, rows), default=0)), -100, dtype=np.int64)
    for line, row in zip(table, rows, strict=True):
        line[: len(row)] = row
    return table


def _characters(texts: Any) -> int:
    """Characters of a column of texts, about: bytes of UTF-8."""
    import pyarrow.compute as pc

    return int(pc.sum(pc.binary_length(texts)).as_py() or 0)


def _spread(rows: int, most: int) -> NDArray[Any]:
    """The numbers of at most `most` rows, evenly spread, since rows may be sorted by label."""
    import numpy as np

    return np.linspace(0, rows - 1, max(0, min(rows, most))).astype(np.int64)
