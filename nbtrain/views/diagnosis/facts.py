"""What the rules of the diagnosis read: a run's state, and numbers that several of them need."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Any

from nbtrain import format
from nbtrain.events import Prepared, best
from nbtrain.events.best import LOSS
from nbtrain.events.state import RunState
from nbtrain.views.summary import Row, best_row, configuration, metric_names, rows

USUAL_RATES = (1e-5, 1e-4)
"""Learning rates between which a whole pretrained transformer is usually fine-tuned with AdamW. BERT's authors tried
2e-5 to 5e-5 (Devlin et al. 2019, appendix A.3); each end leaves a factor of two.
"""

MIDDLE_RATE = 3e-5


@dataclass(frozen=True)
class Facts:
    """A run, as the rules see it."""

    state: RunState

    @functools.cached_property
    def rows(self) -> list[Row]:
        """The evaluations."""
        return rows(self.state)

    @functools.cached_property
    def known(self) -> list[Row]:
        """The evaluations with a finite validation loss and a finite training loss before them."""
        return [row for row in self.rows if finite(row.metrics.get(LOSS)) and finite(row.training_loss)]

    @functools.cached_property
    def config(self) -> dict[str, Any]:
        """The keys of its configuration."""
        return configuration(self.state)

    @property
    def prepared(self) -> Prepared | None:
        return self.state.prepared

    @property
    def has_config(self) -> bool:
        """Whether nbtrain can continue the run. The Trainer of a watched one is the user's."""
        return bool(self.state.config.strip())

    @property
    def first_step(self) -> int:
        """Steps done when this run began: those of the run that it continues."""
        return self.state.started.step if self.state.started else 0

    @functools.cached_property
    def main(self) -> str | None:
        """The main metric."""
        return self.state.objective.main(metric_names(self.rows))

    @functools.cached_property
    def best(self) -> Row | None:
        """The best evaluation."""
        return best_row(self.state, self.rows)

    @functools.cached_property
    def peak_rate(self) -> float | None:
        """The highest learning rate so far; None if unknown."""
        return max((bin.high for bin in self.state.curves["learning_rate"].bins), default=None)

    def loss_between(self, first: float, last: float) -> float:
        """Mean training loss between two shares of the steps so far, such as the last tenth: 0.9 and 1."""
        low, high = (self.first_step + share * (self.state.step - self.first_step) for share in (first, last))
        bins = [bin for bin in self.state.curves["loss"].bins if low < bin.last <= high]
        count = sum(bin.count for bin in bins)
        return sum(bin.total for bin in bins) / count if count else math.nan

    @property
    def is_mature(self) -> bool:
        """Whether the run has shown what it can do: it has ended, or two epochs and 100 steps are done."""
        done = self.state.step - self.first_step
        return done >= 50 if self.state.ended else done >= 100 and self.state.epoch >= 2

    def direction(self, name: str) -> int:
        """1 if a higher value of a metric is better, -1 if a lower one is, else 0."""
        return self.state.objective.direction(name) if name != LOSS else best.direction(name)

    def trains_all(self) -> bool:
        """Whether all weights of the model are trained, so that `USUAL_RATES` hold."""
        return self.has_config and "lora_r" not in self.config and self.config.get("optim", "adamw").startswith("adamw")

    def better_rate(self) -> float | None:
        """A learning rate to try where nothing is learned: one in the usual range, if that of the run is not."""
        if self.peak_rate is None or not self.trains_all():
            return None
        return None if USUAL_RATES[0] <= self.peak_rate <= USUAL_RATES[1] else MIDDLE_RATE

    def other_rate(self) -> str:
        """Advice to try `better_rate`; "" if there is none."""
        rate = self.better_rate()
        if rate is None or self.peak_rate is None:
            return ""
        far = f"The learning rate is {format.hyperparameter(self.peak_rate)}; usual are 2e-5 to 5e-5"
        return f"{far}. Try {self.again(learning_rate=rate)}."

    def kept(self, before: int | None = None) -> int | None:
        """Step of the newest checkpoint, up to step `before`, from which the run can branch; None if there is none."""
        steps = [saved.step for saved in self.state.checkpoints if before is None or saved.step <= before]
        return max(steps, default=None) if self.has_config else None

    def again(self, step: int | None = None, **changes: Any) -> str:
        """Code that continues the run with other keys from the checkpoint of `step`, or else the keys for a new run."""
        keys = [f"{name}={_written(value)}" for name, value in changes.items()]
        if step is not None:
            return f"`run.branch({', '.join([f'step={step}', *keys])})`"
        return ", ".join(f"`{key.replace('=', ' = ', 1)}`" for key in keys)


def _written(value: Any) -> str:
    return (
        format.hyperparameter(value)
        if isinstance(value, float)
        else f'"{value}"'
        if isinstance(value, str)
        else str(value)
    )


def finite(value: float | None) -> bool:
    """Whether there is a number that is neither NaN nor infinite."""
    return value is not None and math.isfinite(value)
