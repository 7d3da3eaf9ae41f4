"""Journals of earlier versions: each record is converted to the current form when it is read."""

from __future__ import annotations

from typing import Any


def upgrade(record: dict[str, Any]) -> dict[str, Any]:
    """Convert an event, as the decoded JSON of any version, to the form that this version writes.

    Raises:
        KeyError: A field that its version wrote is missing.
    """
    if record.get("type") == "prepared" and "spec" not in record:
        return _with_spec(record)
    return record


def _with_spec(record: dict[str, Any]) -> dict[str, Any]:
    """Move the fields of an early `Prepared` event into `spec`, a `TaskSpec`."""
    moved = ("task", "text", "label", "labels", "max_length")
    spec = {
        "task": record["task"],
        "inputs": record["text"],
        "target": record["label"],
        "labels": record["labels"],
        "options": {"max_length": record["max_length"]},
    }
    return {"spec": spec, **{name: value for name, value in record.items() if name not in moved}}
