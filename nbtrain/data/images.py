"""Columns of images: pictures (`datasets.Image`), or arrays of numbers with two or three dimensions."""

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import FeatureType, feature_type, rows_have
from nbtrain.errors import DataError

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import Dataset

SHOWN = 5
"""Images that an error names, of those that cannot be read."""

MAX_FIXED = 20
"""Up to this many, its fix has all of them."""

NUMBERS = (FeatureType.INTEGERS, FeatureType.FLOATS, FeatureType.BOOLEANS)


def dimensions(feature: Any) -> int:
    """Dimensions of the arrays in a column: 2 for lists of lists of numbers; 0 if they are no arrays of numbers."""
    from datasets import LargeList, List, Value

    if hasattr(feature, "shape"):  # Array2D, Array3D
        return len(feature.shape) if feature_type(Value(feature.dtype)) in NUMBERS else 0
    depth = 0
    while isinstance(feature, (List, LargeList)):
        depth, feature = depth + 1, feature.feature
    return depth if feature_type(feature) in NUMBERS else 0


def is_array(feature: Any) -> bool:
    """Whether a column has arrays of two or more dimensions."""
    return dimensions(feature) > 1


def image_columns(rows: Dataset) -> list[str]:
    """The columns that may be images: pictures if there are any, else arrays of two or three dimensions."""
    pictures = [name for name, feature in rows.features.items() if feature_type(feature) is FeatureType.IMAGE]
    return pictures or [name for name, feature in rows.features.items() if dimensions(feature) in (2, 3)]


def stored_cells(rows: Dataset, name: str) -> list[Any]:
    """The cells of a column as they are stored: pictures as dicts with `bytes` and `path`, not decoded."""
    found: list[Any] = rows.with_format("arrow")[name][:].to_pylist() if len(rows) else []
    return found


def files_of(rows: Dataset, name: str) -> list[str] | None:
    """The path of each picture of a column; None if some have none, because they came from memory."""
    import pyarrow.compute as pc

    found: list[str | None] = []
    for batch in rows.select_columns([name]).with_format("arrow").iter(batch_size=1000):
        column = batch[name].combine_chunks()
        is_file = pc.and_(pc.is_null(pc.struct_field(column, "bytes")), pc.is_valid(column)).to_pylist()
        paths = pc.struct_field(column, "path").to_pylist()
        found += [path if file else None for path, file in zip(paths, is_file, strict=True)]
        if None in found:
            return None
    return [path for path in found if path is not None]


Broken = Iterable[tuple[int, Any, str]]
"""Images that cannot be read: row, cell as it is stored, and the reason."""


def refuse_unreadable(found: Mapping[str, Broken], splits: Mapping[str, Dataset], name: str) -> None:
    """Raises DataError if images cannot be read: with the first ones, how many there are, and what to do.

    Args:
        found: Those of each split.
        splits: The rows.
        name: The column of images.
    """
    broken = [(split, *one) for split, some in found.items() for one in some]
    if not broken:
        return
    listed = [f"{_name_of(cell) or f'row {row} of {split}'}: {reason}" for split, row, cell, reason in broken]
    said = _unreadable(listed, sum(len(splits[split]) for split in found), f" in column `{name}`")
    raise DataError(f"{said}\n    {_fix([cell for _, _, cell, _ in broken], splits[broken[0][0]], name)}")


def _fix(cells: Sequence[Any], rows: Dataset, name: str) -> str:
    paths = [_name_of(cell) for cell in cells]
    is_files = all(
        isinstance(cell, str) or cell.get("bytes") is None for cell in cells if isinstance(cell, (str, dict))
    )
    if not is_files or not all(paths):
        return "Remove or correct them."
    if len(paths) > MAX_FIXED:
        return f"Look at one of them: import PIL.Image; PIL.Image.open({paths[0]!r}).load()"
    if feature_type(rows.features[name]) is FeatureType.TEXT:
        return f'Leave them out: df = df[~df["{name}"].isin({paths})]'
    if rows.builder_name == "imagefolder":
        return f'Rename them, which leaves them out: import os; [os.rename(path, path + "-broken") for path in {paths}]'
    return "Remove or correct them."


def _unreadable(listed: Sequence[str], total: int, where: str = "") -> str:
    more = [f"  and {len(listed) - SHOWN:,} more"] if len(listed) > SHOWN else []
    lines = [*(f"  {one}" for one in listed[:SHOWN]), *more]
    return "\n".join([f"{rows_have(len(listed), total)} no readable image{where}:", *lines])


def _name_of(cell: Any) -> str:
    """The path of an image, or its name where it is not in a file of its own; "" if it has none."""
    return str((cell.get("path") if isinstance(cell, dict) else cell if isinstance(cell, str) else "") or "")


def describe_image(cell: Any) -> str:
    """A picture or an array, as it is stored, in a few words: "cat/1.png", "picture, 8 x 8", "array, 8 x 8"."""
    if isinstance(cell, dict):
        if cell.get("bytes") is None:
            return "/".join(Path(str(cell.get("path"))).parts[-2:])
        return f"picture, {_size(cell['bytes'])}"
    shape = []
    while hasattr(cell, "__len__") and not isinstance(cell, str):
        shape.append(len(cell))
        cell = cell[0] if len(cell) else None
    return f"array, {' x '.join(map(str, shape))}"


def _size(content: bytes) -> str:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(content)) as picture:
            return f"{picture.width} x {picture.height}"
    except OSError:
        return "not readable"


def to_arrow(values: Iterable[Any]) -> tuple[pa.Array, Any] | None:
    """Pictures of PIL, or arrays of two or more dimensions, as Arrow values with their feature (None: that of the Arrow
    type); None if the values are neither.
    """
    import numpy as np
    from PIL.Image import Image

    found = [None if value is None or (isinstance(value, float) and math.isnan(value)) else value for value in values]
    present = [value for value in found if value is not None]
    if any(isinstance(value, Image) for value in present):
        return _pictures(found)
    if not present or not all(isinstance(value, np.ndarray) for value in present):
        return None
    several = {value.ndim for value in present}
    if len(several) > 1 or min(several) < 2 or any(value.dtype.kind not in "biuf" for value in present):
        return None
    return _arrays(found), None


def _pictures(values: Sequence[Any]) -> tuple[pa.Array, Any] | None:
    import numpy as np
    import PIL.Image
    import pyarrow as pa
    from datasets import Image

    cells: list[dict[str, Any] | None] = []
    broken: list[tuple[int, str]] = []
    for row, value in enumerate(values):
        is_bytes = isinstance(value, np.ndarray) and value.dtype == np.uint8
        picture = PIL.Image.fromarray(value) if is_bytes else value
        if isinstance(picture, (str, Path)):
            cells.append({"bytes": None, "path": str(Path(picture).expanduser().absolute())})
        elif isinstance(picture, PIL.Image.Image):
            try:
                cells.append({"bytes": _saved(picture), "path": None})
            except Exception as error:  # pictures are read from their files only now, and each format has own errors
                broken.append((row, f"row {row}{_named(picture)}: {error or type(error).__name__}"))
        elif picture is None:
            cells.append(None)
        else:
            return None
    if broken:
        rows = [row for row, _ in broken]
        drop = f"Leave them out, for example: df = df.drop(df.index[{rows}])"
        fix = drop if len(rows) <= MAX_FIXED else "Remove or correct them."
        raise DataError(f"{_unreadable([said for _, said in broken], len(values))}\n    {fix}")
    return pa.array(cells, Image.pa_type), Image()


def _named(picture: Any) -> str:
    """The file that a picture was opened from, in brackets."""
    return f" ({name})" if (name := getattr(picture, "filename", "")) else ""


def _saved(picture: Any) -> bytes:
    """A picture as it is now, without loss. What it was opened from may be another one: `thumbnail` changes it."""
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(picture)
    if upright.mode not in ("1", "F", "I", "I;16", "L", "LA", "P", "RGB", "RGBA"):
        upright = upright.convert("RGB")
    stream = io.BytesIO()
    if upright.mode in ("F", "I"):  # more than a PNG keeps
        upright.save(stream, "tiff")
    else:
        upright.save(stream, "png", compress_level=1)
    return stream.getvalue()


def _arrays(values: Sequence[Any]) -> pa.Array:
    """Arrays of one number of dimensions as nested lists that keep the type of the numbers."""
    import numpy as np
    import pyarrow as pa

    present = [value for value in values if value is not None]
    numbers = np.concatenate([value.ravel() for value in present])
    array = pa.array(numbers.astype(np.float32) if numbers.dtype == np.float16 else numbers)
    for axis in reversed(range(present[0].ndim)):
        sizes = [np.full(math.prod(value.shape[:axis]), value.shape[axis]) for value in present]
        ends = np.cumsum(np.concatenate(sizes)) if axis else np.cumsum([0 if v is None else len(v) for v in values])
        starts = [0, *ends.tolist()]
        if not axis:
            starts = [None if value is None else start for value, start in zip(values, starts, strict=False)]
            starts.append(int(ends[-1]))
        is_large = len(array) >= 2**31
        kind = pa.LargeListArray if is_large else pa.ListArray
        array = kind.from_arrays(pa.array(starts, pa.int64() if is_large else pa.int32()), array)
    return array


def as_pictures(array: pa.Array) -> tuple[pa.Array, Any] | None:
    """Dicts with `bytes` and `path`, as Parquet files of the Hub have pictures, as such; None for other values."""
    import pyarrow as pa
    from datasets import Image

    if not pa.types.is_struct(array.type) or {field.name for field in array.type} != {"bytes", "path"}:
        return None
    if not pa.types.is_binary(array.type.field("bytes").type) and array.type.field("bytes").type != pa.null():
        return None
    return Image().cast_storage(array), Image()
