"""What a configuration comes to before it is run: the data it reads, the steps it takes, the memory it needs."""

from __future__ import annotations

from nbtrain.preview.estimate import Estimate
from nbtrain.preview.preview import Preview
from nbtrain.preview.rows import DataPreview

__all__ = ["DataPreview", "Estimate", "Preview"]
