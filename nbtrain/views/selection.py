"""Select what is shown of a long run: which evaluations, which notes, and at which size it fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from nbtrain import format
from nbtrain.events.state import RunState
from nbtrain.views import summary
from nbtrain.views.summary import Row

Size = TypeVar("Size")
Made = TypeVar("Made")


def fit(sizes: Iterable[Size], make: Callable[[Size], Made], fits: Callable[[Made], bool]) -> Made:
    """The result of `make` for the first of `sizes` that fits; for the last one if none fits."""
    for size in sizes:
        made = make(size)
        if fits(made):
            break
    return made


def select_rows(state: RunState, rows: Sequence[Row], newest: int) -> list[tuple[int, int]]:
    """The rows to show: the first, the best and the newest ones; as (evaluations omitted before it, index)."""
    if not rows:
        return []
    dropped = max(0, state.evaluation_count - len(rows))
    winner = summary.best_row(state, rows)
    kept = set(range(max(0, len(rows) - newest), len(rows))) | ({0} if not dropped else set())
    kept |= {index for index, row in enumerate(rows) if row is winner}
    order = sorted(kept)
    before = [-1 - dropped, *order[:-1]]
    return [(index - last - 1, index) for last, index in zip(before, order, strict=True)]


def select_notes(state: RunState, limit: int) -> tuple[list[summary.Note], list[str]]:
    """The notes to show, and a line about the others: warnings have priority, then newer notes."""
    notes = summary.notes(state)
    rank = {"error": 0, "warning": 1}
    order = sorted(range(len(notes)), key=lambda index: (rank.get(notes[index].level, 2), -index))
    kept = sorted(order[:limit])
    left_out = len(notes) - len(kept)
    return [notes[index] for index in kept], [f"... {format_omitted(left_out)} notes"] if left_out else []


def format_omitted(count: int) -> str:
    """The text for `count` omitted items: "12 more"."""
    return f"{format.count(count)} more"
