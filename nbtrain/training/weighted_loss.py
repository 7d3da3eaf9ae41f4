"""A loss in which some classes count more than others.

This module needs only torch: an exported script contains a copy of the class that it uses.
"""

from __future__ import annotations

from typing import Any

import torch


class WeightedLoss:
    """Cross-entropy in which an example, or a token, counts with the weight of its class: the Trainer's
    `compute_loss_func`. Labels of -100 do not count.
    """

    def __init__(self, weights: list[float], label_smoothing: float = 0.0) -> None:
        self.weights, self.label_smoothing = weights, label_smoothing

    def __call__(self, outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        logits = (outputs["logits"] if isinstance(outputs, dict) else outputs[0]).float()
        weights = torch.tensor(self.weights, dtype=torch.float32, device=logits.device)
        logits, labels = logits.reshape(-1, logits.shape[-1]), labels.reshape(-1)
        total = torch.nn.functional.cross_entropy(
            logits, labels, weights, reduction="sum", label_smoothing=self.label_smoothing
        )
        return total / ((labels != -100).sum() if num_items_in_batch is None else num_items_in_batch)


class PositiveWeightedLoss:
    """Binary cross-entropy of each label, in which an example that has the label counts with the label's weight: the
    Trainer's `compute_loss_func`. The weights are the `pos_weight` of `torch.nn.BCEWithLogitsLoss`.
    """

    def __init__(self, weights: list[float]) -> None:
        self.weights = weights

    def __call__(self, outputs: Any, labels: Any, num_items_in_batch: Any = None) -> Any:
        logits = (outputs["logits"] if isinstance(outputs, dict) else outputs[0]).float()
        weights = torch.tensor(self.weights, dtype=torch.float32, device=logits.device)
        total = torch.nn.functional.binary_cross_entropy_with_logits(
            logits, labels.float(), pos_weight=weights, reduction="sum"
        )
        return total / (labels.numel() if num_items_in_batch is None else num_items_in_batch)
