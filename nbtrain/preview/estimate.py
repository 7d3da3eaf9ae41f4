"""Estimated steps, truncation and memory of a training, as numbers and as text."""

from __future__ import annotations

from dataclasses import dataclass

from nbtrain.format import count, memory


@dataclass(frozen=True)
class Estimate:
    """Estimated cost of a training.

    Args:
        steps: Optimizer steps.
        examples: Training examples per epoch.
        batch_size: Examples per step.
        truncated: Fraction of the training examples that are truncated, measured on a sample.
        max_length: Maximum input length in tokens; 0 if the inputs are not tokens.
        parameters: Number of parameters of the model.
        memory: Approximate memory in bytes.
        epochs: Number of epochs.
    """

    steps: int
    examples: int
    batch_size: int
    truncated: float
    max_length: int
    parameters: int
    memory: int
    epochs: float

    def words(self) -> str:
        """The estimate in one line."""
        steps = f"{count(self.steps)} {'step' if self.steps == 1 else 'steps'}"
        epochs = f"{self.epochs:.3g}" if self.epochs < 100 else count(round(self.epochs))
        epochs += " epoch" if self.epochs == 1 else " epochs"
        examples = f"{count(self.examples)} {'example' if self.examples == 1 else 'examples'}"
        truncated = f" · {self._truncated()}" if self.max_length else ""
        return (
            f"{steps} ({epochs} of {examples}, batch size {count(self.batch_size)}){truncated} · "
            f"memory about {memory(self.memory)}"
        )

    def _truncated(self) -> str:
        at = f"truncated at {count(self.max_length)} tokens"
        if not self.truncated:
            return f"none {at}"
        percent = 100 * self.truncated
        return f"{percent:.1f}% {at}" if percent < 10 else f"{percent:.0f}% {at}"
