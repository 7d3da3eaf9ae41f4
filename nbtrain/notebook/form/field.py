"""FieldBox: a control with the problems of its value below it."""

from __future__ import annotations

import ipywidgets

from nbtrain.errors import Problem
from nbtrain.notebook.form.controls import Control
from nbtrain.notebook.form.html import problems_html
from nbtrain.notebook.form.widget_factory import WidgetFactory


class FieldBox:
    """A control, its problems, and what it is about.

    Args:
        make: Creates its widgets.
        key: Its key, also part of the CSS class of the box.
        control: The control.
        about: HTML about its key, for below the control.
    """

    def __init__(self, make: WidgetFactory, key: str, control: Control, about: str = "") -> None:
        self._make = make
        self.control = control
        self.problems: list[Problem] = []
        self._message: ipywidgets.HTML | None = None
        self._about = [make.named("nbf-about", ipywidgets.HTML, about)] if about else []
        parts = [control.widget, *self._about]
        self.widget = make.named("nbf-field", ipywidgets.Box, parts).add_class(f"nbf-key-{key}")

    def mark(self, problems: list[Problem]) -> None:
        """Show `problems`, or none."""
        if problems == self.problems:
            return
        self.problems = problems
        if not problems:
            self.widget.remove_class("nbf-wrong")
            self.widget.children = (self.control.widget, *self._about)
            return
        if self._message is None:
            self._message = self._make(ipywidgets.HTML)
        self._message.value = f"<div class='nbf-problem' role='alert'>{problems_html(problems)}</div>"
        self.widget.children = (self.control.widget, self._message, *self._about)
        self.widget.add_class("nbf-wrong")
