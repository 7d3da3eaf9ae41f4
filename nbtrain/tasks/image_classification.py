"""Image classification: one of n classes for each image."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from nbtrain.data.column_facts import ColumnFacts
from nbtrain.data.feature_types import FeatureType, describe_columns, feature_type, quoted, rows_have
from nbtrain.data.image_folder import is_image
from nbtrain.data.images import dimensions, image_columns, refuse_unreadable
from nbtrain.data.label_column import find_label
from nbtrain.data.questions import Question, ask, in_toml
from nbtrain.data.text_columns import texts_of
from nbtrain.data.values import arrow_values
from nbtrain.data.words import refuse_missing
from nbtrain.errors import DataError, ModelError
from nbtrain.tasks.one_class import OneClass
from nbtrain.tasks.pixels import BATCH_ROWS, encode_images, rgb_image, unreadable_images, white_of
from nbtrain.tasks.script import Script

if TYPE_CHECKING:
    from datasets import Dataset
    from numpy.typing import NDArray
    from transformers import PreTrainedConfig

    from nbtrain.data.source import Progress, Source
    from nbtrain.events import TaskSpec

_NO_IMAGES = "Images are pictures, arrays (height x width, or height x width x channels), or paths of files."


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
    needed_model = "a model of images"
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
        starts = range(0, len(rows), BATCH_ROWS)
        parts = (rows.select(range(start, min(start + BATCH_ROWS, len(rows)))) for start in starts)
        if empty := sum(arrow_values(part, name).null_count for part in parts):
            fix = f'df = df.dropna(subset=["{name}"])'
            msg = f"{split}: {rows_have(empty, len(rows))} no image in column `{name}`.\n    Remove them first: {fix}"
            raise DataError(msg)
        if not dimensions(feature):
            refuse_unreadable({split: unreadable_images(rows, name, whole=False)}, {split: rows}, name)

    def check_on_demand(self, splits: Mapping[str, Dataset], spec: TaskSpec, progress: Progress) -> None:
        [name], white = spec.inputs, spec.options.get("white")
        found = {
            split: unreadable_images(rows, name, white, whole=True, progress=progress) for split, rows in splits.items()
        }
        refuse_unreadable(found, splits, name)

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
        return spec.with_options(white=white_of(train, inputs[0], notes))

    def tokenize(
        self, batch: Mapping[str, list[Any]], labels: NDArray[Any] | None, tokenizer: Any, spec: TaskSpec
    ) -> tuple[dict[str, Any], int]:
        return encode_images(batch[spec.inputs[0]], tokenizer, spec.options.get("white")), 0

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
