"""A field: a control with what is wrong with its value below it."""

from __future__ import annotations

import ipywidgets

from nbtrain.errors import Problem
from nbtrain.notebook.form.controls import Control
from nbtrain.notebook.form.html import problems_html
from nbtrain.notebook.form.widget_factory import WidgetFactory


class FieldBox:
    """A control and its problems.

    Args:
        make: Makes its widgets.
        key: The key that it is for; the box has it as a CSS class, for those who place it.
        control: The control.
    """

    def __init__(self, make: WidgetFactory, key: str, control: Control) -> None:
        self._make = make
        self.control = control
        self.problems: list[Problem] = []
        self._message: ipywidgets.HTML | None = None
        self.widget = make.named("nbf-field", ipywidgets.Box, [control.widget]).add_class(f"nbf-key-{key}")

    def mark(self, problems: list[Problem]) -> None:
        """Say that `problems` are what is wrong here."""
        if problems == self.problems:
            return
        self.problems = problems
        if not problems:
            self.widget.remove_class("nbf-wrong")
            self.widget.children = (self.control.widget,)
            return
        if self._message is None:
            self._message = self._make(ipywidgets.HTML)
        self._message.value = f"<div class='nbf-problem' role='alert'>{problems_html(problems)}</div>"
        self.widget.children = (self.control.widget, self._message)
        self.widget.add_class("nbf-wrong")
