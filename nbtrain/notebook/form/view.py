"""The form as widgets: fields in front, the data, the options below, what it comes to, and what can be done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import ipywidgets

from nbtrain.notebook.form.fields import Fields
from nbtrain.notebook.form.footer import Footer
from nbtrain.notebook.form.frame import Frame
from nbtrain.notebook.form.front import DATA
from nbtrain.notebook.form.loop import MainLoop
from nbtrain.notebook.form.maker import Maker
from nbtrain.notebook.form.outlook import Outlook
from nbtrain.notebook.form.training import Training

if TYPE_CHECKING:
    from nbtrain.notebook.form.document import Form


class FormView:
    """Shows a form, and has it change as somebody fills it in.

    Args:
        form: The form.
        written: Is told the text whenever somebody has changed it here; without it there is a button that writes it.
        train: Called to train; by default the run goes on under the form.
    """

    def __init__(
        self, form: Form, written: Callable[[str], None] | None = None, train: Callable[[], None] | None = None
    ) -> None:
        self._form = form
        self._written = written
        self._loop = MainLoop()
        self._make = make = Maker()
        self.fields = Fields(make, form, lambda changes: self._loop.call(self._edited, dict(changes)), self._loop.call)
        self.outlook = Outlook(make, form, self._loop, self.fields)
        self.training = Training(make, form, self._loop, self.refresh)
        self.footer = Footer(
            make,
            form,
            lambda: self._loop.call(train or self.training.begin),
            lambda name: self._loop.call(self._renamed, name),
            is_written=written is not None,
        )
        self.widget = make.named("nbf-form", ipywidgets.VBox, self._parts())
        self.refresh()

    def refresh(self) -> None:
        """Show the form as it is now."""
        unplaced = self.fields.refresh()
        problems = self._form.problems()
        self.footer.refresh(unplaced, self.training.busy, is_sound=not problems)

    def look(self) -> None:
        """Look ahead at what the form says now."""
        self.outlook.look(len(self._form.problems()))

    def catch_up(self) -> None:
        """A cell was run, or a page came: look again, since that may have changed what is wrong; on any thread."""
        self._loop.call(self._catch_up)

    def read(self, text: str) -> None:
        """Take over a text that was changed elsewhere; on any thread."""
        self._loop.call(self._read, text)

    def close(self) -> None:
        """Take the form from the page, unless a run goes on in it; on any thread."""
        self._loop.call(self._close)

    def _close(self) -> None:
        if not self.training.busy:
            self.widget.close()

    def _parts(self) -> list[ipywidgets.Widget]:
        only = self._form.only
        front = [group for group in (self.fields.data, self.fields.tuned) if group.children]
        rows = [self.outlook.rows] if only is None or set(only) & set(DATA) else []
        more = [self.fields.more.widget] if only is None else []
        below = [self.outlook.summary, self.footer.widget, self.training.widget]
        return [Frame(), *front[:1], *rows, *front[1:], *more, *below]

    def _edited(self, changes: Mapping[str, Any]) -> None:
        self._form.set(changes)
        self._changed()

    def _renamed(self, name: str) -> None:
        self._form.name(name)
        self._changed()

    def _catch_up(self) -> None:
        self.refresh()
        if self.outlook.has_complaint or self._form.problems():
            self.look()

    def _changed(self) -> None:
        self.training.forget()
        self.refresh()
        self.look()
        if self._written is not None:
            self._written(self._form.text)

    def _read(self, text: str) -> None:
        if self._form.read(text):
            self.refresh()
            self.look()
