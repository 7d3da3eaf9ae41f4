"""What was different in runs: the settings in which they differ, as they came to be."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from typing import Any

from nbtrain import format
from nbtrain.config import Config
from nbtrain.config.schema import schema
from nbtrain.events import TaskSpec
from nbtrain.events.state import RunState
from nbtrain.views.commands import SHORT

PLACES = frozenset({"output_dir", "resume_from_checkpoint", "run_name", "logging_dir"})
"""Keys that say where a run is, and not what it does."""

MOST_IN_WORDS = 2

UNKNOWN = object()
"""What stands for the value of a key in a run that does not tell: its Trainer was its user's own."""


def settings(state: RunState) -> dict[str, Any]:
    """Every key with its value: given, derived, found in the data, or the default; none where the run does not tell."""
    if not state.config.strip():
        return {}
    config = Config(tomllib.loads(state.config))
    values = {key: config[key] for key in schema() if key not in PLACES}
    values = {key: None if value == "none" else value for key, value in values.items()}
    if state.prepared is not None:
        values |= {key: value for key, value in _found(state.prepared.spec).items() if values.get(key) is None}
    values = {key: _plain(value) for key, value in values.items()}
    return values | _beyond_keys(state)


def differing(states: Sequence[RunState]) -> dict[str, list[Any]]:
    """The keys whose values are not the same in all runs, each with its values, `UNKNOWN` where a run does not tell.

    Keys that were given in a run come first, in its order.
    """
    told = [settings(state) for state in states]
    known = [each for each in told if each]
    given = [key for state in states for key in tomllib.loads(state.config)]
    keys = dict.fromkeys(key for key in [*given, *(key for each in known for key in each)] if key not in PLACES)
    values = {key: [each.get(key, UNKNOWN if not each else None) for each in told] for key in keys}
    return {key: row for key, row in values.items() if _differ([value for value in row if value is not UNKNOWN])}


def in_words(other: RunState, state: RunState) -> str:
    """In what run `other` was different from `state`, the first few keys: "lr 1e-4, num_train_epochs 2"; "" if in none
    that is known.
    """
    found = {key: values[0] for key, values in differing([other, state]).items() if values[0] is not UNKNOWN}
    return ", ".join(f"{SHORT.get(key, key)} {written(value)}" for key, value in list(found.items())[:MOST_IN_WORDS])


def written(value: Any) -> str:
    """The value of a key, as it is shown."""
    if value is UNKNOWN:
        return format.MISSING
    if isinstance(value, float):
        return format.hyperparameter(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return format.count(value)
    return ", ".join(map(str, value)) if isinstance(value, tuple) else "none" if value is None else str(value)


def _found(spec: TaskSpec) -> dict[str, Any]:
    """Keys whose values are found in the data and the model where they are not given."""
    return {"task": spec.task, "text": spec.inputs or None, "label": spec.target or None, **spec.options}


def _differ(values: Sequence[Any]) -> bool:
    return any(value != values[0] for value in values)


def _beyond_keys(state: RunState) -> dict[str, Any]:
    """What no key says: the examples that a variable or a file had, the run that was gone on with."""
    sizes = state.prepared.sizes if state.prepared is not None else {}
    beyond: dict[str, Any] = {"training examples": sizes["train"]} if "train" in sizes else {}
    if state.branched is not None:
        beyond["goes on with"] = f"{state.branched.parent} after step {state.branched.step:,}"
    return beyond


def _plain(value: Any) -> Any:
    """`value` such that the same is equal: ["f1"] and "f1"."""
    if isinstance(value, (list, tuple)):
        return _plain(value[0]) if len(value) == 1 else tuple(map(_plain, value))
    return value
