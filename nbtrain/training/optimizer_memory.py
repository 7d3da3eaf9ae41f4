"""The memory of an optimizer's states."""

from __future__ import annotations

STATES = (
    ("adafactor", 0.0),
    ("sgd", 0.0),
    ("rmsprop", 1.0),
    ("adagrad", 1.0),
    ("lion", 1.0),
    ("lomo", 0.0),
    ("galore", 0.5),
    ("apollo", 0.5),
)
"""Optimizer states per trained parameter, by prefix of the optimizer's name; the others are variants of Adam: 2."""


def state_bytes(optimizer: str, bytes_each: int) -> float:
    """Bytes of optimizer states per trained parameter."""
    numbers = next((count for name, count in STATES if optimizer.startswith(name)), 2.0)
    if "8bit" in optimizer:
        return numbers
    return numbers * (0.5 if "4bit" in optimizer else bytes_each)
