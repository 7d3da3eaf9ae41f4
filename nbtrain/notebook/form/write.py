"""WriteButton: writes the form's text to a cell with the JupyterLab extension, or copies it to the clipboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from nbtrain.notebook.bundled import bundled


class WriteButton(anywidget.AnyWidget):
    """Lets the extension write the text (`writes`); without the extension, the page copies it.

    Args:
        write: Writes the cell; called when the button is clicked.
    """

    _esm = bundled("write.js")

    text = traitlets.Unicode().tag(sync=True)
    writes = traitlets.Bool(False).tag(sync=True)

    def __init__(self, write: Callable[[], None]) -> None:
        super().__init__()
        self._write = write
        self.on_msg(self._on_message)

    def _on_message(self, _: Any, message: Any, buffers: Any) -> None:
        if isinstance(message, dict) and message.get("command") == "write":
            self._write()
