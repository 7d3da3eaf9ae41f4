"""Cache keys that stay equal, and those that change."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from nbtrain.preview.cache import MAX_RESULTS, ResultCache
from nbtrain.preview.cache_key import identity


def test_names() -> None:
    assert identity("glue/mrpc") == identity("glue/mrpc") != identity("glue/sst2")
    assert identity(None) != identity("None")


def test_files_change_the_key_when_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    missing = identity(str(path))
    path.write_text("a\n")
    first, folder = identity(str(path)), identity(str(tmp_path))
    assert missing != first == identity(str(path))
    path.write_text("a\nb\n")
    assert identity(str(path)) != first and identity(str(tmp_path)) != folder


def test_tables_change_the_key_with_their_rows() -> None:
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


def test_the_oldest_result_is_evicted_and_errors_are_not_cached() -> None:
    cache, computed = ResultCache(), []

    def get(key: int) -> None:
        cache.get("kind", key, None, lambda: computed.append(key))

    for key in (0, *range(MAX_RESULTS), 0, MAX_RESULTS, 0, 1):
        get(key)
    assert computed == [*range(MAX_RESULTS), MAX_RESULTS, 1]
    for _ in range(2):
        try:
            cache.get("other", 0, None, lambda: computed.append(99) or 1 / 0)
        except ZeroDivisionError:
            continue
    assert computed[-2:] == [99, 99]
