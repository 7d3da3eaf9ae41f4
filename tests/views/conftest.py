"""Runs of many kinds, made of events, that the tests of the views share."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable

import pytest

from nbtrain import events
from nbtrain.events import Event
from nbtrain.events.state import RunState

PREPARED = events.Prepared(
    time=1.0,
    spec=events.TaskSpec(
        "text_classification",
        inputs=("sentence1", "sentence2"),
        target=("label",),
        labels=("not_equivalent", "equivalent"),
        options={"max_length": 128},
    ),
    sizes={"train": 3668, "validation": 408},
    notes=["The label is column 'label': 2 classes.", "12 of 3,668 examples are longer than 128 tokens and are cut."],
)


def loss_at(step: int, steps: int, noise: random.Random) -> float:
    return 0.18 + 0.55 * math.exp(-2.6 * step / steps) + noise.gauss(0, 0.05)


def training(
    steps: int = 459,
    epochs: int = 3,
    *,
    until: int | None = None,
    every: int | None = None,
    metrics: Callable[[int], dict[str, float]] | None = None,
    loss: Callable[[int, int, random.Random], float] = loss_at,
    pace: float = 0.29,
) -> list[Event]:
    """The events of a run up to step `until`, evaluated `every` so many steps (default: at each epoch; 0: never)."""
    noise = random.Random(0)
    every = steps // epochs if every is None else every
    made: list[Event] = [PREPARED, events.Started(time=2.0, max_steps=steps, epochs=epochs, batch_size=24)]
    for step in range(1, (until or steps) + 1):
        epoch, time = step * epochs / steps, 2 + step * pace
        made.append(
            events.Stepped(
                step=step,
                time=time,
                epoch=epoch,
                loss=loss(step, steps, noise),
                learning_rate=5e-5 * (1 - step / steps),
                grad_norm=1.0,
                seconds=pace,
                examples=24,
            )
        )
        if every and step % every == 0:
            scores = {f"eval_{name}": value for name, value in (metrics or scores_at)(step).items()}
            made.append(events.Evaluated(step=step, time=time + 0.1, epoch=epoch, metrics=scores))
    return made


def scores_at(step: int) -> dict[str, float]:
    done = min(1.0, step / 459)
    return {
        "loss": 0.62 - 0.3 * done + 0.14 * done**2,
        "accuracy": 0.684 + 0.22 * done - 0.06 * done**2,
        "f1": 0.81 + 0.09 * done,
    }


def finished(made: Iterable[Event] | None = None) -> list[Event]:
    made = list(made if made is not None else training())
    return [*made, events.Ended(step=made[-1].step, time=made[-1].time + 1, status="finished")]


@pytest.fixture(scope="session")
def runs() -> dict[str, list[Event]]:
    """Lists of events by the kind of run; they must not be changed."""
    wide = [f"metric_{index}" for index in range(1, 8)]
    nan_from = 60
    steered = training(until=200)
    steered[100:100] = [events.Commanded(step=97, time=31, command="set", values={"learning_rate": 1e-5})]
    steered += [
        events.Diagnosed(step=150, time=62, level="warning", message="Validation loss rises: <b>overfitting</b> & co."),
        events.Commanded(step=200, time=63, command="stop"),
        events.Ended(step=200, time=64, status="stopped"),
    ]
    no_memory = "OutOfMemoryError: CUDA out of memory.\nTried to allocate 2.00 GiB."
    return {
        "finished": finished(),
        "running": training(until=200),
        "stopped": steered,
        "preparing": [events.Phase(time=3.0, name="tokenize", done=1200, total=3668)],
        "created": [],
        "no evaluation": finished(training(every=0)),
        "no step": [PREPARED, events.Started(time=2.0, max_steps=459, epochs=3, batch_size=24)],
        "failed before": [
            PREPARED,
            events.Ended(time=2.5, status="failed", error="ValueError: <script>alert(1)</script> is no label"),
        ],
        "failed": [*training(until=37), events.Ended(step=37, time=14, status="failed", error=no_memory)],
        "interrupted": [*training(until=306), events.Ended(step=306, time=92, status="interrupted")],
        "nan": finished(
            training(
                120,
                3,
                metrics=lambda step: {"loss": math.nan if step > nan_from else 1.2, "accuracy": 0.684},
                loss=lambda step, steps, noise: math.nan if step > nan_from else 0.7 + 0.002 * step**2 + noise.random(),
            )
        ),
        "regression": finished(
            training(
                300,
                10,
                metrics=lambda step: {"loss": 300 / step, "mse": 12_345 / step**2, "mae": 345 / step, "pearsonr": 0.9},
                loss=lambda step, steps, noise: (40 * math.exp(-step / 40) + 2) * (0.6 + 0.8 * noise.random()),
            )
        ),
        "wide": finished(training(metrics=lambda step: {"loss": 0.5} | dict.fromkeys(wide, 0.1 + step / 999))),
        "long": finished(training(60_000, 6, every=800, pace=0.05)),
        "unicode": finished(training(metrics=lambda step: {"loss": 0.5, "精度": 0.7 + step / 9999, "naïve_é": 0.5})),
    }


@pytest.fixture(scope="session")
def states(runs: dict[str, list[Event]]) -> dict[str, RunState]:
    return {name: RunState.fold(made) for name, made in runs.items()}
