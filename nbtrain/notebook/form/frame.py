"""The form's style, and what it says to a screen reader: an invisible part of its box."""

from __future__ import annotations

from pathlib import Path

import anywidget


def source(name: str) -> str:
    """The text of a file of this package."""
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


class Frame(anywidget.AnyWidget):
    """Brings the style sheet, and names what ipywidgets leave without a name."""

    _esm = source("frame.js")
    _css = source("style.css")
