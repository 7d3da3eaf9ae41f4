"""Events as JSON, a line each.

Numbers have 7 significant digits. NaN and infinities are no JSON: they are written as null, and the field is named
under "nonfinite".
"""

from __future__ import annotations

import json
import math
from dataclasses import fields
from typing import Any

from nbtrain.events import EVENT_TYPES, Event


def to_json(event: Event) -> str:
    """One line of JSON for `event`; fields that have their default value are left out."""
    record: dict[str, Any] = {"type": event.type}
    nonfinite: list[list[Any]] = []
    for spec in fields(event):
        value = getattr(event, spec.name)
        if spec.name == "run" or (spec.name not in ("step", "seq") and value == spec.default):
            continue
        record[spec.name] = _plain(value, [spec.name], nonfinite)
    record["time"] = round(event.time, 3)
    if nonfinite:
        record["nonfinite"] = nonfinite
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False)


def from_json(line: str | bytes, run: str = "") -> Event | None:
    """The event that `to_json` wrote, or None if `line` is none that this version knows."""
    try:
        record = json.loads(line)
        for path, name in record.pop("nonfinite", ()):
            _restore(record, path, float(name))
        kind = EVENT_TYPES[record.pop("type")]
        return kind(run=run, **{spec.name: record[spec.name] for spec in fields(kind) if spec.name in record})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _plain(value: Any, path: list[str | int], nonfinite: list[list[Any]]) -> Any:
    """`value` with rounded floats; where one is not finite it is None, and `nonfinite` gets its path and name."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, dict):
        return {str(key): _plain(item, [*path, str(key)], nonfinite) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item, [*path, index], nonfinite) for index, item in enumerate(value)]
    try:
        number = float(value)  # numpy's and torch's scalars included
    except (TypeError, ValueError):
        return str(value)
    if math.isfinite(number):
        return float(f"{number:.7g}")
    nonfinite.append([path, repr(number)])
    return None


def _restore(record: Any, path: list[Any], value: float) -> None:
    *parents, last = path
    for key in parents:
        record = record[key]
    record[last] = value
