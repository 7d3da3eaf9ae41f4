"""The schema as JSON Schema, for editors that complete and check a cell's body without asking the kernel."""

from __future__ import annotations

import json
from typing import Any

from nbtrain.config.arguments import UNKNOWN
from nbtrain.config.completions import values
from nbtrain.config.fields import Field
from nbtrain.config.schema import schema

_NAME = r"[A-Za-z_][\w\u0080-\uffff]*"
REFERENCE = rf"^\${_NAME}$"
"""A text that stands for a variable of the notebook; any key may have one."""

MALFORMED = rf"^\$(?!{_NAME}$)"
"""A text that would, if it were the name of one."""

NONE = "^[Nn][Oo][Nn][Ee]$"
_TYPES = {"bool": "boolean", "int": "integer", "float": "number", "dict": "object", "object": "object"}


def json_schema(*, complete: bool = True) -> dict[str, Any]:
    """JSON Schema (2020-12) of a cell's body as a mapping of its keys.

    Beside the standard's own, each property has `x-allowed` (what it takes, in words), `x-own` (whether the key is
    nbtrain's) and `x-values` (values to offer, as TOML writes them).

    Args:
        complete: Whether model and data must be in it; not where it only changes another configuration.
    """
    whole: list[dict[str, Any]] = [
        {"required": ["model"]},
        {"anyOf": [{"required": ["dataset"]}, {"required": ["train"]}]},
    ]
    exclusive = [{"not": {"required": pair}} for pair in (["dataset", "train"], ["metrics", "compute_metrics"])]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The configuration of a fine-tuning",
        "type": "object",
        "properties": {name: _property(field) for name, field in schema().items()},
        "additionalProperties": False,
        "allOf": [*(whole if complete else []), *exclusive],
    }


def _property(field: Field) -> dict[str, Any]:
    taken = _alternatives(field)
    about: dict[str, Any] = dict(taken[0]) if len(taken) == 1 else {"anyOf": taken}
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
    taken: list[dict[str, Any]] = []
    for kind in field.kinds:
        if kind == "str" and field.choices:
            taken.append({"enum": list(field.choices)})
        elif kind == "str":
            taken.append({"type": "string", "not": {"pattern": MALFORMED}})
        elif kind == "list":
            taken.append({"type": "array", "items": {"not": {"type": "string", "pattern": MALFORMED}}})
        elif kind in ("int", "float"):
            taken.append({"type": _TYPES[kind], **_bounds(field)})
        else:
            taken.append({"type": _TYPES[kind]})
    if {"int", "float"} <= set(field.kinds):
        taken = [alternative for alternative in taken if alternative.get("type") != "integer"]
    if "str" not in field.kinds or field.choices:
        taken.append({"type": "string", "pattern": REFERENCE})
        if field.optional and "none" not in field.choices:
            taken.append({"type": "string", "pattern": NONE})
    return taken


def _bounds(field: Field) -> dict[str, float]:
    low = {} if field.low is None else {"minimum": field.low}
    return low if field.above is None else {**low, "exclusiveMinimum": field.above}


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
