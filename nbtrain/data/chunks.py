"""Long tables, some rows at a time, so that what is computed of them on the way is never there for all rows at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS = 16_384
NUMBERS = 2**18


def slices(rows: int, size: int = ROWS) -> Iterator[slice]:
    """`rows` rows, `size` at a time."""
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


def slices_of(table: NDArray[Any]) -> Iterator[slice]:
    """The rows of `table`, so many at a time that they have about `NUMBERS` numbers."""
    width = table.shape[1] if table.ndim > 1 else 1
    return slices(len(table), max(1, NUMBERS // max(1, width)))
