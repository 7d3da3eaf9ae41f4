"""The form on a cell, opened by the JupyterLab extension: edits are synchronized in both directions."""

from __future__ import annotations

from typing import Any

from IPython import get_ipython

from nbtrain.notebook.form.interactive import Form, show_widgets
from nbtrain.notebook.form.view import FormView, LinkedCell
from nbtrain.notebook.kernel.channel import Channel, connect

_open: dict[str, OpenForm] = {}
"""The open forms by ID."""


class OpenForm:
    """A form on a cell.

    Args:
        form_id: ID of the form in messages.
        text: The whole cell.
        channel: The channel to the page, if there is one.
    """

    def __init__(self, form_id: str, text: str, channel: Channel | None) -> None:
        self._id = form_id
        self.channel = channel
        self.form = Form(text, shell=get_ipython())
        self.form.show_as(FormView(self.form, LinkedCell(self._write, self._run)))
        self._unsubscribe = []
        if channel is not None:
            self._unsubscribe = [channel.on("form_text", self._read), channel.on("form_close", self._on_close)]

    def close(self) -> None:
        """Close the form."""
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        self.form.view.close()

    def _write(self, text: str) -> None:
        if self.channel is not None:
            self.channel.send({"type": "form_text", "form": self._id, "text": text})

    def _run(self) -> None:
        """Let the page run the cell, so that panel and record are its outputs."""
        if self.channel is not None:
            self.channel.send({"type": "form_run", "form": self._id})

    def _read(self, message: dict[str, Any]) -> None:
        if message.get("form") == self._id:
            self.form.view.read(str(message.get("text", "")))

    def _on_close(self, message: dict[str, Any]) -> None:
        if message.get("form") == self._id:
            close(self._id)


def open_on(form_id: str, text: str) -> None:
    """Show a form on a cell with the text `text`; an open form with the same ID is closed."""
    close(form_id)
    _open[form_id] = opened = OpenForm(form_id, text, connect(get_ipython()))
    show_widgets(opened.form, text)
    opened.form.view.follow_notebook(opened.channel)


def close(form_id: str) -> None:
    """Close the form `form_id`, if it is open; a run that it started continues."""
    if (opened := _open.pop(form_id, None)) is not None:
        opened.close()
