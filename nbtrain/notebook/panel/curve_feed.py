"""Curves of runs as bytes for the browser; only what has changed is sent."""

from __future__ import annotations

import sys
from array import array
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from nbtrain.events.series import Bin, Curve
    from nbtrain.events.state import RunState

BIN_BYTES = 5 * 4
"""Size of a bin: first step, last step, low, high and mean as float32."""

MAX_BEHIND = 5
"""Maximum number of curves of other runs in the background."""

MAX_POINTS_BEHIND = 600
MAX_POINTS_PER_CURVE = 240
"""Maximum number of points (last step and mean as float32) of all background curves together, and of one."""

MAX_NAME_LENGTH = 60


class CurveFeed:
    """One curve as sent to the browser: `packed` holds all its bins, `pull` updates it."""

    def __init__(self) -> None:
        self.packed = bytearray()
        self._seen = (0, 0, 0)

    def pull(self, curve: Curve) -> tuple[int, bytes] | None:
        """The bins that have changed since the last call: index of the first one, and their bytes; None if unchanged.

        While a curve's version is the same, bins only change at its end, so this takes time for new bins only.
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
    """The training losses of other runs by name, thinned to the maximum number of points.

    Runs without a step are left out; of more than `MAX_BEHIND` runs, the last ones are used.
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
