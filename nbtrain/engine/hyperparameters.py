"""Change hyper-parameters during a training, such that the next scheduler step does not undo it.

The functions need nothing but torch objects, since exported scripts contain their source.
"""

from __future__ import annotations

from typing import Any


def set_learning_rate(optimizer: Any, scheduler: Any, value: float) -> None:
    """Set the learning rate of the next step (first parameter group), and scale the rest of the schedule in proportion.

    If the current rate is 0, as at the start of a warm-up, `value` becomes the peak of the schedule.

    Args:
        optimizer: A torch optimizer, or accelerate's wrapper of one.
        scheduler: Its learning rate scheduler.
        value: Greater than 0.
    """
    group = optimizer.param_groups[0]
    current = group["lr"] or group.get("initial_lr") or 0.0
    if current > 0:
        scale_learning_rate(optimizer, scheduler, float(value) / float(current))


def scale_learning_rate(optimizer: Any, scheduler: Any, factor: float) -> None:
    """Multiply all learning rates by `factor`: current rates, base rates of the schedule, and its bounds."""
    for group in optimizer.param_groups:
        for name in ("lr", "initial_lr", "max_lr", "min_lr"):
            if group.get(name) is not None:
                group[name] = group[name] * factor
    schedulers = [scheduler]
    while schedulers:
        one = schedulers.pop()
        for name in ("base_lrs", "min_lrs", "max_lrs", "_init_lrs", "_last_lr"):
            rates = getattr(one, name, None)
            if isinstance(rates, (list, tuple)):
                setattr(one, name, [rate * factor for rate in rates])
        schedulers.extend(getattr(one, "_schedulers", ()))


def set_weight_decay(optimizer: Any, value: float) -> None:
    """Set the weight decay of the parameter groups that have one; the others (biases, layer norms) stay without.

    If no group has one, set that of the first group, in which the Trainer puts the parameters that may decay.
    """
    decaying = [group for group in optimizer.param_groups if group.get("weight_decay")]
    for group in decaying or optimizer.param_groups[:1]:
        if "weight_decay" in group:
            group["weight_decay"] = float(value)
