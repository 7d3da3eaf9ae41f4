"""Long tables, some rows at a time, so that what is computed of them on the way is never there for all rows at once."""

from __future__ import annotations

from collections.abc import Iterator

ROWS = 16_384


def slices(rows: int, size: int = ROWS) -> Iterator[slice]:
    """`rows` rows, `size` at a time."""
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))
