"""The part of a run's handle that shows what it has learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbtrain.insight.analysis import Analysis
    from nbtrain.insight.table import Table
    from nbtrain.training.live_run import StoredRun


class RunInsight:
    """What the stored evaluations of a run say.

    Attributes:
        stored: The run that this object is the handle of.
    """

    stored: StoredRun
    _analysis: Analysis | None = None

    @property
    def analysis(self) -> Analysis:
        """What the newest evaluation says about the model: `scores`, `confusion`, `report`, `most_confused`,
        `calibration`, `threshold()`, `residuals`, `entities`, `top_losses()`, `slices()`, `worst()` and `samples()`, as
        the task has them; of another evaluation, `run.analysis(step=46)`. Nothing is predicted again.

        Raises:
            RunError: No evaluation has stored predictions, or the task has none.
        """
        from nbtrain.insight import kinds

        self._analysis = kinds.of(self.stored, known=self._analysis)
        return self._analysis

    @property
    def dynamics(self) -> Table:
        """How each validation example went over the evaluations: its columns, and `confidence`, `variability`,
        `correctness`, `flips`, `forgotten`, `learned_step`, `never_learned` and `region`; `plot()` is the data map.

        Raises:
            RunError: There are fewer than two evaluations with stored predictions, or the task has no labels.
        """
        from nbtrain.insight import dynamics

        return dynamics.of(self.stored)

    @property
    def train_dynamics(self) -> Table:
        """As `dynamics`, for the training examples, from the losses of the steps: with `track_train_examples = true`.

        Raises:
            RunError: They were not recorded.
        """
        from nbtrain.insight import dynamics

        return dynamics.of_training(self.stored)
