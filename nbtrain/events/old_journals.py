"""Journals of earlier versions: their records become those of this one when they are read."""

from __future__ import annotations

from typing import Any


def upgrade(record: dict[str, Any]) -> dict[str, Any]:
    """An event as JSON of any version, in the form that this version writes.

    Raises:
        KeyError: It has not the fields that its version wrote.
    """
    if record.get("type") == "prepared" and "spec" not in record:
        return _with_spec(record)
    return record


def _with_spec(record: dict[str, Any]) -> dict[str, Any]:
    """Before `TaskSpec`, a `Prepared` had its parts as fields of its own."""
    moved = ("task", "text", "label", "labels", "max_length")
    spec = {
        "task": record["task"],
        "inputs": record["text"],
        "target": record["label"],
        "labels": record["labels"],
        "options": {"max_length": record["max_length"]},
    }
    return {"spec": spec, **{name: value for name, value in record.items() if name not in moved}}
