"""Rules about the data: what makes the numbers of a run mean less than they seem to."""

from __future__ import annotations

import math

from nbtrain import format
from nbtrain.views.diagnosis.facts import Facts
from nbtrain.views.diagnosis.finding import Finding

MIN_SHARED = 2
MIN_SHARED_SHARE = 0.01
"""Validation rows that are training rows, too. Elangovan et al., "Memorization vs. Generalization: Quantifying Data
Leakage in NLP Performance Evaluation" (2021), find that more than that inflates results.
"""

RARE = 0.2
"""A class with less than this multiple of an equal share is rare: 10 % of two classes. Google's Machine Learning Crash
Course calls less than 20 % a moderate imbalance, less than 1 % an extreme one.
"""

MIN_ROWS = 20
"""Rows of a group that is compared with another one."""

Z = 1.96
"""Standard errors of a 95 % interval of the normal approximation."""

MAX_INTERVAL = 0.05
"""Half of the 95 % interval of the accuracy. Fine-tuned models differ by less (D. Card et al., "With Little Power Comes
Great Responsibility", 2020).
"""


def shared_rows(facts: Facts) -> Finding | None:
    """Rows of the validation data are training rows as well, so their results say nothing about new data."""
    prepared = facts.prepared
    rows = prepared.sizes.get("validation", 0) if prepared else 0
    if prepared is None or not rows or prepared.shared < max(MIN_SHARED, MIN_SHARED_SHARE * rows):
        return None
    evidence = (
        f"{format.count(prepared.shared)} of {format.count(rows)} validation rows "
        f"({format.percent(prepared.shared / rows)}) have the texts of a training row"
    )
    columns = list(prepared.spec.inputs)
    named = f'"{columns[0]}"' if len(columns) == 1 else str(columns).replace("'", '"')
    if any(key in facts.config for key in ("validation", "dataset")):
        action = "Remove these rows from the training data."
    else:
        action = f"Remove duplicates before they are split: `df = df.drop_duplicates({named})`."
    return Finding("shared_rows", "warning", "Validation rows in the training data", evidence, action)


def class_imbalance(facts: Facts) -> Finding | None:
    """A class is rare in the training data, and classes have no weights."""
    prepared = facts.prepared
    if prepared is None or len(prepared.counts) < 2 or "class_weights" in prepared.spec.options:
        return None
    total, named = sum(prepared.counts), zip(prepared.counts, prepared.spec.shown_names, strict=False)
    rows, name = min((count, name) for count, name in named if count)
    if rows >= RARE * total / len(prepared.counts):
        return None
    evidence = (
        f"`{name}` has {format.count(rows)} of {format.count(total)} training rows ({format.percent(rows / total)})"
    )
    action = 'Weigh the classes: `class_weights = "auto"`. Judge by F1, not by accuracy: `metrics = ["f1"]`.'
    return Finding("class_imbalance", "note", "Rare class", evidence, action)


def costly_truncation(facts: Facts) -> Finding | None:
    """Truncated inputs are right less often than the others, by more than two standard errors of the difference."""
    found, prepared = facts.state.examined, facts.prepared
    if found is None or prepared is None or found.truncated is None or found.whole is None:
        return None
    (many, right), (others, others_right) = found.truncated, found.whole
    if not prepared.truncated.get("validation") or min(many, others) < MIN_ROWS:
        return None
    low, high = right / many, others_right / others
    if high - low <= Z * math.sqrt(low * (1 - low) / many + high * (1 - high) / others):
        return None
    evidence = (
        f"{format.percent(low)} of {format.count(many)} truncated validation rows are right, {format.percent(high)} of "
        f"the other {format.count(others)}"
    )
    length = prepared.spec.options.get("max_length", 0)
    given = "max_length" in facts.config
    action = (
        f"Read more of each text: {facts.again(max_length=2 * length)}." if given else "Use a model for longer texts."
    )
    return Finding("costly_truncation", "warning", "Truncation costs", evidence, action)


def small_validation(facts: Facts) -> Finding | None:
    """There are too few validation rows to tell results apart."""
    prepared, row = facts.prepared, facts.best or (facts.rows[-1] if facts.rows else None)
    accuracy = None if row is None else row.metrics.get("accuracy")
    rows = prepared.sizes.get("validation", 0) if prepared else 0
    if prepared is None or not prepared.counts or not rows or accuracy is None or not 0 <= accuracy <= 1:
        return None
    spread = max(accuracy * (1 - accuracy), (rows - 1) / rows**2)  # all right or all wrong is no certainty
    half = Z * math.sqrt(spread / rows)
    if half <= MAX_INTERVAL:
        return None
    evidence = (
        f"with {format.count(rows)} rows, an accuracy of {format.number(accuracy)} is known to "
        f"+/- {format.number(half, 2)} only"
    )
    needed = math.ceil(spread * (Z / MAX_INTERVAL) ** 2)
    split = sum(prepared.sizes.get(name, 0) for name in ("train", "validation"))
    action = f"Evaluate on about {format.count(needed)} rows or more."
    if "max_eval_samples" in facts.config:
        action = f"Remove `max_eval_samples`, or set `max_eval_samples = {needed}`."
    elif facts.has_config and "validation" not in facts.config and needed < split / 2:
        action = f"Hold out more rows: `validation_split = {math.ceil(100 * needed / split) / 100}`."
    return Finding("small_validation", "note", "Few validation rows", evidence, action)
