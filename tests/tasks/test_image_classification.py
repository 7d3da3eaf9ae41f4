"""Image classification: its columns, pixels, and a run from the data to a script."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import PIL.Image
import pytest

import nbtrain
from nbtrain.config import from_mapping
from nbtrain.data.source import Source
from nbtrain.errors import ConfigError, DataError, ModelError
from nbtrain.preprocessing.dataset import read
from nbtrain.preview.dry_run import dry_run_report
from nbtrain.tasks.image_classification import rgb_image
from tests.export.conftest import check_same_weights, execute, train  # noqa: F401

RANDOM = np.random.default_rng(0)
LABELS = ["dark", "light"] * 20


def images(kind: Any = np.uint8) -> list[Any]:
    made = [RANDOM.integers(100 * (label == "light"), 100 + 150 * (label == "light"), (8, 8)) for label in LABELS]
    return [one.astype(kind) for one in made]


def frame() -> pd.DataFrame:
    return pd.DataFrame({"image": images(), "label": LABELS, "number": range(40)})


def refusal(**source: Any) -> str:
    with pytest.raises(DataError) as refused:
        read(Source(**source))
    return str(refused.value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for at, (pixels, label) in enumerate(zip(images(), LABELS, strict=True)):
        path = tmp_path / "images" / ("train" if at < 30 else "validation") / label / f"{at}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(pixels).save(path)
    return tmp_path / "images"


@pytest.fixture(scope="session")
def tiny_vit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessor, set_seed

    torch.set_num_threads(1)
    path = tmp_path_factory.mktemp("tiny-vit")
    set_seed(0)
    shape = dict(hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32)
    ViTForImageClassification(ViTConfig(image_size=8, patch_size=4, **shape)).save_pretrained(path)
    ViTImageProcessor(size={"height": 8, "width": 8}).save_pretrained(path)
    return path


def test_its_columns_are_found(folder: Path) -> None:
    for data in (frame(), str(folder), frame().assign(image=[PIL.Image.fromarray(one) for one in images()])):
        spec = read(Source(dataset=data)).spec
        assert (spec.task, spec.inputs, spec.target) == ("image_classification", ("image",), ("label",))
        assert spec.labels == ("dark", "light")
    paths = pd.DataFrame({"file": [str(path) for path in folder.rglob("*.png")]})
    paths["label"] = [path.split("/")[-2] for path in paths["file"]]
    assert read(Source(dataset=paths, task="image_classification")).spec.inputs == ("file",)


def test_a_text_next_to_images_is_not_an_image() -> None:
    texts = [f"a long text about the number {at} of many" for at in range(40)]
    assert read(Source(dataset=frame().assign(text=texts))).spec.task == "text_classification"
    assert read(Source(dataset=frame().assign(text=texts), text=["image"])).spec.task == "image_classification"


def test_what_is_wrong_with_images(folder: Path) -> None:
    assert "df.dropna" in refusal(dataset=frame().assign(image=[None, *images()[1:]]))
    assert 'text = "image"' in refusal(dataset=frame().assign(other=images()))
    assert "both image and label" in refusal(dataset=frame(), text=["image"], label=["image"])
    digits = frame().assign(image=[one % 17 / 1.0 for one in images()])
    assert 'df["image"] = [image / 16 for image in df["image"]]' in refusal(dataset=digits)
    broken = next((folder / "train" / "dark").glob("*.png"))
    broken.write_text("no image")
    message = refusal(dataset=str(folder))
    assert "1 of 30 rows has no readable image" in message and broken.name in message
    gone = pd.DataFrame({"file": ["a.png", "b.png"] * 10, "label": LABELS[:20]})
    assert "  a.png: there is no such file" in refusal(dataset=gone, task="image_classification")


@pytest.fixture
def photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The files of a folder of 40 pictures in JPEG, of which 8 end too early; it is in the working directory."""
    monkeypatch.chdir(tmp_path)
    files = []
    for at, label in enumerate(LABELS):
        files.append(Path("photos", label, f"{at}.jpg"))
        files[-1].parent.mkdir(parents=True, exist_ok=True)
        PIL.Image.fromarray(RANDOM.integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(files[-1])
        if at < 8:
            files[-1].write_bytes(files[-1].read_bytes()[:-500])
    return files


def prepare(model: Path, folder: Path, **keys: Any) -> str:
    return dry_run_report(from_mapping({"model": str(model), "use_cpu": True, "output_dir": str(folder), **keys}))


@pytest.mark.trainer
def test_files_that_end_too_early_are_found_before_training(tiny_vit: Path, photos: list[Path], tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        prepare(tiny_vit, tmp_path / "run", dataset="photos")
    first, *named, more, fix = str(refused.value).splitlines()
    assert first == "8 of 40 rows have no readable image in column `image`:", "those of both splits"
    assert len(named) == 5 and more == "  and 3 more"
    assert all(
        "truncated" in line and Path(line.split(":")[0].strip()) in [*map(Path.absolute, photos[:8])] for line in named
    )
    exec(fix.partition("which leaves them out: ")[2], {})
    assert [path.exists() for path in photos] == [False] * 8 + [True] * 32
    assert prepare(tiny_vit, tmp_path / "run", dataset="photos").startswith("Configuration is valid")


@pytest.mark.trainer
@pytest.mark.parametrize("kind", ["paths", "pictures", "bytes", "numbers", "shapes"])
def test_what_cannot_be_read_is_named(tiny_vit: Path, photos: list[Path], tmp_path: Path, kind: str) -> None:
    import datasets

    whole = [np.asarray(PIL.Image.open(photos[9]))] * 40
    keys: dict[str, Any] = {"task": "image_classification"}
    df = pd.DataFrame({"label": LABELS})
    if kind == "paths":
        df["image"] = [str(path) for path in photos]
    elif kind == "pictures":
        df["image"] = [PIL.Image.open(path) for path in photos]
    elif kind == "shapes":
        df["image"] = [np.ones((5, 5, 7), np.uint8) if at < 8 else image for at, image in enumerate(whole)]
    if kind == "bytes":
        stored = [{"bytes": path.read_bytes(), "path": path.name} for path in photos]
        rows = datasets.Dataset.from_dict({"image": stored, "label": LABELS})
        keys["train"] = rows.cast_column("image", datasets.Image())
    elif kind == "numbers":
        for path in photos:
            PIL.Image.fromarray(np.full((8, 8), -3.0 if path in photos[:8] else 0.5, np.float32)).save(path, "tiff")
        keys["dataset"] = "photos"
    else:
        keys["train"] = df
    with pytest.raises(DataError) as refused:
        prepare(tiny_vit, tmp_path / "run", **keys)
    said = str(refused.value)
    assert said.startswith("8 of 40 rows have no readable image") and "\n  and 3 more\n    " in said
    expected = {
        "paths": f"  {photos[0]}: ",
        "pictures": "  row 0 (",
        "bytes": "  0.jpg: ",
        "numbers": "expected 0 to 1",
    }
    assert expected.get(kind, "its shape is (5, 5, 7)") in said or (kind in ("paths", "bytes") and ".jpg: " in said)
    if kind in ("paths", "pictures"):
        names: dict[str, Any] = {"df": df}
        exec(said.splitlines()[-1].partition(": ")[2], names)
        assert len(names["df"]) == 32
        prepare(tiny_vit, tmp_path / "run", train=names["df"], task=keys["task"])


@pytest.mark.trainer
def test_a_new_row_that_cannot_be_read_is_named(tiny_vit: Path, photos: list[Path], tmp_path: Path) -> None:
    keys = dict(model=str(tiny_vit), train=frame(), use_cpu=True, max_steps=1, output_dir=str(tmp_path / "run"))
    run = nbtrain.finetune(**keys, views=[])
    with pytest.raises(
        DataError, match=f"1 of 2 rows has no readable image(.|\n)*{photos[0].name}: image file is trunc"
    ):
        run.predict([str(photos[20]), str(photos[0])])


@pytest.mark.parametrize(
    ("cell", "white", "pixel"),
    [
        (np.full((2, 2), 7, np.uint8), None, (7, 7, 7)),
        (np.full((2, 2), 0.2), None, (51, 51, 51)),
        ([[1, 1], [1, 1]], 1, (255, 255, 255)),
        ([[1, 1], [1, 1]], 255, (1, 1, 1)),
        (np.full((3, 2, 2), 9), 255, (9, 9, 9)),
        (np.full((2, 2, 1), 9), 255, (9, 9, 9)),
        (PIL.Image.new("L", (2, 2), 3), None, (3, 3, 3)),
        (PIL.Image.new("I;16", (2, 2), 257 * 20), None, (20, 20, 20)),
        (PIL.Image.new("RGBA", (2, 2), (1, 2, 3, 0)), None, (1, 2, 3)),
    ],
)
def test_pixels(cell: Any, white: float | None, pixel: tuple[int, ...]) -> None:
    picture = rgb_image(cell, white)
    assert (picture.mode, picture.size, picture.getpixel((0, 0))) == ("RGB", (2, 2), pixel)


def test_numbers_that_are_no_pixels() -> None:
    for cell, white in ((np.full((2, 2), 300), None), (np.full((2, 2), 2), 1), (np.full((2, 2), -1.0), None)):
        with pytest.raises(ValueError, match="expected 0 to"):
            rgb_image(cell, white)


@pytest.mark.trainer
def test_a_run(tiny_vit: Path, folder: Path, tmp_path: Path) -> None:
    keys = dict(model=str(tiny_vit), use_cpu=True, num_train_epochs=4, learning_rate=5e-3, class_weights="balanced")
    run = nbtrain.finetune(**keys, dataset=str(folder), output_dir=str(tmp_path / "run"), views=[])
    assert {"accuracy", "f1"} <= {*run.metrics}
    table = run.predictions
    columns = ["image", "label", "prediction", "probability", "p(dark)", "p(light)", "loss", "correct"]
    assert [*table] == columns
    assert run.metrics["accuracy"].iloc[-1] == table["correct"].mean()
    assert all(Path(path).is_file() for path in table["image"])
    light, path = np.full((8, 8), 230, np.uint8), table["image"][0]
    loaded = nbtrain.Run.load(run.directory)
    for one in (run, loaded):
        predicted = one.predict([PIL.Image.fromarray(light)])
        assert np.allclose(predicted["p(light)"], one.predict([light])["p(light)"])
        assert np.allclose(one.predict([path])["p(light)"], table["p(light)"][0], atol=1e-5)
        assert len(one.predict({"image": PIL.Image.fromarray(light)})) == 1
        with pytest.raises(DataError, match="Item 0 is not an image"):
            one.predict([3])
    assert np.allclose(loaded.predict(table[["image"]])["p(light)"], table["p(light)"], atol=1e-5)


@pytest.mark.trainer
def test_lora_and_a_processor(tiny_vit: Path, tmp_path: Path) -> None:
    from transformers import AutoImageProcessor

    keys = dict(model=str(tiny_vit), train=frame(), use_cpu=True, max_steps=2, output_dir=str(tmp_path / "run"))
    processor = AutoImageProcessor.from_pretrained(tiny_vit)
    run = nbtrain.finetune(**keys, lora_r=2, tokenizer=processor, views=[])
    assert run.model.peft_config["default"].modules_to_save == ["classifier"]
    assert [*run.predictions][:2] == ["number", "label"]
    assert len(nbtrain.Run.load(run.directory).predict(images()[:3])) == 3


@pytest.mark.trainer
def test_a_dry_run_and_keys(tiny_vit: Path, tmp_path: Path) -> None:
    keys = dict(model=str(tiny_vit), train=frame(), use_cpu=True, output_dir=str(tmp_path / "run"))
    report = dry_run_report(from_mapping(keys))
    assert "  image     image\n" in report and "truncated" not in report
    assert "8 x 8 pixels with 3 channels" in report
    with pytest.raises(ConfigError, match="`max_length`"):
        dry_run_report(from_mapping({**keys, "max_length": 8}))
    with pytest.raises(ModelError, match="image processor"):
        dry_run_report(from_mapping({**keys, "tokenizer": object()}))


@pytest.mark.kernel
@pytest.mark.trainer
@pytest.mark.parametrize("kind", ["folder", pytest.param("arrays", marks=pytest.mark.full)])
def test_the_script_gives_the_same_weights(
    train: Any,  # noqa: F811
    tiny_vit: Path,
    folder: Path,
    tmp_path: Path,
    kind: str,
) -> None:
    data = {"dataset": str(folder)} if kind == "folder" else {"train": frame()}
    run = train(model=str(tiny_vit), **data, class_weights="balanced", num_train_epochs=2)
    script = run.export(tmp_path / "train.py")
    assert ('load_dataset("imagefolder"' in script.read_text()) == (kind == "folder")
    execute(script)
    check_same_weights(run, script)
