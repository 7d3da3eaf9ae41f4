"""Preview a configuration before a run: its data, its number of steps, its memory."""

from __future__ import annotations

from nbtrain.preview.estimate import Estimate
from nbtrain.preview.preview import Preview
from nbtrain.preview.rows import DataPreview

__all__ = ["DataPreview", "Estimate", "Preview"]
