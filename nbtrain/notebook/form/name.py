"""NameControl: the name of the variable that holds the run, with its problems."""

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets

from nbtrain.errors import Problem
from nbtrain.notebook.cell.magic_line import is_name
from nbtrain.notebook.form.controls import SilentUpdates
from nbtrain.notebook.form.field import FieldBox
from nbtrain.notebook.form.widget_factory import WidgetFactory

if TYPE_CHECKING:
    from nbtrain.notebook.form.model import FormModel


class NameControl(SilentUpdates):
    """A box for the name. An invalid name stays in the box, marked; the text keeps the last valid one.

    Args:
        make: Creates widgets.
        form: The form.
        renamed: Called with a new name.
        refused: Called if the typed name is invalid.

    Attributes:
        widget: The box.
        field: The box with its problems.
    """

    def __init__(
        self, make: WidgetFactory, form: FormModel, renamed: Callable[[str], None], refused: Callable[[], None]
    ) -> None:
        self._form = form
        self._renamed = renamed
        self._refused = refused
        self._shown = form.out
        self.widget = make.named(
            "nbf-out",
            ipywidgets.Text,
            value=form.out,
            description="Variable name",
            continuous_update=False,
            tooltip="Variable that holds the run (--out)",
        )
        self.field = FieldBox(make, "out", self)
        self._listen(self.widget, "value", self._typed)

    @property
    def is_sound(self) -> bool:
        """Whether the name in the box is valid or empty."""
        return not self.field.problems

    def show(self, values: Mapping[str, Any]) -> None:
        if self.is_sound or self._form.out != self._shown:
            self._shown = self._form.out
            self.field.mark([])
            with self._silently():
                self.widget.value = self._form.out

    def _typed(self) -> None:
        name = self.widget.value.strip()
        if name and not is_name(name):
            why = (
                "It is a Python keyword."
                if keyword.iskeyword(name)
                else "Use letters, digits and _; the first is not a digit."
            )
            self.field.mark([Problem(f"`{name}` is not a valid variable name.", fix=why)])
            self._refused()
            return
        self.field.mark([])
        self._renamed(name)
