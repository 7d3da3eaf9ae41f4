"""Rules for loss charts: smoothing, the range of the loss axis, round ticks, epoch lines.

The browser applies the same rules, in `labextension/src/chart/curves.ts` and `scales.ts`;
`tests/views/chart_cases.json` has the expected results of both.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from nbtrain.events.series import Bin

OUTLIER_QUANTILE = 0.98
"""This share of the losses is always within the axis range."""

MAX_OUTLIER = 1.6
"""If the highest loss is at most this many times the highest of `OUTLIER_QUANTILE`, all losses are within the range."""

MAX_FLOOR = 0.6
"""The axis starts at 0 if the lowest loss is at most this share of the highest."""

MAX_EPOCHS = 12
TICK_PIXELS = 48
STEP_TICK_PIXELS = 90
"""Approximate distance of ticks, on the loss axis and on the step axis."""


def label_of(name: str) -> str:
    """What the legend calls a validation loss: "eval_loss", or "eval_easy_loss" of the evaluation set "easy"."""
    of = name.removeprefix("eval_").removesuffix("loss").removesuffix("_")
    return f"validation loss, {of}" if of else "validation loss"


def smoothed(steps: Sequence[int], values: Sequence[float], span: float | None = None) -> list[float]:
    """Exponential moving average, debiased as in TensorBoard.

    The decay depends on the steps between two points, so a curve of merged points gives the same line.

    Args:
        steps: Last step of each point, in ascending order.
        values: Mean of each point.
        span: Steps after which a value has a weight of 1/e; 0 does not smooth. By default sqrt(steps / 2): 7 for 100
            steps, 50 for 5,000.
    """
    if len(steps) < 3 or span == 0:
        return list(values)
    first_gap = steps[1] - steps[0]
    span = math.sqrt(max(1, steps[-1] - steps[0] + first_gap) / 2) if span is None else span
    result: list[float] = []
    total = weight = 0.0
    for gap, value in zip([first_gap, *(b - a for a, b in itertools.pairwise(steps))], values, strict=True):
        kept = math.exp(-gap / span)
        total = kept * total + (1 - kept) * value
        weight = kept * weight + (1 - kept)
        result.append(total / weight)
    return result


def value_range(
    training: Sequence[Bin], evaluated: Sequence[Bin], others: Sequence[Sequence[float]] = ()
) -> tuple[float, float]:
    """Lowest and highest value of the loss axis, ignoring a few outliers of the training loss.

    Args:
        training: The training loss.
        evaluated: The validation loss; all of it is within the range.
        others: Curves of other runs.
    """
    groups = [[bin.high for bin in training], *others]
    evaluations = [bin.high for bin in evaluated]
    lows = [bin.low for bin in (*training, *evaluated)] + [value for other in others for value in other]
    if not lows:
        return 0.0, 1.0
    low = min(lows)
    top = max([*evaluations, *itertools.chain(*groups)])
    usual = max([*evaluations, *(top_without_outliers(group, low) for group in groups)])
    return axis_range(low, top if top - low <= MAX_OUTLIER * (usual - low) else usual)


def top_without_outliers(values: Iterable[float], default: float) -> float:
    """The highest value after removing outliers; `default` if there are no values."""
    ordered = sorted(values)
    return ordered[math.floor(len(ordered) * OUTLIER_QUANTILE)] if ordered else default


def axis_range(low: float, high: float) -> tuple[float, float]:
    """The range from `low` to `high`, extended to 0 if `low` is close to it; never empty."""
    floor = 0.0 if 0 < low < MAX_FLOOR * high else low
    margin = 0.0 if high > floor else abs(high) * 0.1 or 0.5
    return floor - margin, high + margin


def ticks(low: float, high: float, count: float) -> list[float]:
    """Round numbers, about `count` of them: the first is not above `low`, the last not below `high`."""
    rough = (high - low) / max(1, count)
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next((factor for factor in (1, 2, 5) if factor * power >= rough * 0.999), 10)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{index * step:.12g}") for index in range(first, last + 1)]


def step_ticks(start: float, end: float, width: float) -> list[int]:
    """Round steps from `start` to `end` on an axis of `width` pixels."""
    marks = ticks(start, end, min(end - start, width / STEP_TICK_PIXELS))
    return [int(mark) for mark in marks if mark == int(mark) and start <= mark <= end]


def epoch_ends(step: float, epoch: float, start: float, end: float) -> list[tuple[int, float]]:
    """The epochs that end between two steps, each with its last step: all, or every second, fifth, tenth, ...

    Args:
        step: A step of the run.
        epoch: Epochs done at that step, as a decimal number.
        start: First visible step.
        end: Last visible step.
    """
    if not (step > 0 and epoch > 0):
        return []
    length = step / epoch
    first, last = max(1, math.ceil(start / length - 1e-6)), math.floor(end / length + 1e-6)
    sizes = (factor * 10**power for power in range(12) for factor in (1, 2, 5))
    stride = next(size for size in sizes if (last - first + 1) / size <= MAX_EPOCHS)
    return [(number, number * length) for number in range(-(-first // stride) * stride, last + 1, stride)]
