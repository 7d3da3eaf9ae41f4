"""PerCell: items by the cell that created them; executing the cell again replaces them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from nbtrain.notebook.kernel.channel import running_cell

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

Item = TypeVar("Item")


class PerCell(Generic[Item]):
    """Items by cell and execution. If the front end sends no cell IDs, nothing is replaced."""

    def __init__(self) -> None:
        self._items: dict[str, tuple[int, list[Item]]] = {}

    def add(self, shell: InteractiveShell, item: Item) -> list[Item]:
        """Add an item of the running cell.

        Returns:
            The items of its previous execution.
        """
        cell = running_cell(shell)
        if not cell:
            return []
        execution: int = shell.execution_count
        before = self._items.get(cell)
        if before is not None and before[0] == execution:
            before[1].append(item)
            return []
        self._items[cell] = execution, [item]
        return before[1] if before is not None else []

    def others(self, shell: InteractiveShell) -> list[Item]:
        """All items that the running cell does not replace."""
        here = running_cell(shell)
        if not here:
            return []
        current = (here, shell.execution_count)
        made: list[Item] = []
        for cell, (execution, items) in self._items.items():
            if cell != here or (cell, execution) == current:
                made += items
        return made
