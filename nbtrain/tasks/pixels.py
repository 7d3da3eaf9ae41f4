"""Images as the model reads them: pictures, paths and arrays in RGB, and what is wrong with those it cannot read."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from nbtrain.data.images import stored_cells
from nbtrain.data.source import Progress, silent
from nbtrain.data.values import arrow_values
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

BATCH_ROWS = 500
"""Rows that are checked at once."""

BYTE = 255


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


def unreadable_images(
    rows: Dataset, name: str, white: float | None = None, *, whole: bool, progress: Progress = silent
) -> Iterator[tuple[int, Any, str]]:
    """The images that cannot be read: row, cell as it is stored, and the reason.

    Args:
        rows: The rows.
        name: The column of images; empty cells are left out.
        white: As for `rgb_image`.
        whole: Read each image to its end, as training does, but those in JPEG at an eighth of their size. That takes at
            most as long as reading them in one epoch. Otherwise only the beginning of files is read.
        progress: Called with the number of rows that are done.
    """
    for start in range(0, len(rows), BATCH_ROWS):
        progress("check images", start, len(rows))
        for at, cell in enumerate(stored_cells(rows.select(range(start, min(start + BATCH_ROWS, len(rows)))), name)):
            if cell is not None and (reason := _problem(cell, white, whole=whole)):
                yield start + at, cell, reason
    progress("check images", len(rows), len(rows))


def _problem(cell: Any, white: float | None, *, whole: bool) -> str:
    """Why an image cannot be read; "" if it can."""
    import PIL.Image
    import PIL.ImageOps

    is_file = isinstance(cell, (str, dict))
    path, content = (cell["path"], cell["bytes"]) if isinstance(cell, dict) else (cell, None)
    if is_file and content is None and "://" in path:  # of the Hub; it is opened when it is needed
        return ""
    try:
        if not is_file:
            rgb_image(cell, white)
            return ""
        with PIL.Image.open(os.path.expanduser(path) if content is None else io.BytesIO(content)) as picture:
            if whole:
                picture.draft(None, (1, 1))  # as small as a JPEG can be decoded
                rgb_image(PIL.ImageOps.exif_transpose(picture), white)
            return ""
    except FileNotFoundError:
        return f"there is no such file (working directory: {os.getcwd()})"
    except PIL.UnidentifiedImageError:
        return "it is not an image that Pillow can read"
    except Exception as error:  # each format has a decoder, with errors of its own
        return str(error) or type(error).__name__


def white_of(train: Dataset, name: str, notes: list[str]) -> int:
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
