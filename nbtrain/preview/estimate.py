"""Estimate: the steps, the truncation and the memory of a training, in numbers and in words."""

from __future__ import annotations

from dataclasses import dataclass

from nbtrain.format import count


@dataclass(frozen=True)
class Estimate:
    """What training would take.

    Args:
        steps: Optimizer steps.
        examples: Training examples of an epoch.
        batch_size: Examples of a step.
        truncated: Share of the training examples that are cut, from a sample.
        max_length: Tokens after which they are cut.
        parameters: Numbers in the model.
        memory: Bytes that training takes, about.
        epochs: Epochs that the steps make.
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
        """All of it in a line."""
        steps = f"{count(self.steps)} {'step' if self.steps == 1 else 'steps'}"
        examples = f"{count(self.batch_size)} {'example' if self.batch_size == 1 else 'examples'}"
        epochs = f"{self.epochs:.3g}" if self.epochs < 100 else count(round(self.epochs))
        return (
            f"{steps} of {examples} ({count(self.examples)} an epoch x {epochs}) · {self._truncated()} · "
            f"about {size(self.memory)}"
        )

    def _truncated(self) -> str:
        at = f"truncated at {count(self.max_length)} tokens"
        if not self.truncated:
            return f"none {at}"
        share = 100 * self.truncated
        return f"{share:.1f} % {at}" if share < 10 else f"{share:.0f} % {at}"


def size(memory: int) -> str:
    """An amount of memory: "60 MB", "0.6 GB", "14 GB"."""
    if memory < 95_000_000:
        return f"{max(1, round(memory / 1e6))} MB"
    return f"{memory / 1e9:.1f} GB" if memory < 9.95e9 else f"{count(round(memory / 1e9))} GB"
