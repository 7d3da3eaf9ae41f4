"""Events as JSON, a line each.

Numbers have 7 significant digits. NaN and infinities are no JSON: they are written as null, and the field is named
under "nonfinite".
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable
from dataclasses import MISSING, asdict, dataclass, fields
from typing import Any

from nbtrain.events import EVENT_TYPES, Event, TaskSpec
from nbtrain.old_journals import upgrade

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

_ALWAYS = ("step", "seq")
"""Fields that are written whatever they are."""


def to_json(event: Event) -> str:
    """One line of JSON for `event`."""
    template = _templates.get(event.type)
    if template is None:
        template = _templates[event.type] = _template(event.type)
    if template:
        try:
            line = template % vars(event)
        except TypeError:  # a number that is None
            return _by_field(event)
        if "nan" not in line and "inf" not in line:
            return line
    return _by_field(event)


def _by_field(event: Event) -> str:
    """As `to_json`; fields that have their default value are left out."""
    parts = [f'{{"type":"{event.type}"']
    nonfinite: list[list[Any]] = []
    for name, default in _written(event.type):
        value = getattr(event, name)
        if value == default and name not in _ALWAYS:
            continue
        if type(value) is float and math.isfinite(value):  # most of what a long run writes
            parts.append(f'"{name}":{float(f"{value:.7g}")!r}')
        elif type(value) is int:
            parts.append(f'"{name}":{value}')
        else:
            parts.append(f'"{name}":{_encode(_plain(value, [name], nonfinite))}')
    parts.append(f'"time":{round(event.time, 3)!r}')
    if nonfinite:
        parts.append(f'"nonfinite":{_encode(nonfinite)}')
    return ",".join(parts) + "}"


def from_json(line: str | bytes, run: str = "") -> Event | None:
    """The event that `to_json` wrote, or None if `line` is none that this version knows."""
    try:
        text = line if isinstance(line, str) else line.decode()
        record, end = _parse(text)
        if text[end:].strip():
            return None
        if "nonfinite" in record:
            for path, name in record.pop("nonfinite"):
                _restore(record, path, float(name))
        record = upgrade(record)
        if "spec" in record:
            record["spec"] = _spec(record["spec"])
        return _form(record.pop("type")).made(record, run)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


_parse = json.JSONDecoder().raw_decode


@dataclass(frozen=True)
class _Form:
    """The fields of a kind of event. A long run is read from hundreds of thousands of lines, so events are filled
    without their constructors, which would take longer than all else.
    """

    kind: type[Event]
    names: frozenset[str]
    required: frozenset[str]
    defaults: dict[str, Any]
    factories: dict[str, Callable[[], Any]]

    def made(self, record: dict[str, Any], run: str) -> Event:
        """The event of `record`, which is used up; fields of a later version are no harm.

        Raises:
            KeyError: A field is missing.
        """
        found = record.keys()
        if not self.required <= found:
            raise KeyError(*(self.required - found))
        if not found <= self.names:
            record = {name: value for name, value in record.items() if name in self.names}
        event = object.__new__(self.kind)
        vars(event).update(self.defaults)
        for name, make in self.factories.items():
            vars(event)[name] = make()
        vars(event).update(record)
        vars(event)["run"] = run
        return event


@functools.cache
def _form(name: str) -> _Form:
    kind = EVENT_TYPES[name]
    specs = fields(kind)
    return _Form(
        kind,
        names=frozenset(spec.name for spec in specs),
        required=frozenset(spec.name for spec in specs if spec.default is spec.default_factory is MISSING),
        defaults={spec.name: spec.default for spec in specs if spec.default is not MISSING},
        factories={spec.name: spec.default_factory for spec in specs if spec.default_factory is not MISSING},
    )


_FORMATS = {"int": "d", "float": ".7g", "float | None": ".7g"}
"""How the values of a field are written, by its type."""


_templates: dict[str, str] = {}
"""Those that were made already: a cache takes longer to look into than a dict."""


def _template(name: str) -> str:
    """How an event that is nothing but numbers is written in one go, since a long run has one at each step; "" for
    other events.
    """
    kinds = {spec.name: _FORMATS.get(str(spec.type), "") for spec in fields(EVENT_TYPES[name]) if spec.name != "run"}
    if not all(kinds.values()) or any(word in each for word in ("nan", "inf") for each in kinds):
        return ""
    kinds["time"] = ".3f"
    values = ",".join(f'"{each}":%({each}){kind}' for each, kind in kinds.items())
    return f'{{"type":"{name}",{values}}}'


@functools.cache
def _written(name: str) -> tuple[tuple[str, Any], ...]:
    """Name and default of each field that is written by its value. The time is written in its own way, and the run's id
    stands in the header of a journal.
    """
    return tuple((spec.name, spec.default) for spec in fields(EVENT_TYPES[name]) if spec.name not in ("run", "time"))


def _plain(value: Any, path: list[str | int], nonfinite: list[list[Any]]) -> Any:
    """`value` with rounded floats; where one is not finite it is None, and `nonfinite` gets its path and name."""
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, TaskSpec):
        return _plain(asdict(value), path, nonfinite)
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


def _spec(record: dict[str, Any]) -> TaskSpec:
    known = {spec.name for spec in fields(TaskSpec)}
    return TaskSpec(
        **{name: tuple(value) if isinstance(value, list) else value for name, value in record.items() if name in known}
    )


def _restore(record: Any, path: list[Any], value: float) -> None:
    *parents, last = path
    for key in parents:
        record = record[key]
    record[last] = value
