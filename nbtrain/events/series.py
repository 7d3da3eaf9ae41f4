"""A series of bounded size for charts, however many points it has."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

MAX_BINS = 1000
"""Each bin is drawn as its minimum and its maximum, so a curve has at most 2,000 points."""


@dataclass
class Bin:
    """A summary of neighbouring points: their first and last step, extremes and mean."""

    first: int
    last: int
    low: float
    high: float
    total: float
    count: int

    @property
    def mean(self) -> float:
        return self.total / self.count

    def add(self, step: int, value: float) -> None:
        self.last = step
        self.low = min(self.low, value)
        self.high = max(self.high, value)
        self.total += value
        self.count += 1

    def merged(self, other: Bin) -> Bin:
        return Bin(
            self.first,
            other.last,
            min(self.low, other.low),
            max(self.high, other.high),
            self.total + other.total,
            self.count + other.count,
        )


@dataclass
class Curve:
    """A series of (step, value) with rising steps, stored as at most `max_bins` bins.

    When all bins are full, neighbouring bins are merged and `width` doubles.

    Attributes:
        bins: The bins, by rising steps.
        width: Points per bin.
        max_bins: The most bins.
        version: Counts merges and rewinds. While it stays the same, bins change only at the end of `bins`.
    """

    bins: list[Bin] = field(default_factory=list)
    width: int = 1
    version: int = 0
    max_bins: int = MAX_BINS

    def add(self, step: int, value: float) -> None:
        """Append a point. Values that are not finite are ignored."""
        if not math.isfinite(value):
            return
        if self.bins and self.bins[-1].count < self.width:
            self.bins[-1].add(step, value)
            return
        if len(self.bins) >= self.max_bins:
            self._merge()
        self.bins.append(Bin(step, step, value, value, value, 1))

    def _merge(self) -> None:
        pairs = zip(self.bins[::2], self.bins[1::2], strict=True)
        self.bins = [left.merged(right) for left, right in pairs]
        self.width *= 2
        self.version += 1

    def thinned(self, max_bins: int) -> list[Bin]:
        """The curve as at most `max_bins` bins."""
        bins = list(self.bins)
        while len(bins) > max_bins:
            pairs = [left.merged(right) for left, right in zip(bins[::2], bins[1::2], strict=False)]
            bins = pairs + bins[len(pairs) * 2 :]
        return bins

    def rewind(self, step: int) -> None:
        """Drop the points after `step`, since the run continues from there."""
        kept = [bin for bin in self.bins if bin.last <= step]
        if len(kept) < len(self.bins):
            self.bins = kept
            self.version += 1
