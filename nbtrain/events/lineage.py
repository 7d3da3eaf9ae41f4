"""The runs that a run goes on with, for charts that show them together."""

from __future__ import annotations

import functools
from pathlib import Path

from nbtrain.errors import RunError
from nbtrain.events import journal
from nbtrain.events.state import RunState

MOST = 4
"""Generations that are looked up."""


def ancestors(state: RunState) -> list[RunState]:
    """The run that `state` branched off, the one before that, and so on, as far as their directories are there."""
    found: list[RunState] = []
    while state.branched is not None and len(found) < MOST:
        parent = _state(state.branched.directory)
        if parent is None:
            break
        found.append(parent)
        state = parent
    return found


@functools.lru_cache(maxsize=16)
def _state(directory: str) -> RunState | None:
    try:
        return RunState.fold(journal.read(Path(directory)))
    except RunError:
        return None
