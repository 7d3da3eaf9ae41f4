"""What the tasks have in common that learn the tokens of texts.

They need no labels. Their outputs have a number for each token of the vocabulary, so they are reduced before an
evaluation gathers them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.data.columns import check_text
from nbtrain.data.feature_types import quoted
from nbtrain.data.questions import Question, ask, in_toml
from nbtrain.data.text_columns import find_texts
from nbtrain.errors import DataError
from nbtrain.tasks.base import EvaluationData, Task
from nbtrain.tasks.scores import Metric

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from datasets import Dataset
    from numpy.typing import NDArray

    from nbtrain.data.source import Source
    from nbtrain.events import Label, TaskSpec


@dataclass(frozen=True)
class TokenSums:
    """The sums of an evaluation.

    Args:
        rows: (inputs, 3), as `token_sums` returns them.
    """

    rows: NDArray[Any]

    @property
    def are_finite(self) -> bool:
        """Whether the model has not diverged."""
        return bool(math.isfinite(self.rows.sum()))


def _score(name: str) -> Metric:
    return Metric(lambda sums: language_scores(sums.rows)[name])


METRICS: Mapping[str, Metric] = {name: _score(name) for name in ("perplexity", "accuracy")}


class LanguageModel(Task):
    """A task that learns the tokens of texts."""

    has_labels = False
    takes_label = False
    max_inputs = 1
    has_classes = False
    has_new_head = False
    outputs_vocabulary = True
    metrics = METRICS

    def find_columns(
        self, splits: Mapping[str, Dataset], source: Source, notes: list[str]
    ) -> tuple[Sequence[str], Sequence[str]]:
        train = splits["train"]
        if source.label:
            raise DataError(
                f'task = "{self.name}" learns from texts alone.\n    Remove label = {in_toml(source.label)}'
            )
        text = source.text or find_texts(train, ())
        if isinstance(text, Question):
            raise DataError(ask(train, [text]))
        if len(text) > 1:
            why = f"Several columns are texts: {quoted(text)}. One is needed."
            raise DataError(ask(train, [Question("text", why, (text[0],))]))
        if not source.text:
            notes.append(f"Using columns: text = {in_toml(text)} (auto-detected).")
        for split in [split for split in ("train", "validation") if split in splits]:
            check_text(splits[split], text, split)
        return text, ()

    def labels_of(self, train: Dataset, target: Sequence[str], notes: list[str]) -> Sequence[Label]:
        return []

    def unlabeled_mask(self, rows: Dataset, spec: TaskSpec) -> NDArray[np.bool_]:
        import numpy as np

        return np.ones(len(rows), dtype=bool)

    def encode(self, rows: Dataset, spec: TaskSpec, split: str) -> NDArray[Any]:
        raise NotImplementedError("this task has no labels")

    def num_outputs(self, spec: TaskSpec) -> int:
        return 0

    def model_options(self, spec: TaskSpec) -> dict[str, Any]:
        return {}

    def reduce(self, spec: TaskSpec) -> Callable[[Any, Any], Any] | None:
        return token_sums

    def default_metrics(self, spec: TaskSpec) -> list[str]:
        return ["perplexity", "accuracy"]

    def answers(self, predictions: Any, label_ids: Any, spec: TaskSpec, of: EvaluationData | None = None) -> TokenSums:
        import numpy as np

        return TokenSums(np.asarray(predictions, dtype=np.float64))

    def to_frame(
        self, logits: NDArray[Any], label_ids: NDArray[Any] | None, spec: TaskSpec, of: EvaluationData | None = None
    ) -> pd.DataFrame:
        raise NotImplementedError("this task has no table of outputs")


def encode_in_parts(texts: list[str], tokenizer: Any, max_length: int) -> dict[str, list[list[int]]]:
    """The tokens of texts; a text of more than `max_length` tokens gives several inputs."""
    options = {"truncation": True, "max_length": max_length, "return_overflowing_tokens": True}
    encoded = tokenizer(texts, **options)
    return {name: values for name, values in encoded.items() if name != "overflow_to_sample_mapping"}


def token_sums(logits: Any, labels: Any) -> Any:
    """For each input: the sum of the cross-entropies of its labels, how many are guessed right, and how many there are.

    The logits of a whole vocabulary are large: so they are reduced on the device, one input at a time.
    """
    import torch

    logits = logits[0] if isinstance(logits, tuple) else logits
    rows = []
    for scores, known in zip(logits, labels, strict=True):
        chosen = known != -100
        scores, known = scores[chosen].float(), known[chosen]
        loss = torch.nn.functional.cross_entropy(scores, known, reduction="sum")
        rows.append(torch.stack([loss, (scores.argmax(dim=-1) == known).sum().float(), chosen.sum().float()]))
    return torch.stack(rows)


def language_scores(predictions: Any) -> dict[str, float]:
    """Perplexity, which is the exponential of the mean cross-entropy of a token, and the fraction that is guessed."""
    loss, right, count = (float(total) for total in predictions.astype("float64").sum(axis=0))
    if not count:
        return {"perplexity": float("nan"), "accuracy": float("nan")}
    return {"perplexity": math.exp(min(loss / count, 700.0)), "accuracy": right / count}
