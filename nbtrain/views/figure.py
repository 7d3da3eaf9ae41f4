"""NotebookFigure: a matplotlib figure that a notebook always shows as a picture."""

from __future__ import annotations

import io

from matplotlib.figure import Figure

DENSITY = 2
"""Pixels of the PNG per pixel of the picture as it is shown, for sharp screens."""


class NotebookFigure(Figure):
    """A figure that brings its own PNG: IPython knows how to show a plain one only once pyplot was used."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        from PIL import Image

        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=DENSITY * self.dpi)
        width, height = Image.open(buffer).size
        return buffer.getvalue(), {"width": width // DENSITY, "height": height // DENSITY}
