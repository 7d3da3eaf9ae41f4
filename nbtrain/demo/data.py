"""The demo data: small data sets, one for each task."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbtrain.demo import shapes

SPLITS = ("train", "validation", "test")
SHARED = {"causal_lm": "texts", "masked_lm": "texts"}
"""Tasks that have the data of another name."""


def data_files(task: str | None = None) -> dict[str, Path]:
    """The file of each split of the demo data for a task; without one of its own, sentence pairs for text
    classification (columns `sentence1`, `sentence2`, `label`).
    """
    folder = Path(__file__).parent
    own = sorted((folder / SHARED.get(task, task)).glob("*.jsonl")) if task else []
    return {path.stem: path for path in own} or {split: folder / f"{split}.csv" for split in SPLITS}


def splits(task: str | None = None) -> dict[str, Any]:
    """The splits of the demo data for a task, as paths of files or as rows."""
    if task == "image_classification":
        return {split: shapes.rows(split) for split in shapes.SIZES}
    return {split: str(path) for split, path in data_files(task).items()}
