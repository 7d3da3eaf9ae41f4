"""A training and the branches that the user starts from it, one after the other; used wherever a run trains."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from nbtrain.config import Config
from nbtrain.errors import NbTrainError
from nbtrain.training.finetune import Finetuning
from nbtrain.training.resume import ResumePoint

if TYPE_CHECKING:
    from nbtrain.events.recorder import View
    from nbtrain.training.live_run import StoredRun


class FinetuneJob:
    """Prepares a run and trains it. When the user has asked for a branch, the next run continues from that checkpoint,
    and begins paused, so that something can be changed first.

    Args:
        config: The configuration; for a run that continues another one, what changes.
        make_views: Makes the views of a run; called again for each branch.
        origin: The checkpoint of another run to continue from.
        variables: The variables that "$name" in the configuration of the other run may refer to.
        on_run: Called with each run as soon as it is prepared, before its first step.
        name: Name of the runs.

    Raises:
        ConfigError: The run directory cannot be created, or a key cannot change when a run continues.
    """

    def __init__(
        self,
        config: Config,
        make_views: Callable[[], Iterable[View]],
        origin: ResumePoint | None = None,
        variables: Mapping[str, Any] | None = None,
        on_run: Callable[[StoredRun], Any] = lambda run: None,
        name: str = "",
    ) -> None:
        self._make_views = make_views
        self._variables = variables
        self._on_run = on_run
        self._name = name
        self._finetuning = Finetuning(config, make_views(), origin, variables, name=name)

    def warn(self, message: str) -> None:
        """Record a warning."""
        self._finetuning.recorder.warn(message)

    def prepare(self) -> StoredRun:
        """Read the data, load the model, check everything.

        Raises:
            NbTrainError: Something in the configuration or the data is wrong. No trace of the attempt is left.
        """
        run = self._finetuning.prepare()
        self._on_run(run)
        return run

    def train(self) -> StoredRun:
        """Train; returns the last run.

        Raises:
            RunInterrupted: The training was interrupted, and stopped at a step boundary with everything kept.
            Exception: The exception that the training raised; everything saved until then is kept.
        """
        run = self._finetuning.train()
        while self._finetuning.branch_step is not None:
            run = self._prepare_branch(run, self._finetuning.branch_step)
            self._finetuning.train()
        return run

    def train_in_background(self, preparing: Callable[[], AbstractContextManager[object]] = nullcontext) -> StoredRun:
        """Start to train on the running event loop, in turns with other code; returns at once. If `prepare` was not
        called before, the run is prepared in turns, too.

        Args:
            preparing: Makes the context in which each turn of the preparation runs.

        Raises:
            NbTrainError: What is known within a second is wrong. The rest is raised for those who wait for the run.
        """
        if not self._finetuning.is_prepared:
            self._finetuning.check()
            self._on_run(self._finetuning.run)
        return self._start(self._finetuning, preparing)

    def _start(
        self,
        finetuning: Finetuning,
        preparing: Callable[[], AbstractContextManager[object]] = nullcontext,
        *,
        first: bool = False,
    ) -> StoredRun:
        from nbtrain.training.background import Background

        run, control = finetuning.run, finetuning.control

        def end(error: BaseException | None) -> None:
            if finetuning.is_prepared:
                finetuning.close()
                if error is None and control.branch_step is not None:
                    self._branch_in_background(run, control.branch_step)

        Background(finetuning, end, preparing).start(first=first)
        return run

    def _prepare_branch(self, run: StoredRun, step: int) -> StoredRun:
        origin = ResumePoint.of(run, step)
        self._finetuning = Finetuning(
            Config(), self._make_views(), origin, self._variables, starts_paused=True, name=self._name
        )
        return self.prepare()

    def _branch_in_background(self, run: StoredRun, step: int) -> None:
        before = self._finetuning
        try:
            self._prepare_branch(run, step)
        except NbTrainError as error:
            if self._finetuning is before:  # the branch has no views yet that show the reason
                before.recorder.warn(f"The run cannot continue from step {step}: {error}")
            return
        self._start(self._finetuning, first=True)
