"""Columns: drop-downs of the columns that the data really have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets

from nbtrain.notebook.form.controls import ChoiceControl, Edit
from nbtrain.notebook.form.widget_factory import WidgetFactory

FOUND = "found by itself"


class ColumnsControl:
    """One drop-down per column that is named, and one more for a further one, as long as there may be more.

    Args:
        make: Makes its widgets.
        key: "text" or "label".
        edit: Is told of changes.
        traits: Further traits of the drop-downs.
    """

    def __init__(self, make: WidgetFactory, key: str, edit: Edit, **traits: Any) -> None:
        self._make = make
        self._key = key
        self._edit = edit
        self._traits = traits
        self._most = 1
        self._columns: list[str] = []
        self._found: list[str] = []
        self._named: list[str] = []
        self._boxes: list[ChoiceControl] = []
        self.widget = make.named("nbf-columns", ipywidgets.Box)
        self.show({})

    def offer(self, columns: Sequence[str], found: Sequence[str], most: int) -> None:
        """Offer the columns of the data; `found` are those that are taken if none is named, and `most` may be."""
        self._columns, self._found, self._most = list(columns), list(found), most
        self._show()

    def show(self, values: Mapping[str, Any]) -> None:
        value = values.get(self._key)
        named = value if isinstance(value, list) else [] if value is None else [value]
        self._named = [name if isinstance(name, str) else repr(name) for name in named]
        self._show()

    def _show(self) -> None:
        taken = len(self._named or self._found)
        count = max(1, taken, min(taken + 1, self._most))
        while len(self._boxes) < count:
            number = len(self._boxes)
            name = self._key if number == 0 else f"{self._key} {number + 1}"
            box = ChoiceControl(self._make, name, str(number), self._chosen, [None], None, **self._traits)
            self._boxes.append(box)
        for number, box in enumerate(self._boxes[:count]):
            free = [column for column in self._columns if column not in self._named[:number]]
            box.offer([None, *free], {None: self._unnamed(number)})
            box.show_value(self._named[number] if number < len(self._named) else None)
        shown = tuple(box.widget for box in self._boxes[:count])
        if self.widget.children != shown:
            self.widget.children = shown

    def _unnamed(self, number: int) -> str:
        """What it says where no column is named."""
        if self._named:
            return "none"
        return f"{self._found[number]} (found)" if number < len(self._found) else FOUND if number == 0 else "none"

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
