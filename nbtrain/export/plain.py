"""Find a plain `load_dataset` call that loads a split of a run again, by trying candidates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.data.files import csv_options, file_stem, file_type, is_data_file
from nbtrain.data.hub import candidates, hub_or_cache, with_owner
from nbtrain.data.image_folder import BUILDER, arguments, has_images, splits_of
from nbtrain.data.images import stored_cells
from nbtrain.data.quiet import quiet
from nbtrain.data.roles import pick
from nbtrain.errors import DataError
from nbtrain.export.text import literal

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.config import Config

BUILDERS = {".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "json", ".ndjson": "json", ".parquet": "parquet"}


@dataclass(frozen=True)
class Place:
    """The source of a split.

    Args:
        builder: First argument of `load_dataset`: a file format, or a repository.
        file: The file; None for a data set on the Hub.
        config: Configuration of a repository.
        split: Name of the split in a repository.
        options: Other arguments, as source.
    """

    builder: str
    file: Path | None = None
    config: str | None = None
    split: str = "train"
    options: str = ""

    def code(self, file: str) -> str:
        """The call of `load_dataset`; `file` is source for the path."""
        what = [literal(self.builder), *([literal(self.config)] if self.config else [])]
        if self.file is not None:
            what.append(f"data_files={file}")
        return f"load_dataset({', '.join([*what, f'split={literal(self.split)}'])}{self.options})"


def find(config: Config, role: str, rows: Dataset, text: list[str]) -> tuple[Place, Dataset] | None:
    """A place with the same inputs as the run's split `role`, and its rows; None if there is none."""
    own = config[role]
    named = config["dataset"] if own is None or config["dataset"] is not None else own
    for value in dict.fromkeys(value for value in (own, named) if isinstance(value, (str, Path))):
        for place, found in _candidates(str(value), role):
            if len(found) == len(rows) and all(_column(found, name) == _column(rows, name) for name in text):
                return place, found
    return None


def _candidates(name: str, role: str) -> Iterator[tuple[Place, Dataset]]:
    """The data sets that `load_dataset` finds for `name`, with their places."""
    path = Path(name).expanduser().absolute()
    if name == "demo":
        return
    if path.is_dir():
        files = {file_stem(entry): entry for entry in sorted(path.iterdir()) if is_data_file(entry)}
        chosen = pick(files, role) or (next(iter(files)) if len(files) == 1 else None)
        path = files[chosen] if chosen else path
    if path.is_dir() and has_images(path):
        yield from _images(path, role)
    elif path.is_file() and file_type(path) in BUILDERS:
        yield from _file(path)
    elif not path.exists():
        yield from _hub(name)


def _file(path: Path) -> Iterator[tuple[Place, Dataset]]:
    builder = BUILDERS[file_type(path)]
    try:
        options = csv_options(path) if builder == "csv" else {}
    except DataError:  # it has changed since the run read it
        return
    found = _load(builder, data_files=str(path), split="train", **options)
    if found is not None:
        source = "".join(f", {name}={literal(value)}" for name, value in options.items())
        yield Place(builder, file=path, options=source), found


def _images(folder: Path, role: str) -> Iterator[tuple[Place, Dataset]]:
    try:
        found = splits_of(folder)
        name = pick(found, role) or (next(iter(found)) if len(found) == 1 else None)
        options = arguments(found[name]) if name else {}
    except DataError:  # it has changed since the run read it
        return
    rows = _load(BUILDER, **options) if options else None
    if rows is not None:
        labels = f", drop_labels={options['drop_labels']}" if "drop_labels" in options else ""
        yield Place(BUILDER, file=Path(options["data_files"]), options=labels), rows


def _hub(name: str) -> Iterator[tuple[Place, Dataset]]:
    with hub_or_cache() as online:
        for repository, config in candidates(name):
            repository = with_owner(repository) if online else repository
            splits = _load(repository, config)
            for split, found in (splits or {}).items():
                yield Place(repository, config=config, split=split), found
            if splits:
                return


def _load(*arguments: Any, **options: Any) -> Any:
    """`load_dataset(...)`; None if it cannot read the data (nbtrain's own reader may be able to)."""
    import datasets
    import pyarrow as pa

    errors = (OSError, ValueError, TypeError, KeyError, RuntimeError)
    try:
        with quiet():
            return datasets.load_dataset(*arguments, **options)
    except (*errors, pa.ArrowException, datasets.exceptions.DatasetsError):
        return None


def _column(rows: Dataset, name: str) -> list[Any] | None:
    return stored_cells(rows, name) if name in rows.column_names else None
