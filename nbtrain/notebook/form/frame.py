"""The form's style, and what it says to a screen reader: an invisible part of its box."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anywidget


def source(name: str) -> str:
    """The text of a file of this package."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


class Frame(anywidget.AnyWidget):
    """Brings the style sheet, names what ipywidgets leave without a name, and says when the kernel does not hear."""

    _esm = source("frame.js")
    _css = source("style.css")

    def __init__(self) -> None:
        super().__init__()
        self.on_msg(self._on_message)

    def _on_message(self, _: Any, question: Any, buffers: Any) -> None:
        """The page asks whether what was changed before has been heard."""
        self.send(question)
