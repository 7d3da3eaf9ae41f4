"""What the user commanded, in words: the one place for all views."""

from __future__ import annotations

from nbtrain.events import Commanded
from nbtrain.views import format

WORDS = {
    "pause": "paused",
    "resume": "resumed",
    "step": "went on for {steps} steps",
    "epoch": "went on to the end of the epoch",
    "stop": "stopped",
    "evaluate": "evaluated",
    "checkpoint": "saved a checkpoint",
    "skip": "left out a batch whose loss was not finite",
    "branch": "branched off",
}
SHORT = {"learning_rate": "lr", "weight_decay": "decay"}


def label(event: Commanded) -> str:
    """A few letters for the curve: "lr 1e-05", "pause", "step 10"."""
    if event.command == "set":
        return ", ".join(f"{SHORT.get(name, name)} {_number(value)}" for name, value in event.values.items())
    if event.command == "step":
        return f"step {event.values.get('steps', 1)}"
    return "save" if event.command == "checkpoint" else event.command


def sentence(event: Commanded) -> str:
    """A line for the record: "step 120: learning rate set to 1e-5"."""
    return f"step {format.count(event.step)}: {_said(event)}"


def _said(event: Commanded) -> str:
    if event.command == "set":
        return ", ".join(f"{name.replace('_', ' ')} set to {_number(value)}" for name, value in event.values.items())
    if event.command == "stop" and event.values.get("by") == "interrupt":
        return "stopped by an interrupt"
    words = WORDS.get(event.command, event.command).format(steps=event.values.get("steps", 1))
    return words.replace(" 1 steps", " 1 step")


def _number(value: object) -> str:
    return format.learning_rate(value) if isinstance(value, float) else str(value)
