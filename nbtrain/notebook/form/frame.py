"""Frame: invisible widget with the form's style sheet and its texts for screen readers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget


def source(name: str) -> str:
    """The text of a file of this package."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


class Frame(anywidget.AnyWidget):
    """Loads the style sheet, adds missing ARIA labels to ipywidgets, and shows when the kernel does not respond."""

    _esm = source("frame.js")
    _css = source("style.css")

    def __init__(self) -> None:
        super().__init__()
        self.on_msg(self._on_message)

    def _on_message(self, _: Any, question: Any, buffers: Any) -> None:
        """Echo the message: it tells the page that the kernel has received earlier changes."""
        self.send(question)
