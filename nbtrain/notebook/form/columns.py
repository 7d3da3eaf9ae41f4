"""ColumnsControl: drop-downs of the columns of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets

from nbtrain.notebook.form.controls import ChoiceControl, Edit
from nbtrain.notebook.form.labels import label_of
from nbtrain.notebook.form.widget_factory import WidgetFactory

AUTO_DETECT = "Auto-detect"
UNUSED = "none"


class ColumnsControl:
    """One drop-down per chosen column, and one to add another, up to the maximum.

    Args:
        make: Creates its widgets.
        key: "text" or "label".
        edit: Called with changes.
    """

    def __init__(self, make: WidgetFactory, key: str, edit: Edit) -> None:
        self._make = make
        self._key = key
        self._edit = edit
        self._max = 1
        self._columns: list[str] = []
        self._found: list[str] = []
        self._named: list[str] = []
        self._boxes: list[ChoiceControl] = []
        self.widget = make.named("nbf-columns", ipywidgets.Box)
        self.show({})

    def offer(self, columns: Sequence[str], found: Sequence[str], maximum: int) -> None:
        """Set the columns of the data, those that are auto-detected, and the maximum number that can be chosen."""
        self._columns, self._found, self._max = list(columns), list(found), maximum
        self._show()

    def show(self, values: Mapping[str, Any]) -> None:
        value = values.get(self._key)
        named = value if isinstance(value, list) else [] if value is None else [value]
        self._named = [name if isinstance(name, str) else repr(name) for name in named]
        self._show()

    def _show(self) -> None:
        taken = len(self._named or self._found)
        count = max(1, taken, min(taken + 1, self._max))
        while len(self._boxes) < count:
            number = len(self._boxes)
            name = label_of(self._key) if number == 0 else f"{label_of(self._key)} {number + 1}"
            box = ChoiceControl(self._make, name, str(number), self._chosen, [None], None)
            self._boxes.append(box)
        for number, box in enumerate(self._boxes[:count]):
            free = [column for column in self._columns if column not in self._named[:number]]
            box.offer([None, *free], {None: self._unnamed(number)})
            box.show_value(self._named[number] if number < len(self._named) else None)
        shown = tuple(box.widget for box in self._boxes[:count])
        if self.widget.children != shown:
            self.widget.children = shown

    def _unnamed(self, number: int) -> str:
        """Label of the choice without a column."""
        if self._named:
            return UNUSED
        if number < len(self._found):
            return f"{self._found[number]} (auto)"
        return AUTO_DETECT if number == 0 else UNUSED

    def _chosen(self, changes: Mapping[str, Any]) -> None:
        [(number, column)] = changes.items()
        names = list(self._named or self._found)
        if column is None:
            del names[int(number) :]
        elif int(number) < len(names):
            names[int(number)] = column
            names = list(dict.fromkeys(names))
        else:
            names.append(column)
        self._edit({self._key: None if not names else names[0] if len(names) == 1 else names})
