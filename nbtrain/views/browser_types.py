"""What the browser gets of a run, as types. `python -m scripts.protocol_types` writes them in TypeScript."""

from __future__ import annotations

from typing import TypedDict

from nbtrain.events import Status

Num = float | str | None
"""A number; one that is not finite is a string: "nan", "inf", "-inf"."""


class PhaseData(TypedDict):
    """Work other than training steps; `waits_for` is the ID of the run that it waits for, or ""."""

    name: str
    done: int
    total: int
    waits_for: str


class Head(TypedDict):
    """Status and progress of a run, for the list of runs.

    `name` is its name with the two words that always mean it: "first (quiet-otter)". `subject` has model and data as
    the cell names them; it is empty for a watched Trainer.
    """

    name: str
    subject: list[str]
    status: Status
    phase: PhaseData | None
    step: int
    max_steps: int
    epoch: Num
    epochs: Num
    loss: Num
    learning_rate: Num
    examples_per_second: Num
    seconds_left: Num
    time: Num
    error: str
    reason: str


class FullHead(Head):
    """Status and progress of a run, for the panel and the record."""

    weight_decay: Num
    parts: int
    checkpoints: list[int]


class PanelHead(FullHead):
    """`FullHead` with what the panel needs for its controls.

    `best_row` is the number of the row with the best evaluation by `best_metric`, `controls` whether the run receives
    commands, `title` names model and data.
    """

    best_row: int | None
    best_metric: str
    title: str
    controls: bool
    can_branch: bool


class Row(TypedDict):
    """One evaluation, counted from 1; names of metrics are without `eval_`."""

    number: int
    step: int
    epoch: Num
    metrics: dict[str, Num]


class Message(TypedDict):
    """A note, warning or error."""

    level: str
    text: str
    step: int


class Mark(TypedDict):
    """The commands after a step, as the chart shows them."""

    step: int
    label: str


class RunChoice(TypedDict):
    """A run that can be compared, in the list from which one chooses.

    `code` stands for it in `nbtrain.compare(...)`; `metric` is its newest result, "accuracy 0.8431". `here` says
    whether it belongs to this notebook, `chosen` whether `nbtrain.compare()` takes it.
    """

    code: str
    name: str
    status: str
    started: str
    model: str
    data: str
    metric: str
    here: bool
    chosen: bool


class Brief(TypedDict):
    """One run in the list of runs, without what its notebook knows of it.

    `spark` has means of the training loss, at most 60, null where it was not finite; `metrics` are those of the newest
    evaluation, their names without `eval_`.
    """

    run: str
    head: Head
    spark: list[float | None]
    metrics: dict[str, Num]
