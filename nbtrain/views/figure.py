"""NotebookFigure: a matplotlib figure that a notebook always displays as an image."""

from __future__ import annotations

import io

from matplotlib.figure import Figure

DENSITY = 2
"""Pixels of the PNG per displayed pixel, for high-density screens."""


class NotebookFigure(Figure):
    """A figure with its own PNG representation: IPython can display a plain `Figure` only after pyplot was imported."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        from PIL import Image

        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=DENSITY * self.dpi)
        width, height = Image.open(buffer).size
        return buffer.getvalue(), {"width": width // DENSITY, "height": height // DENSITY}
