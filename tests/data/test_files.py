"""Data files of every type, valid and broken."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import sys
import zipfile
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa
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
        ("a.csv", "text,label\na,1\nb,2,3\n", "line 3 has 3 fields, but line 1 has 2"),
        ("a.csv", "", "the file is empty"),
        ("a.jsonl", "", "the file is empty"),
        ("a.jsonl", '{"text": "a"}\n{"text": oops}\n', "line 2: Expecting value (column 10)"),
        ("a.jsonl", '["a"]\n', "line 1 is not an object"),
        ("a.json", '[{"text": "a"}', "Expecting ',' delimiter"),
        ("a.json", '"text"', "array of objects"),
        ("a.jsonl", '{"a": 1}\n{"b": 1, "b": 2}', "line 2: an object has the key `b` twice"),
        ("a.json", '{"text": {"0": "a"}, "label": {"0": 1}}', "pd.read_json("),
        ("a.json", '{"columns": ["text"], "index": [0], "data": [["a"]]}', "orient='split'"),
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
    path.write_bytes("text,label\nvoilà,1\n".encode("latin-1"))
    assert "not UTF-8" in refusal(str(path))
    (tmp_path / "a.docx").touch()
    assert "Supported: .csv, .tsv, .json" in refusal(str(tmp_path / "a.docx"))
    for name, fix in {"a.txt": ".tsv", "a.xls": ".xlsx", "a.tar.gz": "Unpack", "a.gz": "a.csv.gz"}.items():
        (tmp_path / name).touch()
        assert fix in refusal(str(tmp_path / name)).splitlines()[-1]


def test_folder_without_training_data(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    assert "no training file" in refusal(str(tmp_path))
    assert "more" in refusal(str(tmp_path))
    write(tmp_path, "train.csv")
    write(tmp_path, "train.jsonl")
    assert "train.csv, train.jsonl" in refusal(str(tmp_path))


def noted(path: Path) -> tuple[list[dict[str, object]], str]:
    """The rows of a file, and the notes."""
    notes: list[str] = []
    return read_file(path, notes).to_list(), " ".join(notes)


@pytest.mark.parametrize("name", ["a.json", "a.jsonl", "a.ndjson"])
@pytest.mark.parametrize("form", ["lines", "array", "indented", "one after the other"])
def test_json_and_json_lines_are_read_whatever_the_name(tmp_path: Path, name: str, form: str) -> None:
    path = tmp_path / name
    indented = "\n".join(json.dumps(row, indent=1) for row in ROWS)
    content = {"lines": "\n".join(map(json.dumps, ROWS)), "array": json.dumps(ROWS)}
    path.write_text(content.get(form, json.dumps(ROWS, indent=2) if form == "indented" else indented))
    rows, notes = noted(path)
    assert rows == ROWS
    is_usual = (form in ("array", "indented")) == (name == "a.json")
    assert bool(notes) != is_usual
    if not is_usual:
        assert notes.startswith(f"{name}: ")


def test_one_line_of_json_lines_is_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "a", "labels": ["x"]}\n')
    assert read_file(tmp_path / "a.jsonl").to_list() == [{"text": "a", "labels": ["x"]}]


@pytest.mark.parametrize(
    ("values", "expected", "note"),
    [
        ([1, "r2", None], ["1", "r2", None], "`id` is read as text: it has numbers and texts (first in line 2)"),
        ([True, 1], ["true", "1"], "it has booleans and numbers (first in line 2)"),
        ([{"a": 1}, ["b"]], ['{"a": 1}', '["b"]'], "it has objects and lists (first in line 2)"),
        ([1, 2**64], ["1", str(2**64)], "integers beyond 64 bits (first in line 2)"),
        ([2**64 + 1, 2**70], [str(2**64 + 1), str(2**70)], "integers beyond 64 bits"),
        ([1, 2.5], [1.0, 2.5], ""),
    ],
)
def test_json_values_of_different_types_are_text(
    tmp_path: Path, values: list[object], expected: list[object], note: str
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"id": value, "text": "a"}) + "\n" for value in values))
    rows, notes = noted(path)
    assert [row["id"] for row in rows] == expected
    assert note in notes and bool(note) == bool(notes)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", "zst", "zip"])
def test_compressed_files_are_read_as_they_are(tmp_path: Path, suffix: str, compression: str) -> None:
    content = write(tmp_path, f"a{suffix}").read_bytes()
    path = tmp_path / f"train{suffix}.{compression}"
    compress(content, path, f"inside{suffix}")
    assert read_file(path).to_list() == ROWS
    (tmp_path / f"a{suffix}").unlink()
    assert len(read(Source(str(tmp_path))).splits["train"]) == 3 - 1  # one is held out
    renamed = path.rename(tmp_path / f"b{suffix}")
    assert read_file(renamed).to_list() == ROWS


def compress(content: bytes, path: Path, member: str) -> None:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("README.txt", "about")
            archive.writestr(f"__MACOSX/._{member}", "")
            archive.writestr(f"folder/{member}", content)
    elif path.suffix == ".zst":
        with pa.CompressedOutputStream(str(path), "zstd") as stream:
            stream.write(content)
    else:
        path.write_bytes({".gz": gzip, ".bz2": bz2, ".xz": lzma}[path.suffix].compress(content))


def test_an_archive_has_one_data_file(tmp_path: Path) -> None:
    path = tmp_path / "data.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.csv", "text,label\na,1\n")
        archive.writestr("dev.csv", "text,label\nb,0\n")
    assert "several data files: train.csv, dev.csv." in refusal(str(path))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("train.csv", "text,label\na,1\n")
    assert read_file(path).to_list() == [{"text": "a", "label": 1}]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("notes.txt", "")
    assert "no data file. It contains: notes.txt" in refusal(str(path))


@pytest.mark.parametrize("compression", ["gz", "bz2", "xz", "zst", "zip"])
def test_an_incomplete_compressed_file_is_refused(tmp_path: Path, compression: str) -> None:
    path = tmp_path / f"a.csv.{compression}"
    compress(b"text,label\n" + bytes(range(1, 10)) * 500, path, "a.csv")
    path.write_bytes(path.read_bytes()[:-20])
    message = refusal(str(path))
    assert str(path) in message and "cannot be read" in message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<!DOCTYPE html>\n<html></html>", "web page"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
        ('{"text": "a", "label": 1}\n', ".jsonl"),
        ('[{"text": "a", "label": 1}]', ".json."),
    ],
)
def test_other_content_than_the_name_says(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "a.csv").write_text(content)
    assert reason in refusal(str(tmp_path / "a.csv"))


def test_excel_without_openpyxl_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    (tmp_path / "a.xlsx").write_bytes(b"PK\3\4")
    assert refusal(str(tmp_path / "a.xlsx")).splitlines()[-1].strip() == 'Run: pip install "nbtrain[excel]"'


def test_excel(tmp_path: Path) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["Report"], [], ["text", "label", "zip", "id"], ['a "b", c', 1, 7, 1], ["007", 0, 8, "x"], []):
        sheet.append(row)
    sheet["C4"].number_format = sheet["C5"].number_format = "000"
    book.create_sheet("empty")
    path = tmp_path / "a.xlsx"
    book.save(path)
    rows, notes = noted(path)
    assert rows == [
        {"text": 'a "b", c', "label": 1, "zip": "007", "id": "1"},
        {"text": "007", "label": 0, "zip": "008", "id": "x"},
    ]
    assert "row 1 is above the header, which is row 3" in notes
    assert "`id` is read as text: it has numbers and texts (first in row 5)" in notes
    book["empty"].append(["more"])
    book.save(path)
    assert "several sheets have content: Sheet, empty." in refusal(str(path))
    assert "sheet_name='Sheet'" in refusal(str(path))
