"""`%finetune --clean`: what runs take on the disk, and deleting it when the user has said so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nbtrain import format
from nbtrain.events import disk
from nbtrain.runs.delete import checkpoint_steps, delete, delete_checkpoints, described, is_training
from nbtrain.runs.find import all_runs, find, labels, of_notebook
from nbtrain.runs.run import Run

NOTHING = "There is nothing to delete: no run that has ended has checkpoints."


def clean(
    names: Sequence[str], variables: Mapping[str, Any], *, confirmed: bool = False, everything: bool = False
) -> str:
    """What was deleted, or would be.

    Args:
        names: Runs to delete, by variable, name, ID or directory. Without any, the checkpoints of all runs of this
            notebook that have ended are meant.
        variables: The variables of the notebook.
        confirmed: Delete these checkpoints; otherwise only list them.
        everything: The runs of all notebooks in this folder are meant.

    Raises:
        RunError: A named run does not exist or is training, or something cannot be deleted.
    """
    if names:
        chosen = {run.directory: run for run in (find(name, variables) for name in names)}
        return "\n".join(delete(run.stored) for run in chosen.values())
    every = all_runs(variables)
    if not everything:
        every = of_notebook(every, variables)
    folders = {run.directory: disk.checkpoint_folders(run.directory) for run in every}
    ended = [run for run in every if folders[run.directory] and not is_training(run.stored)]
    if not ended:
        return NOTHING
    if confirmed:
        return "\n".join(delete_checkpoints(run.stored) for run in ended)
    option = " --all" if everything else ""
    freed = disk.size([folder for run in ended for folder in folders[run.directory]])
    first = labels(ended, variables)[0]
    return "\n".join(
        [
            "Nothing was deleted. These runs have ended and have checkpoints:",
            *_lines(ended, variables),
            f"To delete these checkpoints ({format.memory(freed)}): `%finetune --clean{option} --yes`. The runs can "
            "then no longer be resumed or branched; their models, predictions and records stay.",
            f"To delete a whole run: `%finetune --clean {_quoted(first)}`.",
        ]
    )


def _lines(runs: Sequence[Run], variables: Mapping[str, Any]) -> list[str]:
    names = labels(runs, variables)
    width = max(map(format.columns, names))
    lines = []
    for name, run in zip(names, runs, strict=True):
        folders = disk.checkpoint_folders(run.directory)
        steps = described(run.stored, checkpoint_steps(folders))
        whole, part = format.memory(disk.size(run.directory)), format.memory(disk.size(folders))
        lines.append(f"  {name}{' ' * (width - format.columns(name))}  {part:>7} of {whole} (checkpoints: {steps})")
    return lines


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name
