"""How a script encodes a label column: the simplest expression that gives the same numbers as the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nbtrain.export.text import literal

if TYPE_CHECKING:
    from datasets import Dataset

ENCODED = "labels"
"""Column of labels that are already encoded."""


def candidates(problem_type: str, label: list[str]) -> list[str]:
    """Expressions for the labels of `batch`, the simplest first. They may use `LABELS`."""
    column = f"batch[{literal(label[0])}]"
    if problem_type == "regression":
        return [f"[float(value) for value in {column}]"]
    if problem_type == "single_label_classification":
        return [
            column,
            f"[LABELS.index(name) for name in {column}]",
            f"[LABELS.index(str(name)) for name in {column}]",
        ]
    if len(label) > 1:
        columns = ", ".join(f"batch[{literal(name)}]" for name in label)
        return [f"[[float(value) for value in row] for row in zip({columns})]"]
    return [
        f"[[float(value) for value in row] for row in {column}]",
        f"[[float(name in row) for name in LABELS] for row in {column}]",
        f"[[float(at in row) for at in range(len(LABELS))] for row in {column}]",
    ]


def choose(codes: list[str], labels: list[str], splits: Mapping[str, tuple[Dataset, Any]]) -> str | None:
    """The first of `codes` that gives the same encoded labels as the run, in each split; None if none does.

    Args:
        codes: Expressions; each is evaluated as it would be in the script.
        labels: Class names.
        splits: For each split the rows, and their labels as the run encoded them.
    """
    return next((code for code in codes if all(_matches(code, labels, *split) for split in splits.values())), None)


def _matches(code: str, labels: list[str], rows: Dataset, encoded: Any) -> bool:
    import numpy as np

    try:
        values = eval(code, {"LABELS": labels, "batch": rows.with_format(None)[:]})
        table = np.asarray(values, dtype=encoded.dtype)
    except (KeyError, ValueError, TypeError):
        return False
    is_number = not isinstance(values[0], (str, bool))
    return is_number and table.shape == encoded.shape and bool((table == encoded).all())
