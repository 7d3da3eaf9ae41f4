"""Rules about the learning rate."""

from __future__ import annotations

import statistics

from nbtrain import format
from nbtrain.views.diagnosis.facts import MIDDLE_RATE, USUAL_RATES, Facts
from nbtrain.views.diagnosis.finding import Finding

MIN_STEPS = 30
"""Fewer steps are too few to compare tenths of them."""

DIVERGED = 1.1
"""The loss of the last tenth of the steps is at least this multiple of the first tenth's."""

HARDLY = 0.1
"""A training loss that falls by less than this share in a whole run hardly falls."""

SPIKE = 10.0
"""A gradient norm of this multiple of its median is a spike. For clipping, Pascanu et al., "On the difficulty of
training recurrent neural networks" (2013), propose half to ten times the average norm.
"""

MIN_SPIKES = 3
MIN_SPIKE_SHARE = 0.02
MIN_NORM = 10.0
"""Spikes below this norm do no harm: they are clipped to 1 by default (`max_grad_norm`)."""

MEMORIZED = 0.1
"""If the loss of the second half of the steps is less than this multiple of that of the first tenth, most gradients are
near zero, and each hard example is a spike.
"""

SETTLED = 0.1
"""The first share of the steps is left out: the new head has large gradients."""


def rate_too_high(facts: Facts) -> Finding | None:
    """The training loss ends higher than it began.

    "If the average loss increases, the learning rate is too large": Y. Bengio, "Practical Recommendations for
    Gradient-Based Training of Deep Architectures" (2012), section 3.1.1.
    """
    if facts.state.step - facts.first_step < MIN_STEPS or facts.peak_rate is None:
        return None
    first, last = facts.loss_between(0, 0.1), facts.loss_between(0.9, 1)
    if not 0 < DIVERGED * first <= last:
        return None
    evidence = (
        f"the training loss was {format.number(first)} in the first tenth of the steps and is {format.number(last)} in "
        f"the last one, with a learning rate of {format.hyperparameter(facts.peak_rate)}"
    )
    lower = MIDDLE_RATE if facts.better_rate() and facts.peak_rate > MIDDLE_RATE else facts.peak_rate / 10
    action = f"Start again with a lower one: {facts.again(learning_rate=lower)}."
    return Finding("rate_too_high", "warning", "Learning rate too high", evidence, action)


def rate_too_low(facts: Facts) -> Finding | None:
    """The training loss hardly falls, and the learning rate is below those that are usual."""
    rate = facts.peak_rate
    if not facts.is_mature or not facts.trains_all() or rate is None or rate >= USUAL_RATES[0]:
        return None
    first, last = facts.loss_between(0, 0.1), facts.loss_between(0.9, 1)
    if not (1 - HARDLY) * first < last < DIVERGED * first:
        return None
    evidence = (
        f"in {format.count(facts.state.step - facts.first_step)} steps the training loss went from "
        f"{format.number(first)} to {format.number(last)}, with a learning rate of {format.hyperparameter(rate)}"
    )
    action = f"Usual are 2e-5 to 5e-5: {facts.again(learning_rate=MIDDLE_RATE)}."
    return Finding("rate_too_low", "warning", "Learning rate too low", evidence, action)


def unstable_gradients(facts: Facts) -> Finding | None:
    """The norm of the gradient jumps again and again."""
    curve = facts.state.curves.get("grad_norm")
    bins = [] if curve is None else curve.bins
    settled = [bin for bin in bins if bin.last > facts.first_step + SETTLED * (facts.state.step - facts.first_step)]
    if facts.state.step - facts.first_step < MIN_STEPS or len(settled) < MIN_SPIKES:
        return None
    if facts.loss_between(0.5, 1) < MEMORIZED * facts.loss_between(0, 0.1):
        return None
    middle = statistics.median(bin.mean for bin in settled)
    spikes = [bin for bin in settled if bin.high > max(SPIKE * middle, MIN_NORM)]
    if len(spikes) < max(MIN_SPIKES, MIN_SPIKE_SHARE * len(settled)):
        return None
    highest = max(spikes, key=lambda bin: bin.high)
    evidence = (
        f"its norm is usually {format.number(middle)}, and rose above {SPIKE:.0f} times that at {len(spikes)} "
        f"places, to {format.number(highest.high)} near step {format.count(highest.last)}"
    )
    warms_up = any(facts.config.get(key) for key in ("warmup_ratio", "warmup_steps"))
    if warms_up and facts.peak_rate:
        action = f"Halve the learning rate: {facts.again(learning_rate=facts.peak_rate / 2)}."
    else:
        action = "Begin with small steps: `warmup_ratio = 0.1`."
    return Finding("unstable_gradients", "warning", "Unstable gradients", evidence, action)
