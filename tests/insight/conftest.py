from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from nbtrain import Run
from tests.insight import runs

NAMES = ["ham", "spam", "eggs"]
LABELS = ["ham", "ham", "ham", "ham", "spam", "spam", "spam", "ham"]
"""eggs never occur as a label."""

PROBABILITIES = [
    [0.9, 0.05, 0.05],
    [0.85, 0.1, 0.05],
    [0.3, 0.65, 0.05],
    [0.35, 0.6, 0.05],
    [0.1, 0.85, 0.05],
    [0.15, 0.8, 0.05],
    [0.7, 0.2, 0.1],
    [0.95, 0.03, 0.02],
]


@pytest.fixture
def inputs() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "text": ["a", "bb", "ccc", "dddd", "eeeee", "ffffff", "ggggggg", "hhhhhhhh"],
            "source": ["web", "web", "mail", "mail", "web", "web", "mail", None],
        }
    )


@pytest.fixture
def run(tmp_path: Path, inputs: pd.DataFrame) -> Run:
    """Three evaluations of eight rows: at steps 10 and 20, all are taken for ham, and for spam; at 30 as above."""
    ham = runs.classes(LABELS, [[0.8, 0.1, 0.1]] * 8, NAMES)
    spam = runs.classes(LABELS, [[0.2, 0.6, 0.2]] * 8, NAMES)
    newest = runs.classes(LABELS, PROBABILITIES, NAMES)
    spec = runs.spec("text_classification", *NAMES)
    return runs.write(tmp_path / "run", spec, {10: ham, 20: spam, 30: newest}, inputs)
