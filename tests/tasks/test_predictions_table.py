"""Stored tables of predictions come back as they were."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbtrain.tasks.predictions import read_table


def test_lists_come_back_as_lists(tmp_path: Path) -> None:
    table = pd.DataFrame(
        {
            "tokens": [None, ["a", "b"], []],
            "messages": [[{"role": "user", "content": "hi"}], [], [{"role": "user", "content": "you"}]],
            "text": ["x", None, "y"],
            "loss": [0.5, 1.0, 2.0],
        }
    )
    table.to_parquet(tmp_path / "table.parquet")
    again = read_table(tmp_path / "table.parquet")
    assert again.to_dict("list") == table.to_dict("list")
    assert isinstance(again["tokens"][1], list)
