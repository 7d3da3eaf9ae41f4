"""Frame: invisible widget with the form's style sheet and its texts for screen readers."""

from __future__ import annotations

from typing import Any

import anywidget

from nbtrain.notebook.bundled import bundled
from nbtrain.notebook.form.messages import FormQuestion


class Frame(anywidget.AnyWidget):
    """Loads the style sheet, adds missing ARIA labels to ipywidgets, and shows when the kernel does not respond."""

    _esm = bundled("form.js")
    _css = bundled("form.css")

    def __init__(self) -> None:
        super().__init__()
        self.on_msg(self._on_message)

    def _on_message(self, _: Any, question: FormQuestion, buffers: Any) -> None:
        """Echo the message: it tells the page that the kernel has received earlier changes."""
        self.send(question)
