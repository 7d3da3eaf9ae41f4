"""Runs and what a chart decides for them: Python and the browser must give the same.

`python -m tests.views.chart_cases` writes `chart_cases.json` again, from the runs below and with what
`nbtrain.views.chart_rules` gives; do that where a rule is changed in both languages.
"""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from nbtrain import events
from nbtrain.events import Event
from nbtrain.events.series import Bin
from nbtrain.events.state import RunState
from nbtrain.views import chart_rules
from tests.views.conftest import loss_at, training

FILE = Path(__file__).with_suffix(".json")
WIDTH, HEIGHT = 720, 260
POINTS_BEHIND = 60


def noisy_end(step: int, steps: int, noise: random.Random) -> float:
    return loss_at(step, steps, noise) + (0.5 if step == steps else 0)


def broken(step: int, steps: int, noise: random.Random) -> float:
    return math.nan if 40 <= step < 50 or step > 110 else loss_at(step, steps, noise)


def wild(step: int, steps: int, noise: random.Random) -> float:
    return 5_000.0 if step == 200 else loss_at(step, steps, noise)


def negative(step: int, steps: int, noise: random.Random) -> float:
    return -step / steps + 0.3 * noise.random()


def paused() -> list[Event]:
    made = training(96, 3)
    made[50:50] = [events.Paused(step=48, time=20), events.Resumed(step=48, time=900)]
    return made


def several_sets() -> list[Event]:
    made: list[Event] = []
    for event in training(96, 3):
        if isinstance(event, events.Evaluated):
            loss = event.metrics["eval_loss"]
            event = replace(event, metrics={"eval_easy_loss": loss, "eval_hard_loss": 3 * loss, "eval_hard_f1": 0.5})
        made.append(event)
    return made


RUNS: dict[str, Callable[[], list[Event]]] = {
    "no step": lambda: training(96, 3)[:2],
    "one step": lambda: training(96, 3, until=1),
    "two steps": lambda: training(96, 3, until=2),
    "few steps": lambda: training(12, 3),
    "a noisy last batch": lambda: training(96, 2, loss=noisy_end),
    "pauses": paused,
    "losses that are no numbers": lambda: training(120, 3, loss=broken),
    "one wild step": lambda: training(400, 20, loss=wild),
    "negative losses": lambda: training(60, 3, loss=negative),
    "always the same loss": lambda: training(20, 2, every=0, loss=lambda *_: 2.0),
    "several evaluation sets": several_sets,
    "5,000 steps": lambda: training(5_000, 25),
}
BEHIND = {"pauses": ["few steps"], "a noisy last batch": ["one wild step", "pauses"]}
"""For some runs others that are drawn behind them."""


def inputs(name: str) -> dict[str, Any]:
    """A run as its chart has it."""
    state = RunState.fold(RUNS[name]())
    others = [RunState.fold(RUNS[other]()) for other in BEHIND.get(name, [])]
    curves = {
        name: [
            [bin.first, bin.last, *(float(f"{value:.6g}") for value in (bin.low, bin.high, bin.mean))]
            for bin in curve.bins
        ]
        for name, curve in {"loss": state.curves["loss"], **state.validation}.items()
    }
    behind = [
        [[bin.last, float(f"{bin.mean:.6g}")] for bin in other.curves["loss"].thinned(POINTS_BEHIND)]
        for other in others
    ]
    return {"name": name, "step": state.step, "epoch": state.epoch, "curves": curves, "behind": behind}


def decided(case: dict[str, Any]) -> dict[str, Any]:
    """What a chart of `WIDTH` times `HEIGHT` decides for a run."""
    curves = {name: [Bin(*bin, 1) for bin in bins] for name, bins in case["curves"].items()}
    training = curves.pop("loss")
    evaluated = [bin for bins in curves.values() for bin in bins]
    behind = [[loss for _, loss in other] for other in case["behind"]]
    low, high = chart_rules.value_range(training, evaluated, behind)
    end = max(case["step"], 1)
    return {
        "validation": [chart_rules.label_of(name) for name, bins in curves.items() if bins],
        "smoothed": chart_rules.smoothed([bin.last for bin in training], [bin.mean for bin in training]),
        "smoothed_less": chart_rules.smoothed([bin.last for bin in training], [bin.mean for bin in training], 3),
        "smoothed_behind": [chart_rules.smoothed(*map(list, zip(*other, strict=True))) for other in case["behind"]],
        "range": [low, high],
        "ticks": chart_rules.ticks(low, high, HEIGHT / chart_rules.TICK_PIXELS),
        "step_ticks": chart_rules.step_ticks(0, end, WIDTH),
        "epochs": [step for _, step in chart_rules.epoch_ends(case["step"], case["epoch"], 0, end)],
        "epochs_of_the_second_half": [
            step for _, step in chart_rules.epoch_ends(case["step"], case["epoch"], end / 2, end)
        ],
    }


def main() -> None:
    cases = [inputs(name) for name in RUNS]
    lines = [json.dumps({**case, "decided": decided(case)}, separators=(",", ":")) for case in cases]
    FILE.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
