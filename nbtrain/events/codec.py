"""Events as JSON, one line per event.

Numbers have 7 significant digits. JSON has no NaN and no infinity: such a value is written as null, and "nonfinite"
lists the path of the field and the value.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

import msgspec

from nbtrain.events import EVENT_TYPES, Event, TaskSpec
from nbtrain.events.old_journals import upgrade

_ALWAYS = ("step", "seq")
"""Fields that are always written, even with their default value."""


def to_json(event: Event) -> str:
    """One line of JSON for `event`; fields with their default value are omitted."""
    record: dict[str, Any] = {"type": event.type}
    nonfinite: list[tuple[list[str | int], str]] = []
    for name, default in _written(event.type):
        value = getattr(event, name)
        if value == default and name not in _ALWAYS:
            continue
        kind = type(value)
        if kind is int or kind is str or kind is bool or (kind is float and math.isfinite(value)):  # nearly all
            record[name] = float(f"{value:.7g}") if kind is float else value
        else:
            record[name] = _plain(value, [name], nonfinite)
    record["time"] = round(event.time, 3)
    if nonfinite:
        record["nonfinite"] = nonfinite
    return msgspec.json.encode(record).decode()


def from_json(line: str | bytes, run: str = "") -> Event | None:
    """Parse a line that `to_json` wrote. Unknown fields are ignored.

    Returns:
        The event, or None if `line` is not valid, or of a type that this version does not know.
    """
    try:
        record = msgspec.json.decode(line)
        for path, name in record.get("nonfinite", ()):
            _restore(record, path, float(name))
        record = upgrade(record)
        event: Event = msgspec.convert(record, EVENT_TYPES[record["type"]])
    except (msgspec.MsgspecError, ValueError, LookupError, TypeError, AttributeError):
        return None
    event.stamp(run=run)
    return event


def plain(value: Any) -> Any:
    """`value` as JSON types, exactly: arrays and tensors as lists, keys as strings, any other object as text."""
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return plain(value.tolist()) if hasattr(value, "tolist") else str(value)


@functools.cache
def _written(name: str) -> tuple[tuple[str, Any], ...]:
    """Name and default of each field of event type `name`, except for `time`, which has its own precision, and `run`,
    which is in the header of the journal.
    """
    return tuple((spec.name, spec.default) for spec in fields(EVENT_TYPES[name]) if spec.name not in ("run", "time"))


def _plain(value: Any, path: list[str | int], nonfinite: list[tuple[list[str | int], str]]) -> Any:
    """`value` with rounded floats. Those that are not finite become None and are appended to `nonfinite`."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, TaskSpec):
        return _plain(asdict(value), path, nonfinite)
    if isinstance(value, dict):
        return {str(key): _plain(item, [*path, str(key)], nonfinite) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, [*path, index], nonfinite) for index, item in enumerate(value)]
    try:
        number = float(value)  # also scalars of numpy and torch
    except (TypeError, ValueError):
        return str(value)
    if math.isfinite(number):
        return float(f"{number:.7g}")
    nonfinite.append((path, repr(number)))
    return None


def _restore(record: Any, path: list[Any], value: float) -> None:
    *parents, last = path
    for key in parents:
        record = record[key]
    record[last] = value
