"""Columns of images, folders of images, and what previews and tables of predictions make of them."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest
from datasets import Array2D, Dataset, Features, Image, List, Value

from nbtrain.data.feature_types import FeatureType, feature_type
from nbtrain.data.frames import from_columns, from_frame
from nbtrain.data.images import dimensions, image_columns
from nbtrain.data.load import load
from nbtrain.data.source import Source
from nbtrain.errors import DataError
from nbtrain.preview.rows import first_rows
from nbtrain.preview.thumbnails import Thumbnail, thumbnail
from nbtrain.tasks.predictions import with_inputs

PIXELS = np.arange(64, dtype=np.uint8).reshape(8, 8)


def words_of(cell: object) -> str:
    """What a small picture says, which has the right pixels."""
    assert isinstance(cell, Thumbnail)
    content = base64.b64decode(cell.source.removeprefix("data:image/png;base64,"))
    with PIL.Image.open(io.BytesIO(content)) as picture:
        assert np.array_equal(np.asarray(picture.convert("L")), PIXELS)
    return cell.words


def write(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(PIXELS).save(folder / name)
    return folder


@pytest.mark.parametrize("pixels", [PIXELS, PIXELS / 64, np.dstack([PIXELS] * 3), PIXELS > 9], ids=str)
def test_arrays_survive(pixels: Any) -> None:
    small = pixels[:5, :7]
    for rows in (
        from_frame(pd.DataFrame({"image": [pixels, small, None]})),
        from_columns({"image": [pixels, small, None]}),
    ):
        assert image_columns(rows) == ["image"]
        assert dimensions(rows.features["image"]) == pixels.ndim
        first, second, third = rows["image"][:]
        assert np.array_equal(first, pixels) and np.array_equal(second, small) and third is None
    assert np.array_equal(from_columns({"image": np.stack([pixels, pixels])})["image"][1], pixels)


def test_pictures_survive_as_they_are_now(tmp_path: Path) -> None:
    changed = PIL.Image.open(write(tmp_path, "1.png") / "1.png")
    changed.thumbnail((4, 4))
    rows = from_frame(pd.DataFrame({"image": [PIL.Image.fromarray(PIXELS), changed]}))
    assert feature_type(rows.features["image"]) is FeatureType.IMAGE
    assert np.array_equal(rows[0]["image"], PIXELS)
    assert rows[1]["image"].size == (4, 4)


def test_kinds_of_columns() -> None:
    assert dimensions(Array2D((8, 8), "uint8")) == 2
    assert dimensions(List(List(Value("float32")))) == 2
    assert dimensions(List(List(Value("string")))) == 0
    assert dimensions(List(Value("int64"))) == 1
    cells = from_columns({"image": [{"bytes": b"x", "path": None}]})
    assert feature_type(cells.features["image"]) is FeatureType.IMAGE


@pytest.mark.parametrize(
    ("names", "splits", "classes"),
    [
        (["train/cat/1.png", "train/dog/2.png", "val/cat/3.png"], {"train": 2, "validation": 1}, ["cat", "dog"]),
        (["cat/1.png", "dog/2.png", "dog/3.png"], {"train": 3}, ["cat", "dog"]),
        (["bus/1.png", "train/2.png", "test/3.png"], {"train": 3}, ["bus", "test", "train"]),
        (["train/test/1.png", "train/dog/2.png", "test/9.png"], {"train": 2, "test": 1}, ["dog", "test"]),
    ],
    ids=["splits", "classes only", "classes called train and test", "a class called test in a split"],
)
def test_folders(tmp_path: Path, names: list[str], splits: dict[str, int], classes: list[str]) -> None:
    found = load(Source(dataset=str(write(tmp_path / "images", *names))), [])
    assert {name: len(rows) for name, rows in found.items()} == splits
    assert found["train"].features["label"].names == classes


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["cat/1.png", "dog/a/2.png"], "none is called train"),
        (["train/cat/1.png", "train/2.png"], "cat/1.png"),
        (["train/cat/1.png", "train/dog/a/2.png"], "dog/a/2.png"),
    ],
)
def test_folders_that_are_not_clear(tmp_path: Path, names: list[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        load(Source(dataset=str(write(tmp_path / "images", *names))), [])


def test_what_tables_have_of_images(tmp_path: Path) -> None:
    write(tmp_path, "cat/1.png", "cat/2.png")
    paths = [str(tmp_path / "cat" / name) for name in ("1.png", "2.png")]
    files = Dataset.from_dict(
        {"image": paths, "id": [1, 2]}, features=Features({"image": Image(), "id": Value("int8")})
    )
    outputs = pd.DataFrame({"prediction": ["a", "b"]})
    table = with_inputs(files, outputs, [])
    assert [*table] == ["image", "id", "prediction"]
    assert list(table["image"]) == paths
    row = first_rows(files)[1]
    assert row["id"] == "2" and words_of(row["image"]) == "cat/2.png"
    for cells, said in (([PIL.Image.fromarray(PIXELS)] * 2, "picture, 8 x 8"), ([PIXELS] * 2, "array, 8 x 8")):
        rows = from_columns({"image": cells})
        assert [*with_inputs(rows, outputs, [])] == ["prediction"]
        assert words_of(first_rows(rows)[0]["image"]) == said


def test_a_thumbnail_is_small_and_what_cannot_be_read_has_none(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (300, 900, 3), dtype=np.uint8)
    PIL.Image.fromarray(noise).save(tmp_path / "noise.png")
    made = thumbnail(str(tmp_path / "noise.png"), "noise")
    assert made is not None and len(made.source) < 5000
    picture = PIL.Image.open(io.BytesIO(base64.b64decode(made.source.partition(",")[2])))
    assert picture.size == (80, 27)
    (tmp_path / "text.png").write_text("no picture")
    assert thumbnail(str(tmp_path / "text.png"), "") is None
    assert thumbnail(str(tmp_path / "missing.png"), "") is None
    assert thumbnail([[-1.0, 3.0]], "") is None
