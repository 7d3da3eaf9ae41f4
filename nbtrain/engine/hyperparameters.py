"""Changing hyper-parameters of a training that is going on, so that the change survives the next scheduler step.

Plain functions of torch objects, without imports: an exported script carries them as they stand here.
"""

from __future__ import annotations

from typing import Any


def set_learning_rate(optimizer: Any, scheduler: Any, value: float) -> None:
    """Have the next step use `value` (of the first parameter group), and the schedule go on from there in proportion.

    Where the schedule stands at 0, as at the beginning of a warm-up, `value` becomes its peak.

    Args:
        optimizer: A torch optimizer, or what accelerate wraps around one.
        scheduler: Its learning rate scheduler.
        value: Above 0.
    """
    group = optimizer.param_groups[0]
    current = group["lr"] or group.get("initial_lr") or 0.0
    if current > 0:
        scale_learning_rate(optimizer, scheduler, float(value) / float(current))


def scale_learning_rate(optimizer: Any, scheduler: Any, factor: float) -> None:
    """Multiply every learning rate by `factor`: those in force, those that the schedule starts from, and its bounds."""
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

    Where none has one it is the first group's, in which the Trainer puts the parameters that are to decay.
    """
    decaying = [group for group in optimizer.param_groups if group.get("weight_decay")]
    for group in decaying or optimizer.param_groups[:1]:
        if "weight_decay" in group:
            group["weight_decay"] = float(value)
