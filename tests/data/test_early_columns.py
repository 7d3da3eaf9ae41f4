"""A column that does not exist is said before the data are read, whatever the data are."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from nbtrain.data import early, early_columns
from nbtrain.data.source import Source
from nbtrain.errors import DataError

ROWS = [{"text": "good", "label": 1}, {"text": "bad", "label": 0, "note": "late"}]
FRAME = pd.DataFrame(ROWS).fillna("")
HEAVY = ("numpy", "pandas", "pyarrow", "datasets", "torch", "transformers", "matplotlib")
NAMES = ["text", "label", "note"]

FILES = {
    "rows.csv": "text,label,note\ngood,1,\nbad,0,late\n",
    "title.csv": "# reviews,,\ntext,label,note\ngood,1,\nbad,0,late\n",
    "semicolon.csv": "text;label;note\ngood;1;\nbad;0;late\n",
    "rows.tsv": "text\tlabel\tnote\ngood\t1\t\nbad\t0\tlate\n",
    "rows.jsonl": "\n".join(map(json.dumps, ROWS)),
    "rows.json": json.dumps(ROWS),
    "columns.json": json.dumps({"text": ["good"], "label": [1], "note": ["late"]}),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with `FILES`, a Parquet file, a large CSV file and a folder of splits."""
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    FRAME.to_parquet("rows.parquet")
    FRAME.set_index("note").to_parquet("indexed.parquet")
    FRAME.to_csv("rows.csv.gz", index=False)
    (tmp_path / "large.csv").write_text(FILES["rows.csv"] + '"a quoted,\ncell",1,x\n' * 20_000)
    (tmp_path / "splits").mkdir()
    (tmp_path / "splits/train.csv").write_text(FILES["rows.csv"])
    (tmp_path / "splits/validation.csv").write_text("text,label\ngood,1\n")
    return tmp_path


@pytest.mark.parametrize(
    "data",
    [*FILES, "rows.parquet", "rows.csv.gz", "large.csv", "splits", FRAME, {"train": FRAME}, {"train": "rows.csv"}],
)
@pytest.mark.parametrize(("key", "named"), [("text", "txt"), ("label", "lable")])
def test_an_unknown_column_is_refused_before_the_data_are_read(folder: Path, data: Any, key: str, named: str) -> None:
    with pytest.raises(DataError) as caught:
        early.check_columns(Source(dataset=data, **{key: [named]}))
    message = str(caught.value)
    assert message.startswith(f"{key}: no column `{named}` in train. Did you mean `{key}`?")
    assert [line.strip() for line in message.splitlines()[1:]] == NAMES
    early.check_columns(Source(dataset=data, text=["text"], label=["label"]))


@pytest.mark.parametrize(
    ("keys", "split"),
    [
        ({"train": "rows.csv", "text": ["sentence"]}, "train"),
        ({"train": "rows.csv", "validation": "rows.jsonl", "text": ["text", "b"]}, "train"),
        ({"dataset": "splits", "text": ["note"]}, "validation"),
        ({"train": "rows.csv", "validation": FRAME[["label"]], "text": ["text"]}, "validation"),
        ({"dataset": "demo", "text": ["sentence"]}, "train"),
        ({"dataset": "demo", "task": "seq2seq", "label": ["sumary"]}, "train"),
        ({"dataset": "demo", "task": "question_answering", "label": ["anser"]}, "train"),
        ({"dataset": {"text": ["a"], "label": [1]}, "label": ["lable"]}, "train"),
    ],
)
def test_the_split_is_named(folder: Path, keys: dict[str, Any], split: str) -> None:
    with pytest.raises(DataError, match=f"no column .* in {split}"):
        early.check_columns(Source(**keys))


@pytest.mark.parametrize(
    "keys",
    [
        {"dataset": "glue/mrpc"},
        {"dataset": "glue/mrpc", "train": "validation"},
        {"train": "notes.txt"},
        {"train": "broken.json"},
        {"train": "unnamed.csv"},
        {"train": "rows.csv.xz"},
        {"train": [{"text": "a"}]},
        {"train": iter(())},
        {"dataset": "indexed.parquet", "text": ["text"], "label": ["label"]},
        {"dataset": "demo", "task": "image_classification"},
    ],
)
def test_what_is_not_known_yet_is_left_to_whoever_reads_it(folder: Path, keys: dict[str, Any]) -> None:
    (folder / "broken.json").write_text('{"text": ')
    (folder / "unnamed.csv").write_text(",text\n1,a\n2,b\n")
    (folder / "rows.csv.xz").write_bytes(b"\xfd7zXZ\0 torn")
    early.check_columns(Source(**{"text": ["txt"], **keys}))


def test_a_key_that_only_a_later_row_has(folder: Path) -> None:
    assert early_columns.column_names("rows.jsonl", "train") == NAMES


@pytest.mark.kernel
def test_no_library_is_imported_for_it(folder: Path) -> None:
    code = (
        "import sys; from nbtrain.config import from_toml; from nbtrain.training.job import FinetuneJob\n"
        'job = FinetuneJob(from_toml(\'model = "demo"\\ntrain = "rows.csv"\\ntext = "txt"\'), list)\n'
        "try: job.prepare()\n"
        "except Exception as error: print(str(error).splitlines()[0])\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.splitlines()
    assert shown[-2:] == ["text: no column `txt` in train. Did you mean `text`? Columns:", "[]"]
