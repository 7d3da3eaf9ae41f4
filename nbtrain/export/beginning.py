"""Where a run starts: at its first step, or at a checkpoint of another run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nbtrain.errors import RunError

if TYPE_CHECKING:
    from nbtrain.export.interventions import Interventions
    from nbtrain.training.live_run import StoredRun


def checkpoint_of(run: StoredRun, found: Interventions) -> Path | None:
    """The checkpoint that the run continued from; None if it started at its first step. Keys that were changed are
    already applied to the checkpoint (see `nbtrain.training.resume_checkpoint`).

    Raises:
        RunError: The checkpoint no longer exists.
    """
    named = run.config["resume_from_checkpoint"]
    if named is None and found.begins == 0:
        return None
    path = Path(named).expanduser().absolute() if named is not None else None
    if path is None or not (path / "trainer_state.json").is_file():
        where = f"`{path}`" if path is not None else f"step {found.begins}"
        raise RunError(
            f"This run continued from a checkpoint ({where}) that no longer exists.\n"
            "    Export the run that it continued, and edit that script."
        )
    return path
