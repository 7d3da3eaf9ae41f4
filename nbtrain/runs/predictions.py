"""The part of a run's handle that predicts, and reads stored predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtrain import tasks
from nbtrain.errors import RunError
from nbtrain.events import Evaluated, journal
from nbtrain.events.run_dir import PREDICTIONS

if TYPE_CHECKING:
    import pandas as pd

    from nbtrain.training.live_run import StoredRun

PREDICT = "Use `run.predict(data)`."


class RunPredictions:
    """What the model of a run says.

    Args:
        stored: The run's directory and its state in this process.
    """

    def __init__(self, stored: StoredRun) -> None:
        self.stored = stored
        self._predictions: tuple[Path, pd.DataFrame] | None = (
            None  # with their directory: a watched Trainer can train again
        )

    @property
    def predictions(self) -> pd.DataFrame:
        """A row per example of the evaluation split, in its original order: the input columns, the label, and the
        prediction. For a model that writes: a row for each of the first examples, as `run.predict` gives them.

        Raises:
            RunError: The run has no predictions, and no model to compute them with.
        """
        if not self.stored.state.ended and self.stored.live is not None:
            return self._predict_evaluation_split()
        if self._predictions is None or self._predictions[0] != self.stored.directory:
            from nbtrain.tasks.predictions import read_table

            file = self.stored.directory / PREDICTIONS
            if not file.exists():
                table = self._predict_evaluation_split()
                try:
                    table.to_parquet(file)
                except OSError:  # a folder that cannot be written is no reason to show nothing
                    return table
            self._predictions = (self.stored.directory, read_table(file))
        return self._predictions[1]

    def predictions_at(self, step: int) -> pd.DataFrame:
        """The predictions of the evaluation after `step`, as `predictions`: they show how the model has learned.

        They have no input columns if the data are not in this process.

        Raises:
            RunError: There was no such evaluation, or its results were not stored.
        """
        from nbtrain.tasks.predictions import read_table, with_inputs

        events = journal.read(self.stored.directory)
        stored = {event.step: event.file for event in events if isinstance(event, Evaluated) and event.file}
        file = self.stored.directory / stored.get(step, "")
        if step not in stored or not file.is_file():
            known = ", ".join(str(one) for one in stored) or "none"
            raise RunError(f"There are no stored predictions of step {step}.\n    Steps with predictions: {known}.")
        columns, spec = read_table(file), self.stored.spec
        rows = (self.stored.splits or {}).get("validation")
        if rows is None or len(rows) != len(columns) or tasks.get(spec.task).generates:
            return columns
        return with_inputs(rows, columns, spec.target)

    @property
    def entities(self) -> pd.DataFrame:
        """The entities in the predictions of token classification, one row each.

        `row` is the number of the sentence, `start` and `end` are numbers of words (`end` excluded), `type` and
        `predicted` are missing if there is no such entity, and `error` is "" if it is right, else "missed", "spurious",
        "type", "boundary" or "type and boundary".

        Raises:
            RunError: The run's tags are no entities.
        """
        from nbtrain.tasks.entities import entities, entity_types

        spec = self.stored.spec
        if not entity_types(spec.label_names) or not spec.inputs:
            what = f'its task is "{spec.task}"' if spec.task != "token_classification" else "its tags are not entities"
            raise RunError(f"This run has no entities: {what}.\n    Use `run.predictions`.")
        return entities(self.predictions, spec.inputs[0])

    def predict(self, data: Any) -> pd.DataFrame:
        """Predictions for new rows.

        Args:
            data: A DataFrame or a Dataset with the run's input columns, a list or a generator of strings or of pairs,
                or the name of a split ("test"). Rows are tokenized and predicted in chunks of some thousands.

        Returns:
            The rows with `prediction`, `probability` and the probability of each class (for regression `prediction`);
            `label`, `loss` and `correct` too, where the rows have labels. For a model that writes: `prompt`,
            `reference` if there is one, and `generated`.

        Raises:
            DataError: The rows do not have the input columns.
            RunError: The run has no model.
        """
        from nbtrain.training.predict import predict

        with self.stored.using_model():
            return predict(self.stored, data)

    def predict_in_parts(self, data: Any, rows: int = 10_000) -> Iterator[pd.DataFrame]:
        """Like `predict`, in chunks of `rows` rows, for data that does not fit in memory; it is read lazily.

        ```python
        for number, part in enumerate(run.predict_in_parts(open("reviews.txt"))):
            part.to_parquet(f"reviews-{number}.parquet")
        ```

        Raises:
            DataError: The rows do not have the input columns.
            RunError: The run has no model.
        """
        from nbtrain.training.predict import predict_in_parts

        parts = predict_in_parts(self.stored, data, rows)
        while True:
            with self.stored.using_model():
                part = next(parts, None)
            if part is None:
                return
            yield part

    def chat(self, message: str | Sequence[Mapping[str, str]], *, max_new_tokens: int = 256) -> str:
        """The answer of a model that writes (`task = "chat"` or `"causal_lm"`), always with the most likely next token.

        ```python
        run.chat("What is LoRA?")
        run.chat([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is LoRA?"}])
        ```

        Args:
            message: A message; or a conversation, which ends with the message to answer. Nothing is remembered.
            max_new_tokens: The answer has at most this many tokens.

        Raises:
            RunError: The model of the run does not write, or the run has no model.
        """
        from nbtrain.training.predict import chat

        with self.stored.using_model():
            return chat(self.stored, message, max_new_tokens)

    def _predict_evaluation_split(self) -> pd.DataFrame:
        """Predict now: for a run that is still training, or that ended without an evaluation of its last weights."""
        from nbtrain.tasks.predictions import joined

        encoder, spec = self.stored.encoder, self.stored.spec
        if reason := tasks.get(spec.task).why_no_predictions(spec):
            raise RunError(reason)
        if encoder is not None:
            frames = {name: self.predict(name) for name in encoder.encoded_splits}
            if not frames:
                raise RunError(f"This run has no predictions: its Trainer has no `eval_dataset`. {PREDICT}")
            return joined(frames) if len(frames) > 1 else next(iter(frames.values()))
        if self.stored.splits is None or "validation" not in self.stored.splits or not spec.inputs:
            how = "" if self.stored.is_watched else f" {PREDICT}"
            raise RunError(f"This run has no predictions (status: {self.stored.state.status}).{how}")
        return self.predict("validation")
