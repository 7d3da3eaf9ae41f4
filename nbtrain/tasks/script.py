"""What an exported script contains of a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Script:
    """What a script without nbtrain contains of a task.

    Args:
        labels: Expressions for the labels of `batch`, the simplest first: the script has the first one that gives the
            labels of the run. They may use `LABELS`, the class names.
        encode: Expression for the model's inputs, made from `batch`, `labels`, the processor (by the name that
            `Task.processor_name` gives it) and `MAX_LENGTH`; "" for the tokens of texts.
        scores: Function that returns all metrics of the task by name; None if each metric has `Metric.code`.
        scores_of: Arguments of `scores`: expressions of `prediction`, `LABELS`, the processor and, if they are needed,
            `names`, the wanted metrics, `data["validation"]`, the rows before and `splits["validation"]`, the rows
            after encoding.
        collator: Expression for the data collator, made from the processor and `model`; "" for dynamic padding.
        prepare: Statement that sets up the processor, before it is used; "" for none.
        reduce: Name of the function among `functions` that reduces logits, as `Task.reduce`; "" for none.
        constants: Constants that the functions need, by name.
        functions: Functions that the script contains by their source, with `scores`.
        imports: What they import: names by module; an empty list imports the module.
    """

    labels: Sequence[str]
    encode: str = ""
    scores: Callable[..., dict[str, float]] | None = None
    scores_of: Sequence[str] = ("prediction.predictions", "prediction.label_ids", "LABELS")
    collator: str = ""
    prepare: str = ""
    reduce: str = ""
    constants: Mapping[str, Any] | None = None
    functions: tuple[Callable[..., Any], ...] = ()
    imports: Mapping[str, Sequence[str]] | None = None
