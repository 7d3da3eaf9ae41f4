"""Table: a DataFrame that draws itself, and knows of which rows of an evaluation its lines are made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.plotting import PlotAccessor

from nbtrain import format
from nbtrain.errors import RunError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Place = tuple[pd.Index, NDArray[Any]]
"""The keys of lines, and where the rows of the evaluation belong: the position of a key for each row (-1: none), or
whether each row (first dimension) belongs to each key (second dimension).
"""


@dataclass(frozen=True)
class Origin:
    """What a table was made of.

    Args:
        draw: Draws it; a function of a module, so that tables can be pickled.
        columns: The columns that it needs.
        of: The rows of the evaluation.
        places: The keys of its lines; for a table of two dimensions those of its columns, too.
        caption: What is shown above the figure.
    """

    draw: Callable[[Table], Figure]
    columns: tuple[Any, ...]
    of: pd.DataFrame
    places: tuple[Place, ...] = ()
    caption: str = ""


class Table(pd.DataFrame):
    """A DataFrame with two more abilities: `plot()` without arguments draws what it is about, as a matplotlib figure
    (with arguments, and `plot.bar()` and so on, it is that of pandas); `rows(key)` has the rows of the evaluation that
    are counted in a line.
    """

    _metadata = ["origin"]  # noqa: RUF012  # as pandas declares it
    origin: Origin | None = None

    @property
    def _constructor(self) -> type[Table]:
        return Table

    @classmethod
    def of(cls, frame: pd.DataFrame, draw: Callable[[Table], Figure], rows: pd.DataFrame, **options: Any) -> Table:
        """`frame` as a Table; arguments as of `Origin`."""
        table = cls(frame)
        table.origin = Origin(draw, tuple(frame.columns), rows, **options)
        return table

    @property
    def plot(self) -> TablePlot:
        """Draws the table."""
        return TablePlot(self)

    def rows(self, *keys: Any) -> pd.DataFrame:
        """The rows of the evaluation that are counted in a line: `report.rows("spam")`; those of a cell:
        `confusion.rows("spam", "ham")`.

        Raises:
            RunError: There is no such line, or the lines are not about rows.
        """
        origin = self.origin
        if origin is None or not origin.places:
            raise RunError("The lines of this table are not about single rows.\n    Use `run.predictions`.")
        if not 1 <= len(keys) <= len(origin.places):
            wanted = " and ".join(str(index.name) for index, _ in origin.places)
            raise RunError(f"`rows` of this table takes {wanted}, got {len(keys)} values.")
        chosen = np.ones(len(origin.of), dtype=bool)
        for key, place in zip(keys, origin.places, strict=False):
            chosen &= _belongs(key, place)
        return origin.of[chosen]


class TablePlot(PlotAccessor):
    """The plots of pandas; called without arguments, that of the table."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        table: Any = self.__dict__["_parent"]
        origin = getattr(table, "origin", None)
        if args or kwargs or origin is None or tuple(table.columns) != origin.columns:
            return super().__call__(*args, **kwargs)
        return origin.draw(table)


def _belongs(key: Any, place: Place) -> NDArray[np.bool_]:
    """Whether each row belongs to the line of `key`."""
    index, where = place
    try:
        position = index.get_loc(key)
    except (KeyError, TypeError):
        names = [repr(one) if isinstance(one, str) else str(one) for one in index]
        raise RunError(f"This table has no line {key!r}.\n    Its lines: {format.listed(names, 20)}.") from None
    belongs: NDArray[np.bool_] = where[:, position] if where.ndim == 2 else where == position
    return belongs
