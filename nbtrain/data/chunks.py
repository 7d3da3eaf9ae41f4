"""Long tables in chunks of rows, so that intermediate results never exist for all rows at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROWS = 16_384
NUMBERS = 2**18


def slices(rows: int, size: int = ROWS) -> Iterator[slice]:
    """Slices of `size` rows that cover `rows` rows; the last one may be shorter."""
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


def chunks(table: NDArray[Any]) -> Iterator[slice]:
    """Slices that cover the rows of `table`, with about `NUMBERS` numbers in each."""
    width = table.shape[1] if table.ndim > 1 else 1
    return slices(len(table), max(1, NUMBERS // max(1, width)))
