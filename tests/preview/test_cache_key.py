"""What is the same to two looks, and what is not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbtrain.preview.cache import MOST, Remembered
from nbtrain.preview.cache_key import identity


def test_a_name_is_itself() -> None:
    assert identity("glue/mrpc") == identity("glue/mrpc") != identity("glue/sst2")
    assert identity(None) != identity("None")


def test_a_file_is_its_last_state(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    missing = identity(str(path))
    path.write_text("a\n")
    first, folder = identity(str(path)), identity(str(tmp_path))
    assert missing != first == identity(str(path))
    path.write_text("a\nb\n")
    assert identity(str(path)) != first and identity(str(tmp_path)) != folder


def test_a_table_is_its_rows() -> None:
    table = pd.DataFrame({"text": ["a", "b", None], "label": [0, 1, 1], "tags": [[1], [2], [3]]})
    seen = [identity(table)]
    assert identity(table) == seen[0] != identity(table.copy())
    table["text"] = table["text"].fillna("c")
    seen.append(identity(table))
    table["label"] = 1 - table["label"]
    seen.append(identity(table))
    table.columns = ["text", "class", "tags"]
    seen.append(identity(table))
    table.at[0, "tags"] = [5]
    seen.append(identity(table))
    assert len(set(seen)) == len(seen)
    splits = {"train": table}
    before = identity(splits)
    table.loc[3] = table.loc[0]
    assert identity(splits) != before


def test_the_oldest_result_is_forgotten_and_a_failure_is_not_remembered() -> None:
    remembered, made = Remembered(), []

    def get(key: int) -> None:
        remembered.get("kind", key, None, lambda: made.append(key))

    for key in (0, *range(MOST), 0, MOST, 0, 1):
        get(key)
    assert made == [*range(MOST), MOST, 1]
    for _ in range(2):
        try:
            remembered.get("other", 0, None, lambda: made.append(99) or 1 / 0)
        except ZeroDivisionError:
            continue
    assert made[-2:] == [99, 99]
