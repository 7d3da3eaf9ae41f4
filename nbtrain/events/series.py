"""A curve of bounded size: what a chart needs of a series of any length."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

BINS = 1000
"""Most bins of a curve; each is drawn as its minimum and its maximum, so a curve has at most 2,000 points."""


@dataclass
class Bin:
    """What neighbouring points have in common: their steps, extremes and mean."""

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
    """A series of (step, value), steps rising, kept as at most `BINS` bins of `width` points each.

    When the bins are all used, neighbours are merged and `width` doubles. `version` counts these merges: as long as
    it stays, bins only change at the end of `bins`.
    """

    bins: list[Bin] = field(default_factory=list)
    width: int = 1
    version: int = 0

    def add(self, step: int, value: float) -> None:
        """Append a point; one that is not finite is left out."""
        if not math.isfinite(value):
            return
        if self.bins and self.bins[-1].count < self.width:
            self.bins[-1].add(step, value)
            return
        if len(self.bins) >= BINS:
            self._merge()
        self.bins.append(Bin(step, step, value, value, value, 1))

    def _merge(self) -> None:
        pairs = zip(self.bins[::2], self.bins[1::2], strict=True)
        self.bins = [left.merged(right) for left, right in pairs]
        self.width *= 2
        self.version += 1

    def thinned(self, most: int) -> list[Bin]:
        """The curve as at most `most` bins."""
        bins = list(self.bins)
        while len(bins) > most:
            pairs = [left.merged(right) for left, right in zip(bins[::2], bins[1::2], strict=False)]
            bins = pairs + bins[len(pairs) * 2 :]
        return bins

    def rewind(self, step: int) -> None:
        """Forget what comes after `step`: the run went back to it."""
        kept = [bin for bin in self.bins if bin.last <= step]
        if len(kept) < len(self.bins):
            self.bins = kept
            self.version += 1
