"""The settings in which runs differ, with their effective values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from nbtrain import format
from nbtrain.config import Config
from nbtrain.config.schema import schema
from nbtrain.events import TaskSpec
from nbtrain.events.names import two_words
from nbtrain.events.state import RunState
from nbtrain.views.annotations import SHORT_NAMES

LOCATION_KEYS = frozenset({"output_dir", "resume_from_checkpoint", "run_name", "logging_dir"})
"""Keys that only set where a run is stored."""

MAX_KEYS_IN_SUMMARY = 2

NOT_RECORDED = object()
"""Value of a key in a run without a recorded configuration, whose Trainer is the user's own."""


def settings(state: RunState) -> dict[str, Any]:
    """All keys with their effective values: given, derived, inferred from the data, or the default. Empty for a run
    without a recorded configuration.
    """
    if not state.config.strip():
        return {}
    config = Config(tomllib.loads(state.config))
    values = {key: config[key] for key in schema() if key not in LOCATION_KEYS}
    values = {key: None if value == "none" else value for key, value in values.items()}
    if state.prepared is not None:
        values |= {key: value for key, value in _found(state.prepared.spec).items() if values.get(key) is None}
    values = {key: _normalized(value) for key, value in values.items()}
    return values | _other_differences(state)


def differing(states: Sequence[RunState]) -> dict[str, list[Any]]:
    """The keys whose values are not the same in all runs, each with its values by run (or `NOT_RECORDED`).

    Keys that were given in a run come first, in its order.
    """
    found = [settings(state) for state in states]
    known = [each for each in found if each]
    given = [key for state in states for key in tomllib.loads(state.config)]
    keys = dict.fromkeys(key for key in [*given, *(key for each in known for key in each)] if key not in LOCATION_KEYS)
    values = {key: [each.get(key, NOT_RECORDED if not each else None) for each in found] for key in keys}
    return {
        key: row for key, row in values.items() if _values_differ([value for value in row if value is not NOT_RECORDED])
    }


def describe_differences(other: RunState, state: RunState) -> str:
    """The first few settings of run `other` that differ from those of `state`: "lr 1e-4, num_train_epochs 2"."""
    given = {*tomllib.loads(other.config), *tomllib.loads(state.config)}
    found = {key: values[0] for key, values in differing([other, state]).items() if values[0] is not NOT_RECORDED}
    asked = {key: value for key, value in found.items() if key in given}  # the others follow from these
    if not asked and (other.prepared is None or state.prepared is None):
        return ""  # one of them has not found out yet what the other has
    return brief(asked or found)


def brief(values: Mapping[str, Any]) -> str:
    """The first few keys with their values: "lr 1e-4, num_train_epochs 2"."""
    found = [(key, value) for key, value in values.items() if value is not NOT_RECORDED]
    return ", ".join(f"{SHORT_NAMES.get(key, key)} {format_value(value)}" for key, value in found[:MAX_KEYS_IN_SUMMARY])


def format_value(value: Any) -> str:
    """The value of a key as text."""
    if value is NOT_RECORDED:
        return format.MISSING
    if isinstance(value, float):
        return format.hyperparameter(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return format.count(value)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else "none" if value is None else str(value)


def _found(spec: TaskSpec) -> dict[str, Any]:
    """Values that are inferred from data and model if the keys are not given."""
    return {"task": spec.task, "text": spec.inputs or None, "label": spec.target or None, **spec.options}


def _values_differ(values: Sequence[Any]) -> bool:
    return any(value != values[0] for value in values)


def _other_differences(state: RunState) -> dict[str, Any]:
    """Differences that no key shows: the number of examples in a variable or file, and the run that was continued."""
    sizes = state.prepared.sizes if state.prepared is not None else {}
    others: dict[str, Any] = {"training examples": sizes["train"]} if "train" in sizes else {}
    if state.branched is not None:
        others["continues"] = f"{two_words(state.branched.parent)} from step {state.branched.step:,}"
    return others


def _normalized(value: Any) -> Any:
    """Unwrap one-element lists, so that `["f1"]` equals `"f1"`, and turn lists into tuples."""
    if isinstance(value, (list, tuple)):
        return _normalized(value[0]) if len(value) == 1 else tuple(map(_normalized, value))
    return value
