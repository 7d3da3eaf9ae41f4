"""Start a training: the common part of cells, forms, scripts and `run.branch`."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from nbtrain.errors import RunInterrupted
from nbtrain.runs import environment
from nbtrain.views import diagnosis

if TYPE_CHECKING:
    from nbtrain.config import Config
    from nbtrain.events.recorder import View
    from nbtrain.training.live_run import StoredRun
    from nbtrain.training.resume import ResumePoint

Handle = TypeVar("Handle")


def start(
    config: Config,
    origin: ResumePoint | None,
    handle: Callable[[StoredRun], Handle],
    views: Callable[[], Iterable[View]] = environment.default_views,
    variables: Mapping[str, Any] | None = None,
) -> Handle:
    """Prepare a run and train it, then the branches that the user starts in its panel.

    Args:
        config: The configuration; for a run that continues another one, what changes.
        origin: The checkpoint of another run to continue from.
        handle: Makes the public handle of a run.
        views: Makes the views of a run; called again for each branch.
        variables: The variables that "$name" in the configuration of the other run may refer to; by default those of
            the notebook.

    Returns:
        The handle of the last of these runs.

    Raises:
        NbTrainError: Something in the configuration or the data is wrong; nothing was trained.
        RunInterrupted: The run was interrupted, in a notebook. A script gets the run, with status "interrupted".
    """
    from nbtrain.training.job import FinetuneJob

    handles: list[Handle] = []
    found = environment.variables() if variables is None else variables
    job = FinetuneJob(config, views, origin, found, on_run=lambda stored: handles.append(handle(stored)))
    job.prepare()
    with report_interrupt(lambda: handles[-1]):
        job.train()
    return handles[-1]


def resume_hint(run: Any) -> str:
    """How to resume an interrupted run, in a cell or in a script; "" if nbtrain cannot, or nothing is left to do."""
    hint = diagnosis.resume(run.state)
    if not hint or environment.current() is not None:
        return hint
    return f'Resume: nbtrain.finetune(resume="{run.state.alias}")'


@contextlib.contextmanager
def report_interrupt(handle: Callable[[], Any]) -> Iterator[None]:
    """In a script, an interrupt that stopped a run at a step boundary is reported in a line, and the script continues.

    Args:
        handle: Gives the public handle of the run that was interrupted.
    """
    try:
        yield
    except RunInterrupted as interrupted:
        run = handle()
        interrupted.of(run, resume_hint(run))
        if environment.current() is not None or not interrupted.is_whole:
            raise interrupted from None
        print(interrupted, file=sys.stderr)
