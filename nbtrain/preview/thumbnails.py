"""Thumbnails: images of a data set as small pictures for a page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

SIZE = (80, 40)
"""Greatest width and height in pixels."""
COLORS = 64
"""Larger images keep this many colours, so that a thumbnail has a few kB at most."""


@dataclass(frozen=True)
class Thumbnail:
    """A small picture.

    Args:
        words: The image in a few words, such as the end of its path.
        source: A data URI with a PNG.
    """

    words: str
    source: str


def thumbnail(cell: Any, words: str) -> Thumbnail | None:
    """The thumbnail of a picture as it is stored, of a path, or of an array; None if it cannot be read."""
    from PIL import Image

    from nbtrain.tasks.image_classification import rgb_image

    try:
        picture = rgb_image(cell, None)
    except (OSError, ValueError, TypeError, Image.DecompressionBombError):
        return None
    picture.thumbnail(SIZE)
    stream = io.BytesIO()
    picture.quantize(COLORS).save(stream, "png", optimize=True)
    return Thumbnail(words, f"data:image/png;base64,{base64.b64encode(stream.getvalue()).decode()}")
