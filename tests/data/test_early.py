"""What is said about the data of a configuration before they are read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbtrain.data import early
from nbtrain.data.source import Source
from nbtrain.errors import DataError


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with a file of 12 bytes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pairs.csv").write_text("a,label\nx,1\n")
    return tmp_path


@pytest.mark.parametrize(
    "keys",
    [
        {"train": "pears.csv"},
        {"train": "pairs.csv", "validation": "pears.csv"},
        {"dataset": "./pears"},
        {"dataset": "glue/mrpc", "test": Path("pears.csv")},
    ],
)
def test_a_file_that_is_missing(folder: Path, keys: dict[str, Any]) -> None:
    with pytest.raises(DataError, match="not found: pears"):
        early.check_files(Source(**keys))


@pytest.mark.parametrize(
    ("keys", "quick"),
    [
        ({"train": "pairs.csv"}, True),
        ({"dataset": "demo"}, True),
        ({"dataset": "pairs.csv", "validation": "dev"}, True),
        ({"dataset": "."}, True),
        ({"train": [{"a": 1}] * 3, "validation": {"a": ["x"]}}, True),
        ({"dataset": "glue/mrpc"}, False),
        ({"train": "pairs.csv", "validation": "glue/mrpc"}, False),
        ({"train": "large.csv"}, False),
        ({"train": range(1_000_000)}, False),
        ({"train": iter(())}, False),
    ],
)
def test_what_is_read_before_pytorch_is_imported(folder: Path, keys: dict[str, Any], *, quick: bool) -> None:
    with (folder / "large.csv").open("wb") as file:
        file.truncate(early.QUICK_BYTES + 1 if "large" in str(keys) else 1)
    early.check_files(Source(**keys))
    assert early.is_quick(Source(**keys)) is quick
