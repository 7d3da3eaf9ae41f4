"""The functions that scripts and notebooks call; the magics are a face of the same."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.errors import RunInterrupted
from nbtrain.events.recorder import View

if TYPE_CHECKING:
    from transformers import Trainer

    from nbtrain.runs.run import Run


def finetune(
    path: str | Path | None = None,
    /,
    *,
    resume: Run | str | Path | None = None,
    step: int | None = None,
    views: Iterable[View] | None = None,
    **keys: Any,
) -> Run:
    """Fine-tune a model, as a `%%finetune` cell does.

    ```python
    run = nbtrain.finetune(model="bert-base-cased", dataset="glue/mrpc", num_train_epochs=3)
    run.predictions
    ```

    Args:
        path: A TOML file with the same keys as a cell; keyword arguments come before what stands in it.
        resume: A run to go on with: itself, its id, or its directory. The keys are then those that are to change.
        step: The checkpoint of that run to go on from; its last one, if None.
        views: What shows the run; by default a panel in a notebook, a table of text elsewhere.
        **keys: The keys of a cell. Where a cell names a variable ("$df"), the object itself may stand.

    Raises:
        NbTrainError: Something in the configuration or the data will not do; nothing was trained.
        RunInterrupted: It was interrupted, in IPython. (In a script the run is returned, with status "interrupted" and
            what was learned; only an interrupt that breaks it off in the middle of a step raises.)
    """
    from nbtrain.config import from_file, from_mapping
    from nbtrain.runs.find import find
    from nbtrain.training.finetune import Finetuning
    from nbtrain.training.resume import Origin

    variables = notebook_variables()
    origin = None if resume is None else Origin.of(find(resume, variables), step)
    given: dict[str, Any] = {"variables": variables, "complete": origin is None}
    config = from_mapping(keys, **given) if path is None else from_file(path, keys, **given)
    finetuning = Finetuning(config, default_views() if views is None else views, origin, variables)
    run = finetuning.prepare()
    with stopping_is_no_error():
        finetuning.train()
    return run


def watch(trainer: Trainer, *, views: Iterable[View] | None = None) -> Run:
    """Show and record every later `trainer.train()`, of any Trainer.

    ```python
    run = nbtrain.watch(trainer)
    trainer.train()
    run.predictions
    ```

    Args:
        trainer: Any `transformers.Trainer`.
        views: What shows it; by default a panel in a notebook, a table of text elsewhere.

    Returns:
        The handle of the training; its status is "created" until `trainer.train()` is called.
    """
    from nbtrain.training import watch as watching

    return watching.watch(trainer, default_views if views is None else lambda: views, stopping_is_no_error)


def clear_cache() -> None:
    """Give back the memory of what this process keeps for the next run: the tokens of data sets that were read."""
    from nbtrain.preprocessing import token_cache

    token_cache.CACHE.clear()


@contextlib.contextmanager
def stopping_is_no_error() -> Iterator[None]:
    """In a script, an interrupt that stopped a run at a step boundary is told in a line, and the script goes on."""
    try:
        yield
    except RunInterrupted as interrupted:
        if _shell() is not None or not interrupted.is_whole:
            raise
        print(interrupted, file=sys.stderr)


def default_views() -> list[View]:
    """What suits where the code runs."""
    shell = _shell()
    if shell is not None:
        from nbtrain.notebook.displays import views_for

        return views_for(shell)
    from nbtrain.views.table import TextTable

    return [TextTable()]


def _shell() -> Any:
    """The IPython that this code runs in, or None. It is not imported to find out."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def notebook_variables() -> dict[str, Any] | None:
    """The variables of the notebook that this code runs in; None if it runs in none."""
    shell = _shell()
    return shell.user_ns if shell is not None else None
