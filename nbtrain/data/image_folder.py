"""Read a folder of images: a folder for each class, in a folder for each split or without one."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import quoted
from nbtrain.data.files import is_data_file
from nbtrain.data.roles import ROLES, pick
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

BUILDER = "imagefolder"
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".jp2", ".ico")
"""Suffixes of images. A folder without any of these is no folder of images."""

METADATA = ("metadata.csv", "metadata.jsonl", "metadata.parquet")
"""Files with a row for each image, in the column `file_name`."""


def is_image(name: str | Path) -> bool:
    """Whether a name ends as that of an image does."""
    return Path(name).suffix.lower() in SUFFIXES


def has_images(folder: Path) -> bool:
    """Whether a folder has images, at any depth, and no data file that could be meant instead."""
    others = (path for path in folder.iterdir() if path.is_file() and is_data_file(path))
    return all(path.name in METADATA for path in others) and any(_images(folder))


def read_images(folder: Path) -> dict[str, Dataset]:
    """A data set for each split of a folder of images, with the columns `image` and, for folders of classes, `label`.

    Raises:
        DataError: It is not clear what the subfolders are.
    """
    from datasets import load_dataset

    return {name: load_dataset(BUILDER, **arguments(place)) for name, place in splits_of(folder).items()}


def arguments(folder: Path) -> dict[str, Any]:
    """The arguments with which `load_dataset` reads the images of one split.

    Raises:
        DataError: Some images are in folders of classes, and some are not.
    """
    options: dict[str, Any] = {"data_files": pattern(folder), "split": "train"}
    if any((folder / name).exists() for name in METADATA):
        return options
    depths = {len(path.relative_to(folder).parts): path for path in _images(folder)}
    if len(depths) > 1 or max(depths) > 2:
        deepest = depths[max(depths)].relative_to(folder)
        raise DataError(
            f"The images in {folder} are not all in one folder for each class: there is {deepest}.\n"
            "    Put each image into a folder with the name of its class, such as cat/1.png."
        )
    return {**options, "drop_labels": max(depths) == 1}


def pattern(folder: Path) -> str:
    """All files of a folder, for `data_files`. With a folder, `datasets` would take a class called test for a split."""
    return f"{glob.escape(str(folder.absolute()))}/**"


def splits_of(folder: Path) -> dict[str, Path]:
    """The folder of each split. Subfolders are splits if one for training has folders of classes in it.

    Raises:
        DataError: Images are two folders deep, and none of the folders is for training.
    """
    parts = {path.name: path for path in sorted(folder.iterdir()) if path.is_dir() and any(_images(path))}
    deep = [name for name, path in parts.items() if _is_split(path)]
    if not deep or any(is_image(path) for path in folder.iterdir()):
        return {"train": folder}
    wanted = [name for role in ROLES if (name := pick(parts, role))]
    if not pick(parts, "train"):
        raise DataError(
            f"The folder {folder} has images in folders of folders ({quoted(list(parts)[:6])}), and none is called "
            "train.\n    Rename the folder of the training images to train; others may be validation and test."
        )
    return {name: parts[name] for name in wanted}


def _is_split(folder: Path) -> bool:
    """Whether a folder has folders with images in it, or a table of its images."""
    has_table = any((folder / name).exists() for name in METADATA)
    return has_table or any(len(path.relative_to(folder).parts) > 1 for path in _images(folder))


def _images(folder: Path) -> Iterator[Path]:
    """The images of a folder at any depth, without hidden ones."""
    for path in folder.rglob("*"):
        if is_image(path) and not any(part.startswith((".", "__")) for part in path.relative_to(folder).parts):
            yield path
