"""What can be asked of any Trainer or value, for a display. A question without an answer raises nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from transformers import Trainer


def length(sized: Any) -> int:
    """`len(sized)`; 0 if it has none. The `DataLoader` of an iterable data set has a `__len__` that raises."""
    try:
        return len(sized)
    except Exception:
        return 0


def number(value: Any) -> float | None:
    """`value` as a float; None if it is not a number, or too large for one."""
    if not isinstance(value, (int, float)):
        return None
    try:
        return float(value)
    except (OverflowError, ValueError):
        return None


def numbers(values: Any) -> dict[str, float]:
    """The entries of a dict that are numbers."""
    found = {str(name): number(value) for name, value in (values or {}).items()}
    return {name: value for name, value in found.items() if value is not None}


def checkpoint_root(trainer: Trainer) -> Path:
    """The folder of the checkpoints; in a hyper-parameter search, each trial has its own."""
    return Path(trainer._get_output_dir(getattr(trainer, "_trial", None)))


def checkpoint_folder(trainer: Trainer) -> Path:
    """The folder of the checkpoint of the current step."""
    from transformers.trainer_utils import PREFIX_CHECKPOINT_DIR

    return checkpoint_root(trainer) / f"{PREFIX_CHECKPOINT_DIR}-{trainer.state.global_step}"
