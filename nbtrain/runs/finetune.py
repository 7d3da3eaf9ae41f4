"""The public functions that start training; the magics do the same."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain.events.recorder import View
from nbtrain.runs import environment

if TYPE_CHECKING:
    from transformers import Trainer

    from nbtrain.runs.run import Run


def finetune(
    path: str | Path | None = None,
    /,
    *others: Any,
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
        path: A TOML file with the same keys as a cell; keyword arguments override it.
        *others: Not allowed: an error says to which key each belongs.
        resume: A run to continue: the run itself, its ID, or its directory. The keys are then those that change.
        step: Step of the checkpoint to continue from; by default the last one.
        views: The views of the run; by default a panel in a notebook, a text table elsewhere.
        **keys: The keys of a cell. Where a cell names a variable ("$df"), the object itself may be given.

    Raises:
        NbTrainError: Something in the configuration or the data is wrong; nothing was trained.
        RunInterrupted: The run was interrupted, in IPython. (In a script the run is returned, with status
            "interrupted" and the weights so far; only an interrupt in the middle of a step raises.)
    """
    from nbtrain.config import from_file, from_mapping
    from nbtrain.runs.find import find
    from nbtrain.runs.first_argument import check_arguments
    from nbtrain.runs.run import Run
    from nbtrain.runs.start import start
    from nbtrain.training.resume import ResumePoint

    given = others if path is None else (path, *others)
    variables = environment.variables()
    check_arguments(given, variables if variables is not None else _variables_of_caller())
    origin = None if resume is None else ResumePoint.of(find(resume, variables).stored, step)
    options: dict[str, Any] = {"variables": variables, "complete": origin is None}
    config = from_mapping(keys, **options) if path is None else from_file(path, keys, **options)
    return start(config, origin, Run, environment.view_factory(views))


def _variables_of_caller() -> dict[str, Any]:
    """The variables of the code that called `finetune`."""
    frame = sys._getframe(2)
    return {**frame.f_globals, **frame.f_locals}


def watch(
    trainer: Trainer,
    *,
    views: Iterable[View] | None = None,
    preprocess: Callable[[dict[str, Any]], Any] | None = None,
) -> Run:
    """Show and record every later `trainer.train()`, of any Trainer.

    The training and its result are those of the plain Trainer: what nbtrain cannot show or save is reported as a
    warning. A loss that is not finite is reported, too; only if somebody attends the run in a notebook, the run pauses
    and asks.

    Each training is a run with a directory in `nbtrain_runs`; the Trainer's `output_dir` gets nothing but its checkpoints.

    ```python
    run = nbtrain.watch(trainer)
    trainer.train()
    run.predictions
    ```

    Args:
        trainer: Any `transformers.Trainer`.
        views: The views of the run; by default a panel in a notebook, a text table elsewhere.
        preprocess: The function that you passed to `Dataset.map` to make the model's inputs, for `run.predict`. It is
            needed only if these inputs are not the tokens of a text column, or of a pair of them.

    Returns:
        The handle of the training; its status is "created" until `trainer.train()` is called.

    Raises:
        RunError: `trainer` is not a Trainer.
    """
    from nbtrain.runs.run import Run
    from nbtrain.runs.start import report_interrupt
    from nbtrain.training import watch

    views_of_run = environment.view_factory(views)
    run = Run(watch.watch(trainer, views_of_run, lambda: report_interrupt(lambda: run), preprocess))
    return run


def clear_cache() -> None:
    """Free the memory of everything that is cached for the next run: the tokens of data sets."""
    from nbtrain.preprocessing import token_cache

    token_cache.CACHE.clear()
