"""The data of a script: if a plain `load_dataset` reads it identically, the script does that; otherwise the data is
saved as Parquet files next to the script.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.data.fingerprints import fingerprint
from nbtrain.errors import RunError
from nbtrain.export import labels as label_codes
from nbtrain.export.plain import Place, find
from nbtrain.export.text import literal

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.events import Prepared
    from nbtrain.training.live_run import StoredRun

ROLES = ("train", "validation")


@dataclass
class ScriptData:
    """The data of a script.

    Args:
        constants: Source of the paths, by the name of the constant.
        loads: Source that loads each split, by its name.
        labels: Expression for the labels of `batch`.
        files: The data to save, by path.
    """

    constants: dict[str, str]
    loads: dict[str, str]
    labels: str
    files: dict[Path, Dataset]


def data_for(run: StoredRun, prepared: Prepared, script: Path) -> ScriptData:
    """Determine how a script at `script` loads the data of `run`.

    Raises:
        RunError: The data no longer exists, or has changed.
    """
    spec, splits = prepared.spec, _splits(run, prepared)
    task, target = tasks.get(spec.task), list(spec.target)
    inputs = list(task.read_columns(spec))
    places = {role: find(run.config, role, rows, inputs) for role, rows in splits.items()}
    if not task.has_labels:
        return _described(splits, places, "", inputs, script)
    encoded = {role: task.encode(rows, spec, role) for role, rows in splits.items()}
    codes = list(task.script(spec).labels)

    def choose(there: Mapping[str, tuple[Place, Dataset] | None]) -> str | None:
        rows = {role: found[1] if (found := there[role]) else splits[role] for role in splits}
        columns = {role: _only(rows[role], target) for role in rows}
        pairs = {role: (columns[role], encoded[role]) for role in rows}
        return label_codes.choose(codes, list(spec.label_names), pairs)

    code = choose(places)
    if code is None:
        places = dict.fromkeys(splits)
        code = choose(places)
    columns = [*inputs, *target]
    if code is None:
        columns, code = [*inputs, label_codes.ENCODED], f"batch[{literal(label_codes.ENCODED)}]"
        splits = {role: _with_labels(rows, inputs, encoded[role]) for role, rows in splits.items()}
    return _described(splits, places, code, columns, script)


def _described(
    splits: Mapping[str, Dataset],
    places: Mapping[str, tuple[Place, Dataset] | None],
    code: str,
    columns: list[str],
    script: Path,
) -> ScriptData:
    data = ScriptData({}, {}, code, {})
    for role, rows in splits.items():
        found = places[role]
        place = (
            found[0]
            if found is not None
            else Place("parquet", file=companion_folder(script, "data") / f"{role}.parquet")
        )
        constant = f"{role.upper()}_FILE"
        if found is None:
            assert place.file is not None
            data.files[place.file] = rows.with_format(None).select_columns(columns)
            data.constants[constant] = f"str(HERE / {literal(f'{place.file.parent.name}/{place.file.name}')})"
        elif place.file is not None:
            data.constants[constant] = literal(str(place.file))
        data.loads[role] = place.code(constant)
    return data


def companion_folder(script: Path, what: str) -> Path:
    """The folder next to a script for a part of its files: "train_data" for the data of "train.py"."""
    return script.with_name(f"{script.stem}_{what}")


def _splits(run: StoredRun, prepared: Prepared) -> dict[str, Dataset]:
    """The training and validation splits that the run used.

    Raises:
        RunError: They have changed.
    """
    held = run.splits
    if held is None or "train" not in held:
        held = _read_again(run)
    for role in ROLES:
        if len(held[role]) != prepared.sizes[role] or _has_changed(held[role], prepared.fingerprints.get(role)):
            raise RunError(
                f"The {role} data has changed since the run read it ({prepared.sizes[role]:,} examples).\n"
                "    Restore the data and export again."
            )
    return {role: held[role] for role in ROLES}


def _has_changed(rows: Dataset, known: str | None) -> bool:
    return known is not None and fingerprint(rows) != known


def _read_again(run: StoredRun) -> Any:
    from nbtrain.data.source import Source
    from nbtrain.preprocessing.dataset import read

    config = run.config
    for key in ("dataset", *ROLES, "test"):
        value = config[key]
        if isinstance(value, str) and value.startswith(("$", "<")):
            raise RunError(
                f'The data of this run was an object (`{key} = "{value}"`), which is not in this process.\n'
                "    Export the run in the process that trained it."
            )
    return read(Source.of(config)).splits


def _only(rows: Dataset, columns: list[str]) -> Dataset:
    return rows.select_columns([name for name in columns if name in rows.column_names])


def _with_labels(rows: Dataset, inputs: list[str], encoded: Any) -> Dataset:
    texts = rows.with_format(None).select_columns(inputs)
    return texts.add_column(label_codes.ENCODED, [each.tolist() for each in encoded])
