"""What the user commanded, in words: the one place for all views."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nbtrain import format
from nbtrain.events import Commanded

WORDS = {
    "pause": "paused",
    "resume": "resumed",
    "step": "went on for {steps} steps",
    "epoch": "went on to the end of the epoch",
    "stop": "stopped",
    "evaluate": "evaluated",
    "checkpoint": "saved a checkpoint",
    "skip": "left out a batch whose loss was not finite",
    "branch": "stopped, to branch off after step {step}",
}
SHORT = {"learning_rate": "lr", "weight_decay": "decay"}


def merged(commands: Iterable[Commanded]) -> list[Commanded]:
    """`commands` without what was overruled before any step used it: a slider that was dragged leaves one."""
    result: list[Commanded] = []
    for event in commands:
        last = result[-1] if result else None
        if last is not None and last.command == event.command == "set" and last.step == event.step:
            result[-1] = replace(event, values={**last.values, **event.values})
        else:
            result.append(event)
    return result


def marks(commands: Iterable[Commanded]) -> list[tuple[int, str]]:
    """A mark for each step after which something was commanded: the step and a few letters, what matters most first."""
    by_step: dict[int, list[Commanded]] = {}
    for event in merged(commands):
        by_step.setdefault(event.step, []).append(event)
    return [(step, _mark(events)) for step, events in by_step.items()]


def _mark(events: list[Commanded]) -> str:
    ordered = sorted(events, key=lambda event: (event.command != "set", event.command == "resume"))
    labels = dict.fromkeys(label(event) for event in ordered)
    if len(labels) > 1:
        labels.pop("resume", None)
    return ", ".join(labels)


def label(event: Commanded) -> str:
    """A few letters for the curve: "lr 1e-5", "pause", "step 10"."""
    if event.command == "set":
        return ", ".join(f"{SHORT.get(name, name)} {_number(value)}" for name, value in event.values.items())
    if event.command == "branch":
        return f"branch from {event.values.get('step')}"
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
    words = WORDS.get(event.command, event.command).format(
        steps=event.values.get("steps", 1), step=event.values.get("step")
    )
    return words.replace(" 1 steps", " 1 step")


def _number(value: object) -> str:
    return format.hyperparameter(value) if isinstance(value, float) else str(value)
