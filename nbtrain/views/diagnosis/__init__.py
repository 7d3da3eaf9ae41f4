"""What is wrong with a run, in plain words, with the numbers that show it and one thing to do.

Each rule is a function of `Facts` that gives a `Finding` or None. Rules are about what has been recorded, so a run of
last year is diagnosed like one that trains, and a new rule holds for both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrain.events.state import RunState
from nbtrain.views.diagnosis import data, learning, outcome, rates
from nbtrain.views.diagnosis.facts import Facts
from nbtrain.views.diagnosis.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

RULES: tuple[Callable[[Facts], Finding | None], ...] = (
    outcome.nonfinite_loss,
    data.shared_rows,
    learning.nothing_learned,
    rates.rate_too_high,
    rates.rate_too_low,
    rates.unstable_gradients,
    learning.below_baseline,
    learning.class_never_predicted,
    learning.overfitting,
    learning.underfitting,
    learning.plateau,
    data.costly_truncation,
    data.class_imbalance,
    data.small_validation,
    outcome.weights,
    outcome.not_evaluated,
    outcome.resume,
)
"""All rules. Their findings come in this order, problems before notes."""

COLUMNS = ("id", "level", "what", "evidence", "action")
IMPORTANCE = {"error": 0, "warning": 1, "note": 2}

EXPLAINED = {
    "nothing_learned": ("rate_too_low", "nonfinite_loss"),
    "below_baseline": ("nothing_learned", "rate_too_low", "rate_too_high"),
    "class_never_predicted": ("nothing_learned", "rate_too_low"),
    "rate_too_high": ("nonfinite_loss",),
}
"""Findings that are left out if one of these others, which explains them, holds as well."""


def diagnose(state: RunState) -> list[Finding]:
    """What holds for the run now, the most important first."""
    facts = Facts(state)
    found = [finding for rule in RULES if (finding := rule(facts)) is not None]
    ids = {finding.id for finding in found}
    kept = [finding for finding in found if ids.isdisjoint(EXPLAINED.get(finding.id, ()))]
    return sorted(kept, key=lambda finding: IMPORTANCE[finding.level])


def frame(state: RunState) -> pd.DataFrame:
    """The findings as a table."""
    import pandas as pd

    return pd.DataFrame([[getattr(one, name) for name in COLUMNS] for one in diagnose(state)], columns=list(COLUMNS))


def resume(state: RunState) -> str:
    """How to continue a run that did not reach its end; "" if there is nothing to continue."""
    found = outcome.resume(Facts(state))
    return "" if found is None else found.action
