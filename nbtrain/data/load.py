"""Load one data set per split from the values of `dataset`, `train`, `validation` and `test`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.data.early import DEMO
from nbtrain.data.feature_types import quoted
from nbtrain.data.files import contents, file_stem, is_data_file, is_path, read_file
from nbtrain.data.frames import concatenate, from_columns, from_frame
from nbtrain.data.hub import load_from_hub
from nbtrain.data.image_folder import has_images, read_images
from nbtrain.data.lists import from_list, is_table
from nbtrain.data.roles import ROLES, for_role, pick
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.data.source import Source

Splits = dict[str, "Dataset"]


def load(source: Source, notes: list[str]) -> Splits:
    """The splits that `source` names: "train", and "validation" and "test" if there are any.

    Args:
        source: The data that the configuration names.
        notes: Receives a note about every automatic choice.

    Raises:
        DataError: The data cannot be read, or there is no training split.
    """
    found = _read(_value(source, "dataset"), "dataset", notes) if source.dataset is not None else {}
    named = {role: value for role in ROLES if (value := _value(source, role)) is not None}
    splits = {} if "train" in named and not found else _by_role(found, named, notes)
    for role, value in named.items():
        if isinstance(value, str) and value in found:
            splits[role] = found[value]
        else:
            splits[role] = _one(_read(value, role, notes), role)
    return {role: splits[role] for role in ROLES if role in splits}


def _value(source: Source, key: str) -> Any:
    """The value of a key; the demo data in place of their name."""
    value = getattr(source, key)
    if not isinstance(value, str) or value != DEMO:
        return value
    from nbtrain import demo

    return demo.splits(source.task)


def _by_role(found: Splits, named: Mapping[str, Any], notes: list[str]) -> Splits:
    """The splits of `found` by role. Roles in `named` are skipped: the user gave their data."""
    if not found:
        msg = 'No training data. Set `dataset` or `train`, for example: dataset = "demo"'
        raise DataError(msg)
    train = _train_split(found, named)
    chosen = {} if train is None or "train" in named else {"train": train}
    for role in ("validation", "test"):
        name = pick(found, role, like=train or "")
        if role not in named and name not in (None, train):
            chosen[role] = str(name)
    notes += [f"Using split `{name}` for {role}." for role, name in chosen.items() if name != role and len(found) > 1]
    used = {*chosen.values(), *(value for value in named.values() if isinstance(value, str))}
    if unused := [name for name in found if name not in used]:
        notes.append(f"Unused splits: {quoted(unused)}.")
    return {role: found[name] for role, name in chosen.items()}


def _train_split(found: Splits, named: Mapping[str, Any]) -> str | None:
    """The split to train on; None if `train` names other data.

    Raises:
        DataError: Several splits could be it, or none.
    """
    given = named.get("train")
    if given is not None:
        return given if isinstance(given, str) and given in found else None
    exact, longer = for_role(found, "train")
    if exact or len(longer) == 1:
        return (exact + longer)[0]
    roles = {role: [*exact, *longer] for role in ROLES for exact, longer in [for_role(found, role)]}
    if len(found) == 1 and not roles["validation"] + roles["test"]:
        return next(iter(found))
    why = "Several splits could be for training" if longer else "No split is named train"
    msg = (
        f"{why}. The splits are {quoted(found)}.\n    Choose one, for example "
        f'`train = "{next(iter(longer or found))}"`.'
    )
    raise DataError(msg)


def _one(found: Splits, role: str) -> Dataset:
    """The data set of `found` for `role`."""
    name = next(iter(found)) if len(found) == 1 else pick(found, role)
    if name is None:
        msg = f"`{role}` has several splits ({quoted(found)}), and none is named {role}."
        raise DataError(msg)
    return found[name]


def _read(value: Any, key: str, notes: list[str]) -> Splits:
    """The data sets that `value` of configuration key `key` refers to, by their own names."""
    import pandas as pd
    from datasets import Dataset, IterableDataset, IterableDatasetDict

    if isinstance(value, (str, Path)):
        return _read_name(str(value), notes)
    if isinstance(value, Dataset):
        return {"train": value}
    if isinstance(value, pd.DataFrame):
        return {"train": from_frame(value)}
    if isinstance(value, (IterableDataset, IterableDatasetDict)):
        msg = f"`{key}` is a streaming data set, whose length is unknown. Load it without `streaming=True`."
        raise DataError(msg)
    if isinstance(value, (list, tuple)) and value:
        return {"train": from_list(value, key)}
    if isinstance(value, Mapping) and value:
        if is_table(value):
            return {"train": from_columns(value)}
        return {str(name): _one(_read(split, key, notes), str(name)) for name, split in value.items()}
    if hasattr(value, "to_pandas"):  # Arrow, Polars
        return {"train": from_frame(value.to_pandas())}
    msg = (
        f"`{key}`: expected a Hub ID, a path, a DataFrame, a Dataset, a DatasetDict or a dict of splits, "
        f"got an object of type {type(value).__name__}."
    )
    raise DataError(msg)


def _read_name(name: str, notes: list[str]) -> Splits:
    """The data sets of a path or of a Hub ID."""
    path = Path(name).expanduser()
    if path.is_dir():
        return _read_folder(path, notes)
    if is_path(name):
        return {"train": read_file(path, notes)}
    splits, hub_notes = load_from_hub(name)
    notes += hub_notes
    return dict(splits)


def _read_folder(folder: Path, notes: list[str]) -> Splits:
    """One data set for each split, from its file, its shards ("train-00000-of-00002.parquet") or its images."""
    from datasets import Dataset, DatasetDict

    if (folder / "dataset_dict.json").exists():
        return dict(DatasetDict.load_from_disk(folder))
    if (folder / "state.json").exists():
        return {"train": Dataset.load_from_disk(folder)}
    if has_images(folder):
        return read_images(folder)
    files: dict[str, list[Path]] = {}
    for path in sorted(path for path in folder.iterdir() if is_data_file(path)):
        files.setdefault(re.sub(r"-\d+-of-\d+$", "", file_stem(path)), []).append(path)
    wanted = [name for role in ROLES if (name := pick(files, role))] or list(files)
    if not wanted or (len(wanted) > 1 and not pick(files, "train")):
        msg = f"The folder {folder} has no training file, such as train.csv. It contains: {contents(folder)}."
        raise DataError(msg)
    for name in wanted:
        if len(files[name]) > 1 and not all("-of-" in file_stem(path) for path in files[name]):
            names = ", ".join(path.name for path in files[name])
            msg = f"The folder {folder} has several files for one split: {names}. Remove or rename all but one."
            raise DataError(msg)
    return {name: concatenate([read_file(path, notes) for path in files[name]]) for name in wanted}
