"""Events as JSON, one line per event.

JSON has no NaN and no infinity: such a value is written as null, and "nonfinite" lists the path of the field and the
value. All other numbers are read back exactly; journals of early versions have 7 significant digits.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from nbtrain.events import EVENT_TYPES, Event
from nbtrain.events.old_journals import upgrade


def to_json(event: Event) -> str:
    """One line of JSON for `event`, without the run ID; fields with their default value are omitted."""
    line = _encoder.encode(msgspec.structs.replace(event, run=""))
    if b"null" in line:  # maybe in place of a number
        record = msgspec.json.decode(line)
        if found := list(_nonfinite(msgspec.to_builtins(event, enc_hook=plain, str_keys=True), [])):
            line = _encoder.encode({**record, "nonfinite": found})
    return line.decode()


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
    if value is None or type(value) in (str, bool, int, float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return plain(value.tolist()) if hasattr(value, "tolist") else str(value)


_encoder = msgspec.json.Encoder(enc_hook=plain)


def _nonfinite(value: Any, path: list[str | int]) -> Iterator[tuple[list[str | int], str]]:
    """Path and value of each number in `value`, of JSON types, that is not finite."""
    if isinstance(value, float) and not math.isfinite(value):
        yield path, repr(value)
    elif isinstance(value, (dict, list)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _nonfinite(item, [*path, key])


def _restore(record: Any, path: list[Any], value: float) -> None:
    *parents, last = path
    for key in parents:
        record = record[key]
    record[last] = value
