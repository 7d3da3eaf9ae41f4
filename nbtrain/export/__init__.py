"""Export: a run as text that works without it, a plain `transformers` script or a `%%finetune` cell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain.errors import RunError

if TYPE_CHECKING:
    from nbtrain.training.live_run import StoredRun


def export(run: StoredRun, target: str | Path) -> str | Path:
    """Write `run` down.

    Args:
        run: The run.
        target: "cell" for the text of a `%%finetune` cell, or the path of a new script, which ends in ".py".

    Returns:
        The text of the cell, or the path of the script.

    Raises:
        RunError: Something in the run cannot be written down, or a file is in the way.
    """
    if target == "cell":
        from nbtrain.export.cell import cell

        return cell(run.config)
    if Path(target).suffix != ".py":
        raise RunError(f'`export` takes "cell", or the path of a script, such as "train.py"; it was `{target}`.')
    from nbtrain.export.script import write_script

    return write_script(run, Path(target).expanduser().absolute())
