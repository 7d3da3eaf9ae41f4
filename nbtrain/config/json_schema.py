"""The schema as JSON Schema, for editors that complete and check a cell without the kernel."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from nbtrain.config import rules
from nbtrain.config.arguments import UNKNOWN
from nbtrain.config.completions import values
from nbtrain.config.fields import Field
from nbtrain.config.schema import schema

_NAME = r"[A-Za-z_][\w\u0080-\uffff]*"
REFERENCE = rf"^\${_NAME}$"
"""Matches a reference to a variable, which any key can have."""

MALFORMED = rf"^\$(?!{_NAME}$)"
"""Matches a string that starts like a reference and is not one."""

NONE = "^[Nn][Oo][Nn][Ee]$"
_TYPES = {"bool": "boolean", "int": "integer", "float": "number", "dict": "object", "object": "object"}


def json_schema(*, complete: bool = True) -> dict[str, Any]:
    """JSON Schema (2020-12) of the body of a cell, as an object with its keys.

    Each property also has `x-allowed` (the allowed values as text), `x-own` (whether it is a key of nbtrain) and
    `x-values` (values to suggest, in TOML).

    Args:
        complete: Whether model and data are required; False if it only changes another configuration.
    """
    required = [_required(rule.keys) for rule in rules.REQUIRED]
    exclusive = [{"not": {"required": keys}} for keys in rules.given_together()]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Configuration of a fine-tuning run",
        "type": "object",
        "properties": {name: _property(field) for name, field in schema().items()},
        "additionalProperties": False,
        "allOf": [*(required if complete else []), *exclusive],
    }


def _required(keys: Sequence[str]) -> dict[str, Any]:
    """The schema of an object with at least one of these keys."""
    each = [{"required": [key]} for key in keys]
    return each[0] if len(each) == 1 else {"anyOf": each}


def _property(field: Field) -> dict[str, Any]:
    allowed = _alternatives(field)
    about: dict[str, Any] = dict(allowed[0]) if len(allowed) == 1 else {"anyOf": allowed}
    if field.default is not None and field.default != UNKNOWN and _is_json(field.default):
        about["default"] = field.default
    return about | {
        "description": field.help,
        "x-allowed": field.allowed,
        "x-own": field.own,
        "x-values": values(field),
    }


def _alternatives(field: Field) -> list[dict[str, Any]]:
    """A schema for each kind of value that the key takes."""
    allowed: list[dict[str, Any]] = []
    for kind in field.kinds:
        if kind == "str" and field.choices:
            allowed.append({"enum": list(field.choices)})
        elif kind == "str":
            allowed.append({"type": "string", "not": {"pattern": MALFORMED}})
        elif kind == "list" and field.of_columns:
            allowed.append({"type": "array", "items": {"type": "string", "not": {"pattern": MALFORMED}}})
        elif kind == "list":
            allowed.append({"type": "array", "items": {"not": {"type": "string", "pattern": MALFORMED}}})
        elif kind in ("int", "float"):
            allowed.append({"type": _TYPES[kind], **_bounds(field)})
        else:
            allowed.append({"type": _TYPES[kind]})
    if {"int", "float"} <= set(field.kinds):
        allowed = [alternative for alternative in allowed if alternative.get("type") != "integer"]
    if "str" not in field.kinds or field.choices:
        allowed.append({"type": "string", "pattern": REFERENCE})
        if field.optional and "none" not in field.choices:
            allowed.append({"type": "string", "pattern": NONE})
    return allowed


def _bounds(field: Field) -> dict[str, float]:
    low = {} if field.low is None else {"minimum": field.low}
    above = {} if field.above is None else {"exclusiveMinimum": field.above}
    below = {} if field.below is None else {"exclusiveMaximum": field.below}
    return {**low, **above, **below}


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
