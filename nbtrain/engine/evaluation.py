"""EvaluationTap: keep what an evaluation computed for each example, in the data set's own order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.engine.wraps import Wraps

if TYPE_CHECKING:
    import numpy as np
    from transformers import Trainer


@dataclass(frozen=True)
class Outputs:
    """What the model said of each example.

    Attributes:
        logits: Array of shape (examples, outputs).
        label_ids: Array of shape (examples,) or (examples, outputs); None where there are no labels.
    """

    logits: np.ndarray[Any, Any]
    label_ids: np.ndarray[Any, Any] | None

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

    def predict(self, dataset: Any) -> Outputs | None:
        """The outputs for each row of `dataset`, in its order. No metrics are computed."""
        trainer = self._trainer
        hooks = trainer.compute_metrics, trainer.preprocess_logits_for_metrics
        trainer.compute_metrics = trainer.preprocess_logits_for_metrics = None
        try:
            return Outputs.of(trainer.predict(dataset))
        finally:
            trainer.compute_metrics, trainer.preprocess_logits_for_metrics = hooks

    def _keep_outputs(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        output = original(*args, **kwargs)
        are_logits = self._trainer.preprocess_logits_for_metrics is None
        self.last = Outputs.of(output) if are_logits else None
        return output

    def _in_order(self, original: Any, *args: Any, **kwargs: Any) -> Any:
        arguments = self._trainer.args
        arguments.train_sampling_strategy = "random"
        try:
            return original(*args, **kwargs)
        finally:
            arguments.train_sampling_strategy = "group_by_length"
