"""Data files of every type, valid and broken."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from datasets import ClassLabel, Dataset, DatasetDict

from nbtrain.data.files import read_file
from nbtrain.data.source import Source
from nbtrain.preprocessing.dataset import read
from tests.data.conftest import refusal

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [{"text": 'naïve, "quoted"', "label": 1}, {"text": "None", "label": 0}, {"text": "NA", "label": 1}]


def write(folder: Path, name: str, rows: list[dict[str, object]] = ROWS) -> Path:
    path = folder / name
    frame = pd.DataFrame(rows)
    suffix = path.suffix
    if suffix in (".csv", ".tsv"):
        frame.to_csv(path, index=False, sep="\t" if suffix == ".tsv" else ",")
    elif suffix == ".parquet":
        frame.to_parquet(path)
    elif suffix == ".json":
        path.write_text(json.dumps(rows), encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.json", "a.jsonl", "a.ndjson", "a.parquet", "A.CSV"])
def test_every_kind_of_file_gives_the_same_rows(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name.lower()).rename(tmp_path / name)
    rows = read_file(path)
    assert rows.to_list() == ROWS  # "None" and "NA" are strings


def test_a_csv_may_have_semicolons_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text;label\nwell, well;1\n", encoding="utf-8-sig")
    assert read_file(path).to_list() == [{"text": "well, well", "label": 1}]


def test_an_integer_column_with_an_empty_cell_stays_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,label\na,1\nb,\n", encoding="utf-8")
    assert read_file(path)["label"][:] == [1, None]


def test_json_may_be_columns_or_rows_under_one_key(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"version": "1.0", "data": ROWS}), encoding="utf-8")
    assert read_file(path).to_list() == ROWS
    path.write_text(json.dumps({"text": ["a"], "label": [1]}), encoding="utf-8")
    assert read_file(path).to_list() == [{"text": "a", "label": 1}]


def test_json_lines_may_lack_keys_in_some_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "a"}\n\n{"text": "b", "label": 1}\n', encoding="utf-8")
    assert read_file(path).to_list() == [{"text": "a", "label": None}, {"text": "b", "label": 1}]


def test_parquet_with_pandas_categories_and_index(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": ["a", "b"], "label": pd.Categorical(["x", "y"])}, index=[7, 9])
    frame.to_parquet(tmp_path / "a.parquet")
    assert read_file(tmp_path / "a.parquet").to_dict() == {"text": ["a", "b"], "label": ["x", "y"]}


def test_parquet_keeps_class_names(tmp_path: Path) -> None:
    rows = Dataset.from_list(ROWS).cast_column("label", ClassLabel(names=["bad", "good"]))
    rows.to_parquet(tmp_path / "a.parquet")
    assert read_file(tmp_path / "a.parquet").features["label"].names == ["bad", "good"]


def test_folder_with_a_file_for_each_split(tmp_path: Path) -> None:
    for name in ("train.csv", "dev.jsonl", "test.parquet", "sample_submission.csv"):
        write(tmp_path, name)
    data = read(Source(str(tmp_path)))
    assert list(data.splits) == ["train", "validation", "test"]
    assert any("`dev`" in note and "validation" in note for note in data.notes)


def test_folder_with_shards(tmp_path: Path) -> None:
    for shard in range(2):
        write(tmp_path, f"train-0000{shard}-of-00002.parquet")
    write(tmp_path, "validation.csv")
    assert len(read(Source(str(tmp_path))).splits["train"]) == 6


def test_folder_of_save_to_disk(tmp_path: Path) -> None:
    DatasetDict(train=Dataset.from_list(ROWS), validation=Dataset.from_list(ROWS)).save_to_disk(tmp_path / "saved")
    assert len(read(Source(str(tmp_path / "saved"))).splits["validation"]) == 3


def test_home_is_expanded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    write(tmp_path, "a.csv")
    assert len(read(Source("~/a.csv", validation="~/a.csv")).splits["train"]) == 3


def test_missing_file_names_the_closest(tmp_path: Path) -> None:
    write(tmp_path, "train.csv")
    message = refusal(str(tmp_path / "tran.csv"))
    assert str(tmp_path / "tran.csv") in message
    assert f"Did you mean `{tmp_path / 'train.csv'}`?" in message


def test_missing_file_lists_what_there_is(tmp_path: Path) -> None:
    write(tmp_path, "train.csv")
    assert "contains: train.csv." in refusal(str(tmp_path / "zzz.parquet"))
    assert "folder nowhere/at" in refusal("./nowhere/at/all.csv")
    assert "does not exist" in refusal("./nowhere/at/all.csv")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", "text,label\na,1\nb,2,3\n", "Expected 2 fields in line 3, saw 3"),
        ("a.csv", "", "No columns"),
        ("a.jsonl", '{"text": "a"}\n{"text": oops}\n', "line 2: Expecting value (column 10)"),
        ("a.jsonl", '["a"]\n', "line 1 is not an object"),
        ("a.json", '[{"text": "a"}', "Expecting ',' delimiter"),
        ("a.json", '"text"', "array of objects"),
        ("a.parquet", "no parquet", "Parquet"),
    ],
)
def test_broken_file_says_why(tmp_path: Path, name: str, content: str, reason: str) -> None:
    path = tmp_path / name
    path.write_text(content, encoding="utf-8")
    message = refusal(str(path))
    assert str(path) in message
    assert "cannot be read" in message
    assert reason in message


def test_other_encodings_and_kinds_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text,label\ncafé,1\n".encode("latin-1"))
    assert "not UTF-8" in refusal(str(path))
    (tmp_path / "a.xlsx").touch()
    assert "Supported: .csv, .tsv, .json" in refusal(str(tmp_path / "a.xlsx"))


def test_folder_without_training_data(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    assert "no training file" in refusal(str(tmp_path))
    assert "more" in refusal(str(tmp_path))
    write(tmp_path, "train.csv")
    write(tmp_path, "train.jsonl")
    assert "train.csv, train.jsonl" in refusal(str(tmp_path))
