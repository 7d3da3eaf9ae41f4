"""Groups: the visible fields of a form, under titles."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import ipywidgets

from nbtrain.notebook.form.field import FieldBox
from nbtrain.notebook.form.field_order import GROUPS, TASK
from nbtrain.notebook.form.widget_factory import WidgetFactory
from nbtrain.tasks.base import Task


class Groups:
    """A box for each group of fields. An empty one takes no room.

    Args:
        make: Creates widgets.
        is_titled: Whether groups have titles.

    Attributes:
        boxes: The box of each group.
    """

    def __init__(self, make: WidgetFactory, *, is_titled: bool) -> None:
        self._titles = {group: make.named("nbf-title", ipywidgets.HTML) for group in GROUPS if is_titled}
        self._fields = {group: make.named("nbf-fields", ipywidgets.Box) for group in GROUPS}
        self.boxes = {group: make.named("nbf-group", ipywidgets.VBox) for group in GROUPS}

    def show(self, groups: Mapping[str, Sequence[FieldBox]], task: Task | None) -> None:
        """Show these fields in each group."""
        for group, boxes in groups.items():
            fields, title = self._fields[group], self._titles.get(group)
            shown = tuple(box.widget for box in boxes)
            if fields.children != shown:
                fields.children = shown
            if title is not None:
                words = f"Task: {task.words}" if group == TASK and task is not None else group
                title.value = f"<div role='heading' aria-level='4'>{html.escape(words)}</div>"
            parts = (title, fields) if title is not None else (fields,)
            whole = parts if shown else ()
            if self.boxes[group].children != whole:
                self.boxes[group].children = whole
