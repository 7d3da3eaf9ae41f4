"""The curves of runs as bytes: all a browser needs to draw them, and no more than changed."""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbtrain.events.series import Bin, Curve
    from nbtrain.events.state import RunState

BIN_BYTES = 5 * 4
"""A bin on the wire: first step, last step, low, high and mean as float32."""

MAX_BEHIND = 5
"""Curves of other runs that can be told apart behind the run's own."""

MAX_POINTS_BEHIND = 600
MAX_POINTS_PER_CURVE = 240
"""Points of all curves behind together, and of one: last step and mean as float32."""

MAX_NAME_LENGTH = 60


class CurveFeed:
    """One curve as the browser has it: `packed` holds all its bins, `pull` brings it up to date."""

    def __init__(self) -> None:
        self.packed = bytearray()
        self._seen = (0, 0, 0)

    def pull(self, curve: Curve) -> tuple[int, bytes] | None:
        """The bins that changed since the last call: the index of the first one and their bytes; None if none did.

        Bins only change at the end of a curve while its version stays, so that takes time for what is new only.
        """
        seen = (curve.version, len(curve.bins), curve.bins[-1].count if curve.bins else 0)
        if seen == self._seen:
            return None
        start = max(0, self._seen[1] - 1) if curve.version == self._seen[0] else 0
        tail = pack(curve.bins[start:])
        self.packed[start * BIN_BYTES :] = tail
        self._seen = seen
        return start, tail


def pack_behind(states: Sequence[tuple[str, RunState]]) -> list[dict[str, Any]]:
    """The training losses of other runs, by name, thinned to what all of them together may take.

    Those without a step are left out, and the first ones where there are more than `MAX_BEHIND`.
    """
    trained = [(name, state) for name, state in states if state.curves["loss"].bins][-MAX_BEHIND:]
    limit = min(MAX_POINTS_PER_CURVE, MAX_POINTS_BEHIND // max(1, len(trained)))
    return [
        {
            "name": name[:MAX_NAME_LENGTH],
            "points": _floats(value for bin in state.curves["loss"].thinned(limit) for value in (bin.last, bin.mean)),
        }
        for name, state in trained
    ]


def pack(bins: Iterable[Bin]) -> bytes:
    """`bins` as float32, little-endian, `BIN_BYTES` each."""
    return _floats(value for each in bins for value in (each.first, each.last, each.low, each.high, each.mean))


def _floats(numbers: Iterable[float]) -> bytes:
    values = array("f", numbers)
    if sys.byteorder == "big":
        values.byteswap()
    return values.tobytes()
