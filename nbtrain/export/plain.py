"""Where a script can read a split of a run again, by a plain `load_dataset`: looked for, and tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.data.files import READERS, delimiter_of, is_data_file
from nbtrain.data.hub import candidates, hub_or_cache, with_owner
from nbtrain.data.load import pick
from nbtrain.data.quiet import quiet
from nbtrain.export.text import literal

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.config import Config

BUILDERS = {".csv": "csv", ".tsv": "csv", ".json": "json", ".jsonl": "json", ".ndjson": "json", ".parquet": "parquet"}


@dataclass(frozen=True)
class Place:
    """Where a split comes from.

    Args:
        builder: First argument of `load_dataset`: a kind of file, or a repository.
        file: The file; None for a data set of the hub.
        config: Configuration of a repository.
        split: Name of the split in a repository.
        options: Further arguments, as source.
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
    """A place that gives the same texts as the run's split `role`, and what is there; None where there is none."""
    own = config[role]
    named = config["dataset"] if own is None or config["dataset"] is not None else own
    for value in dict.fromkeys(value for value in (own, named) if isinstance(value, (str, Path))):
        for place, found in _at(str(value), role):
            if len(found) == len(rows) and all(_column(found, name) == _column(rows, name) for name in text):
                return place, found
    return None


def _at(name: str, role: str) -> Iterator[tuple[Place, Dataset]]:
    """What is called `name`, read in a plain way."""
    path = Path(name).expanduser().absolute()
    if name == "demo":
        return
    if path.is_dir():
        files = {entry.stem: entry for entry in sorted(path.iterdir()) if is_data_file(entry)}
        chosen = pick(files, role) or (next(iter(files)) if len(files) == 1 else None)
        path = files[chosen] if chosen else path
    if path.is_file() and path.suffix.lower() in READERS:
        yield from _file(path)
    elif not path.exists():
        yield from _hub(name)


def _file(path: Path) -> Iterator[tuple[Place, Dataset]]:
    builder, options = BUILDERS[path.suffix.lower()], {}
    if builder == "csv" and (delimiter := delimiter_of(path)) != ",":
        options = {"sep": delimiter}
    found = _load(builder, data_files=str(path), split="train", **options)
    if found is not None:
        source = "".join(f", {name}={literal(value)}" for name, value in options.items())
        yield Place(builder, file=path, options=source), found


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
    """`load_dataset(...)`, or None where that cannot read it (then nbtrain's own reader could)."""
    import datasets
    import pyarrow as pa

    errors = (OSError, ValueError, TypeError, KeyError, RuntimeError)
    try:
        with quiet():
            return datasets.load_dataset(*arguments, **options)
    except (*errors, pa.ArrowException, datasets.exceptions.DatasetsError):
        return None


def _column(rows: Dataset, name: str) -> list[Any] | None:
    return list(rows.with_format(None)[name][:]) if name in rows.column_names else None
