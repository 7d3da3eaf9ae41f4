"""The button that takes the form's text to a cell: by the JupyterLab extension, or by the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from nbtrain.notebook.form.frame import source


class WriteButton(anywidget.AnyWidget):
    """Has the text written where the extension hears it (`writes`), and copies it in the page where it does not.

    Args:
        write: Writes the cell; called when the button was clicked.
    """

    _esm = source("write.js")

    text = traitlets.Unicode().tag(sync=True)
    writes = traitlets.Bool(False).tag(sync=True)

    def __init__(self, write: Callable[[], None]) -> None:
        super().__init__()
        self._write = write
        self.on_msg(self._on_message)

    def _on_message(self, _: Any, message: Any, buffers: Any) -> None:
        if isinstance(message, dict) and message.get("command") == "write":
            self._write()
