"""The earlier runs that a run continues, for charts that show them together."""

from __future__ import annotations

import functools
from pathlib import Path

from nbtrain.errors import RunError
from nbtrain.events import journal
from nbtrain.events.state import RunState

MAX_ANCESTORS = 4


def ancestors(state: RunState) -> list[RunState]:
    """The states of the run that `state` continues, of its parent, and so on, as long as their directories exist."""
    found: list[RunState] = []
    while state.branched is not None and len(found) < MAX_ANCESTORS:
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
