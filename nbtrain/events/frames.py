"""The history of a run as data frames: steps, evaluations and checkpoints, each read from the events."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from nbtrain.events import Evaluated, Event, Pruned, Saved, Started, Stepped

if TYPE_CHECKING:
    import pandas as pd

STEP_COLUMNS = ["step", "epoch", "loss", "learning_rate", "grad_norm", "seconds", "examples"]
_in_columns = operator.attrgetter(*STEP_COLUMNS)


def history(events: Iterable[Event]) -> pd.DataFrame:
    """One row per optimizer step. Steps that were repeated from an earlier checkpoint have only their later values."""
    import pandas as pd

    rows: dict[int, tuple[Any, ...]] = {}
    for event in events:
        if isinstance(event, Started):
            rows = {step: row for step, row in rows.items() if step <= event.step}
        elif isinstance(event, Stepped):
            rows[event.step] = _in_columns(event)
    columns = zip(*rows.values(), strict=True) if rows else ((),) * len(STEP_COLUMNS)
    return pd.DataFrame(dict(zip(STEP_COLUMNS, map(list, columns), strict=True)))


def metrics(events: Iterable[Event]) -> pd.DataFrame:
    """One row per evaluation, with the lists and texts of `compute_metrics`. Repeated ones have only their later
    values, as in `history`.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for event in events:
        if isinstance(event, Started):
            rows = [row for row in rows if row["step"] <= event.step]
        elif isinstance(event, Evaluated):
            results = {**event.metrics, **(event.details or {})}
            values = {name.removeprefix("eval_"): value for name, value in results.items()}
            rows.append({"step": event.step, "epoch": event.epoch, **values})
    return pd.DataFrame(rows) if rows else pd.DataFrame(columns=["step", "epoch", "loss"])


def checkpoints(events: Iterable[Event]) -> pd.DataFrame:
    """One row per checkpoint that was written; `kept` is False if it has been deleted."""
    import pandas as pd

    rows: dict[str, list[Any]] = {}
    for event in events:
        if isinstance(event, Saved):
            rows[event.path] = [event.step, event.path, True]
        elif isinstance(event, Pruned) and event.path in rows:
            rows[event.path][2] = False
    return pd.DataFrame(list(rows.values()), columns=["step", "path", "kept"])
