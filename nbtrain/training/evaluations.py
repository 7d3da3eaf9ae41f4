"""Results of evaluations for each example: one file per evaluation, from which the predictions of a run are taken.

Nothing stays in memory once it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from nbtrain.engine import facts
from nbtrain.engine.outputs import Outputs
from nbtrain.events import Evaluated, Examined, TaskSpec
from nbtrain.events import run_dir as layout
from nbtrain.tasks.predictions import read_table, with_numbers
from nbtrain.training.examined import examine
from nbtrain.training.predict import columns_of, evaluation_data, fit_task

if TYPE_CHECKING:
    import pandas as pd
    from datasets import Dataset
    from transformers import Trainer

Write = Callable[[Callable[[Path], Any], str], bool]
"""Atomically writes a file of the run, given its name. Returns whether it succeeded."""


class EvaluationStore:
    """Stores the results of evaluations for each example of the evaluation sets.

    Args:
        directory: The run directory.
        trainer: The Trainer.
        spec: The task, to decode the outputs.
        encoded: The model's inputs of each evaluation set by its name, which is "" if there is only one.
        rows: Their raw rows, as far as they are known.
        write: Writes a file of the run.
    """

    def __init__(
        self,
        directory: Path,
        trainer: Trainer,
        spec: TaskSpec,
        encoded: Mapping[str, Any],
        rows: Mapping[str, Dataset | None],
        write: Write,
    ) -> None:
        self._directory = directory
        self._trainer = trainer
        self._spec = spec
        self._encoded = encoded
        self._rows = rows
        self._write = write
        self._written: set[str] = set()
        self._newest: tuple[pd.DataFrame, Any] | None = None

    def store(self, event: Evaluated, outputs: Outputs, name: str) -> Evaluated:
        """Write the results of an evaluation for each example to a file; returns the event with the file's name.

        Args:
            event: The evaluation.
            outputs: Its outputs.
            name: The evaluation set.
        """
        if name not in self._encoded or not fit_task(outputs, self._spec, facts.length(self._encoded[name])):
            return event
        rows = self._rows.get(name)
        columns = columns_of(outputs, self._spec, evaluation_data(self._trainer, rows, self._encoded[name]))
        self._newest = (columns, self._encoded[name])
        if rows is not None:
            columns = with_numbers(rows, columns, self._spec.target)
        return self.store_table(event, columns, name)

    def examine(self, step: int) -> Examined | None:
        """What the results of the evaluation at `step`, just stored, amount to; None if there is nothing to count."""
        newest, self._newest = self._newest, None
        return None if newest is None else examine(*newest, self._spec, step)

    def store_table(self, event: Evaluated, columns: pd.DataFrame, name: str) -> Evaluated:
        """Write a table of results; returns the event with the file's name."""
        file = layout.evaluation_file(event.step, name)
        if not self._write(lambda path: columns.to_parquet(path), file):
            return event
        self._written.add(file)
        return replace(event, file=file)

    def load_final(self, name: str) -> pd.DataFrame | None:
        """The results of the evaluation of the weights that the model has now; None if they were not evaluated.

        The Trainer decides only after an evaluation whether it was the best.
        """
        state = self._trainer.state
        loaded_best = self._trainer.args.load_best_model_at_end and state.best_model_checkpoint is not None
        file = layout.evaluation_file(state.best_global_step if loaded_best else state.global_step, name)
        if file not in self._written:
            return None
        try:
            return read_table(self._directory / file)
        except (OSError, ValueError):  # deleted or damaged: the model can predict again
            return None
