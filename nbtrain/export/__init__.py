"""Export a run as a plain `transformers` script, or as a `%%finetune` cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain.errors import RunError

if TYPE_CHECKING:
    from nbtrain.training.live_run import StoredRun


def export(run: StoredRun, target: str | Path) -> str | Path:
    """Export `run`.

    Args:
        run: The run.
        target: "cell" for the source of a `%%finetune` cell, or the path of a new script, which ends in ".py".

    Returns:
        The source of the cell, or the path of the script.

    Raises:
        RunError: Something in the run cannot be exported, or a file already exists.
    """
    if target == "cell":
        from nbtrain.export.cell import cell

        return cell(run.config)
    if Path(target).suffix != ".py":
        raise RunError(f'`export` takes "cell" or the path of a script, such as "train.py", not `{target}`.')
    from nbtrain.export.script import write_script

    return write_script(run, Path(target).expanduser().absolute())
