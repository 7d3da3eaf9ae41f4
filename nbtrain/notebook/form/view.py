"""FormView: the widgets of a form. Fields, data preview, more options, estimate, and buttons."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import ipywidgets

from nbtrain.notebook.form.field_order import DATA, GROUPS
from nbtrain.notebook.form.fields import Fields
from nbtrain.notebook.form.footer import Footer
from nbtrain.notebook.form.frame import Frame
from nbtrain.notebook.form.loop import MainLoop
from nbtrain.notebook.form.preview_pane import PreviewPane
from nbtrain.notebook.form.training import Training
from nbtrain.notebook.form.widget_factory import WidgetFactory

if TYPE_CHECKING:
    from nbtrain.notebook.form.model import FormModel
    from nbtrain.notebook.kernel.channel import Channel


@dataclass(frozen=True)
class LinkedCell:
    """A cell that is synchronized with a form, and that trains.

    Args:
        write: Replaces its text.
        run: Runs it.
    """

    write: Callable[[str], None]
    run: Callable[[], None]


class FormView:
    """Shows a form and applies the user's edits.

    Args:
        form: The form.
        cell: The linked cell; without one there are buttons to write a cell and to train.
    """

    def __init__(self, form: FormModel, cell: LinkedCell | None = None) -> None:
        self._form = form
        self._cell = cell
        self._unsubscribe: list[Callable[[], None]] = []
        self._loop = MainLoop()
        self._make = make = WidgetFactory()
        self.fields = Fields(make, form, lambda changes: self._loop.call(self._edited, dict(changes)), self._loop.call)
        self.preview = PreviewPane(make, form, self._loop, self.fields, self._on_preview_errors)
        self.training = Training(make, form, self._loop, self.refresh)
        self.footer = Footer(
            make,
            form,
            lambda: self._loop.call(self.training.start if cell is None else cell.run),
            lambda name: self._loop.call(self._renamed, name),
            lambda: self._loop.call(self.refresh),
            is_written=cell is not None,
        )
        self.widget = make.named("nbf-form", ipywidgets.VBox, self._parts())
        self.refresh()

    def refresh(self) -> None:
        """Update the fields and the footer."""
        unplaced = self.fields.refresh()
        self.footer.refresh(unplaced, self.training.busy, is_sound=self._is_sound)
        self.training.outputs.show_text(self._form.text)

    def update_preview(self) -> None:
        """Compute the preview of the current configuration."""
        self.preview.update(is_sound=self._is_sound)

    def read(self, text: str) -> None:
        """Replace the text with one that was changed elsewhere; on any thread."""
        self._loop.call(self._read, text)

    def follow_notebook(self, channel: Channel | None) -> None:
        """Follow the notebook: cells that change referenced variables, and pages that connect and can write cells."""
        if self._unsubscribe or self._form.shell is None:
            return
        events = self._form.shell.events
        events.register("post_run_cell", self._on_cell_end)
        self._unsubscribe = [lambda: events.unregister("post_run_cell", self._on_cell_end)]
        if channel is not None:
            self._unsubscribe.append(channel.on("hello", lambda _: self._loop.call(self.footer.offer_writing)))

    def unfollow_notebook(self) -> None:
        """Stop following the notebook."""
        callbacks, self._unsubscribe = self._unsubscribe, []
        for unsubscribe in callbacks:
            unsubscribe()

    def close(self) -> None:
        """Remove the form from the page; on any thread."""
        self._loop.call(self._close)

    def _close(self) -> None:
        self.unfollow_notebook()
        self.widget.close()

    @property
    def _is_sound(self) -> bool:
        return not self._form.problems()

    def _parts(self) -> list[ipywidgets.Widget]:
        only = self._form.only
        data, model, task, *others = self.fields.groups.boxes.values()
        others = [self._make.named("nbf-pair", ipywidgets.Box, [model, task]), *others]
        rows = [self.preview.rows] if only is None or set(only) & {"model", *GROUPS[DATA]} else []
        more = [self.fields.more.widget] if only is None else []
        runs = [self.training.widget] if self._cell is None else []
        return [Frame(), data, *rows, *others, *more, self.preview.summary, self.footer.widget, *runs]

    def _edited(self, changes: Mapping[str, Any]) -> None:
        self._form.set(changes)
        self._changed()

    def _renamed(self, name: str) -> None:
        self._form.name(name)
        self._changed()

    def _changed(self) -> None:
        self._show_change()
        if self._cell is not None:
            self._cell.write(self._form.text)

    def _read(self, text: str) -> None:
        if self._form.read(text):
            self._show_change()

    def _show_change(self) -> None:
        self.training.show_error("")
        self.refresh()
        self.update_preview()

    def _on_preview_errors(self) -> None:
        """Show the errors of the preview at their fields."""
        errors = self.preview.errors
        self.fields.data_problems = [one.problem for one in errors]
        self.refresh()
        if any(one.text == self.training.error for one in errors):
            self.training.show_error(self.training.error, is_shown=True)

    def _on_cell_end(self, _: Any) -> None:
        self.refresh()
        self.preview.recheck(is_sound=self._is_sound)
