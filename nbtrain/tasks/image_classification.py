"""Image classification: one of n classes for each image."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nbtrain.data.column_facts import ColumnFacts
from nbtrain.data.feature_types import FeatureType, describe_columns, feature_type, quoted, rows_have
from nbtrain.data.image_folder import is_image
from nbtrain.data.images import dimensions, image_columns, stored_cells
from nbtrain.data.label_column import find_label
from nbtrain.data.questions import Question, ask, in_toml
from nbtrain.data.text_columns import texts_of
from nbtrain.data.values import arrow_values
from nbtrain.data.words import refuse_missing
from nbtrain.errors import DataError, ModelError
from nbtrain.tasks.one_class import OneClass
from nbtrain.tasks.script import Script

if TYPE_CHECKING:
    from datasets import Dataset
    from numpy.typing import NDArray
    from transformers import PreTrainedConfig

    from nbtrain.data.source import Source
    from nbtrain.events import TaskSpec

BATCH_ROWS = 500
"""Pictures that are opened at once, to check them."""

BYTE = 255


class ImageClassification(OneClass):
    """One output for each class, from the pixels of an image."""

    name = "image_classification"
    title = "one of several classes for each image"
    words = "image classification"
    reads = "image"
    example = ("", "")  # a folder tells both
    example_models = ("demo-vit", "google/vit-base-patch16-224-in21k")
    has_demo = True
    template_values: ClassVar[Mapping[str, Any]] = {
        "num_train_epochs": 8,
        "learning_rate": 2e-3,
        "per_device_train_batch_size": 32,
    }
    max_inputs = 1
    auto_model = "AutoModelForImageClassification"
    processor = "AutoImageProcessor"
    adapter_type = None
    on_demand = True

    def recognizes(self, train: Dataset, source: Source) -> bool:
        found = image_columns(train)
        if source.text:
            return len(source.text) == 1 and source.text[0] in found
        return bool(found) and not _has_texts(train, found, source.label)

    def matches(self, train: Dataset, target: Sequence[str]) -> bool:
        return False

    def find_columns(
        self, splits: Mapping[str, Dataset], source: Source, notes: list[str]
    ) -> tuple[Sequence[str], Sequence[str]]:
        train = splits["train"]
        for key, named in (("text", source.text), ("label", source.label)):
            refuse_missing(train, named, key)
        image = source.text or image_columns(train) or _path_columns(train)
        if len(image) != 1:
            why = f"Several columns are images: {quoted(image)}. One is needed." if image else _NO_IMAGES
            raise DataError(ask(train, [Question("text", why, tuple(image[:1] or ("image",)))]))
        label = source.label or find_label(train, image)
        if isinstance(label, Question):
            raise DataError(ask(train, [label]))
        if image[0] in label:
            raise DataError(f"Column `{image[0]}` is both image and label. Remove it from one of them.")
        chosen = (("text", image, source.text), ("label", label, source.label))
        if found := [f"{key} = {in_toml(names)}" for key, names, named in chosen if not named]:
            notes.append(f"Using columns: {', '.join(found)} (auto-detected).")
        for split in [split for split in ("train", "validation") if split in splits]:
            self.check_inputs(splits[split], image, split)
            refuse_missing(splits[split], label, "label", split)
        return image, label

    def check_inputs(self, rows: Dataset, inputs: Sequence[str], split: str) -> None:
        [name] = inputs
        refuse_missing(rows, inputs, "text", split)
        feature = rows.features[name]
        found = feature_type(feature)
        if found not in (FeatureType.IMAGE, FeatureType.TEXT, FeatureType.EMPTY) and dimensions(feature) not in (2, 3):
            raise DataError(f"{split}: column `{name}` has no images. {_NO_IMAGES} Columns:\n{describe_columns(rows)}")
        empty, broken = 0, []
        for start in range(0, len(rows), BATCH_ROWS):
            part = rows.select(range(start, min(start + BATCH_ROWS, len(rows))))
            if dimensions(feature):
                empty += arrow_values(part, name).null_count
                continue
            cells = stored_cells(part, name)
            empty += sum(cell is None for cell in cells)
            broken += [(start + at, problem) for at, cell in enumerate(cells) if (problem := _problem(cell))]
        if empty:
            fix = f'df = df.dropna(subset=["{name}"])'
            msg = f"{split}: {rows_have(empty, len(rows))} no image in column `{name}`.\n    Remove them first: {fix}"
            raise DataError(msg)
        if broken:
            row, problem = broken[0]
            have = rows_have(len(broken), len(rows))
            raise DataError(
                f"{split}: {have} no readable image in column `{name}`, the first is row {row}: {problem}.\n"
                "    Remove or correct these images."
            )

    def cells_of(self, item: Any, number: int, inputs: Sequence[str]) -> Sequence[Any]:
        from PIL.Image import Image

        if isinstance(item, (str, Path)):
            return [str(item)]
        is_nested = isinstance(item, (list, tuple)) and bool(item) and isinstance(item[0], (list, tuple))
        if isinstance(item, Image) or is_nested or getattr(item, "ndim", 0) in (2, 3):
            return [item]
        raise DataError(f"Item {number} is not an image: {item!r:.80}. Expected {self.example_of(inputs)}.")

    def example_of(self, inputs: Sequence[str]) -> str:
        return 'a list of images such as ["cat.png", "dog.png"] (paths, arrays, or pictures of PIL)'

    def inspect(self, train: Dataset, inputs: Sequence[str], target: Sequence[str], notes: list[str]) -> TaskSpec:
        spec = super().inspect(train, inputs, target, notes)
        feature = train.features[inputs[0]]
        if feature_type(feature) is FeatureType.TEXT:  # a script may run elsewhere
            return spec.with_options(folder=os.getcwd())
        if not dimensions(feature):
            return spec
        return spec.with_options(white=_white(train, inputs[0], notes))

    def tokenize(
        self, batch: Mapping[str, list[Any]], labels: NDArray[Any] | None, tokenizer: Any, spec: TaskSpec
    ) -> tuple[dict[str, Any], int]:
        try:
            return encode_images(batch[spec.inputs[0]], tokenizer, spec.options.get("white")), 0
        except (OSError, ValueError) as error:
            raise DataError(f"An image cannot be read: {error}") from error

    def prepared_processor(self, processor: Any, model_config: PreTrainedConfig) -> Any:
        channels = getattr(model_config, "num_channels", 3)
        if channels != 3:
            raise ModelError(
                f"The model takes images of {channels} channels, and images are given to it in colour (RGB).\n"
                "    Use a model with num_channels = 3; grey images are converted."
            )
        return processor

    def explain(self, first: Mapping[str, Any], tokenizer: Any, spec: TaskSpec) -> list[str]:
        channels, height, width = first["pixel_values"].shape[-3:]
        return [f"The model reads images of {height} x {width} pixels with {channels} channels."]

    def script(self, spec: TaskSpec) -> Script:
        [name] = spec.inputs
        cells = f"batch[{json.dumps(name, ensure_ascii=False)}]"
        return replace(
            super().script(spec),
            encode=f'{{**encode_images({cells}, processor, WHITE, FOLDER), "labels": labels}}',
            constants={"WHITE": spec.options.get("white"), "FOLDER": spec.options.get("folder", "")},
            functions=(encode_images, rgb_image),
            imports={"typing": ("Any",), "io": (), "os": ()},
        )


TASK = ImageClassification()

_NO_IMAGES = "Images are pictures, arrays (height x width, or height x width x channels), or paths of files."


def encode_images(cells: list[Any], processor: Any, white: float | None, folder: str = "") -> dict[str, Any]:
    """The pixels of images as the model takes them."""
    images = [rgb_image(cell, white, folder) for cell in cells]
    return {"pixel_values": processor(images, return_tensors="pt")["pixel_values"]}


def rgb_image(cell: Any, white: float | None, folder: str = "") -> Any:
    """A picture, a path or an array as a picture in RGB.

    Args:
        cell: The image; an array is height x width, with one, three or four channels first or last.
        white: The number that stands for white in arrays; None for 1 in arrays of floats up to 1, else 255.
        folder: Where relative paths begin.

    Raises:
        ValueError: Its numbers are not those of pixels.
    """
    import numpy
    import PIL.Image
    import PIL.ImageOps

    if isinstance(cell, dict):  # a picture that was not decoded
        cell = io.BytesIO(cell["bytes"]) if cell["bytes"] is not None else cell["path"]
    if isinstance(cell, str):
        cell = os.path.join(folder, os.path.expanduser(cell))
    if isinstance(cell, (str, io.BytesIO)):
        cell = PIL.ImageOps.exif_transpose(PIL.Image.open(cell))
    if isinstance(cell, PIL.Image.Image) and cell.mode[0] not in "IF":
        return cell.convert("RGB")
    is_picture = isinstance(cell, PIL.Image.Image)
    pixels = numpy.asarray(cell)
    if is_picture:  # 16 bits of grey, whole numbers of any size, or floats
        is_byte = cell.mode == "I" and pixels.max() <= 255
        white = 255 if is_byte else 65535 if cell.mode[0] == "I" else 1
    if white is None:
        white = 1 if pixels.dtype.kind in "bf" and pixels.max() <= 1 else 255
    pixels = pixels.astype("float64")
    if not (pixels.min() >= 0 and pixels.max() <= white):
        raise ValueError(f"its numbers are {pixels.min():g} to {pixels.max():g}, expected 0 to {white:g}")
    if pixels.ndim == 3 and pixels.shape[-1] not in (1, 3, 4) and pixels.shape[0] in (1, 3, 4):
        pixels = pixels.transpose(1, 2, 0)
    if pixels.ndim == 3 and pixels.shape[-1] == 1:
        pixels = pixels[:, :, 0]
    if pixels.ndim == 3 and pixels.shape[-1] not in (3, 4):
        raise ValueError(f"its shape is {pixels.shape}, expected 1, 3 or 4 channels")
    return PIL.Image.fromarray((pixels * (255 / white)).round().astype("uint8")).convert("RGB")


def _has_texts(rows: Dataset, images: Sequence[str], label: Sequence[str] | None) -> bool:
    """Whether a column may be a text to read, and not a label, the names of classes, or paths."""
    answer = label or find_label(rows, images)
    known = {*(() if isinstance(answer, Question) else answer), *_path_columns(rows)}
    others = [name for name in texts_of(rows) if name not in known]
    return any(not ColumnFacts.of(rows, name).looks_like_classes for name in others)


def _path_columns(rows: Dataset) -> list[str]:
    """The columns of paths of images."""
    texts = [name for name, feature in rows.features.items() if feature_type(feature) is FeatureType.TEXT]
    first = rows.select(range(min(100, len(rows))))
    return [name for name in texts if all(cell and is_image(cell) for cell in arrow_values(first, name).to_pylist())]


def _problem(cell: Any) -> str:
    """Why a picture, as it is stored, cannot be read; "" if it can. Only its beginning is read."""
    import PIL.Image

    if cell is None:
        return ""
    path = cell if isinstance(cell, str) else cell["path"]
    content = None if isinstance(cell, str) else cell["bytes"]
    if content is None and "://" in path:  # of the Hub; it is opened when it is needed
        return ""
    try:
        with PIL.Image.open(os.path.expanduser(path) if content is None else io.BytesIO(content)):
            return ""
    except FileNotFoundError:
        return f"there is no file {path} (working directory: {os.getcwd()})"
    except OSError:
        return f"{path or 'it'} is not an image that Pillow can read"


def _white(train: Dataset, name: str, notes: list[str]) -> int:
    """The number that stands for white in a column of arrays.

    Raises:
        DataError: Their numbers are neither 0 to 1 nor 0 to 255.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    is_list = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    low, high, kind = np.inf, -np.inf, pa.null()
    for start in range(0, len(train), BATCH_ROWS):
        values = arrow_values(train.select(range(start, min(start + BATCH_ROWS, len(train)))), name)
        values = getattr(values, "storage", values)
        while any(fits(values.type) for fits in is_list):
            values = values.flatten()
        kind, ends = values.type, pc.min_max(values.cast(pa.float64()))
        low, high = min(low, ends["min"].as_py()), max(high, ends["max"].as_py())
    if low >= 0 and high <= 1 and kind != pa.uint8():
        notes.append(f"The numbers in `{name}` are {low:g} to {high:g}: 1 is white.")
        return 1
    if low < 0 or high > BYTE or (high <= BYTE // 2 and kind != pa.uint8()):
        fix = f'df["{name}"] = [(image - {low:g}) / {high - low:g} for image in df["{name}"]]'
        fix = fix.replace("(image - 0)", "image")
        raise DataError(
            f"The numbers in `{name}` are {low:g} to {high:g}. Pixels are 0 to 1, or 0 to 255.\n    Scale them: {fix}"
        )
    return BYTE
