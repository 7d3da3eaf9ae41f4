"""Rules about what a model has learned: too much of the training data, too little, or nothing."""

from __future__ import annotations

import math

from nbtrain import format
from nbtrain.events.best import LOSS
from nbtrain.views.diagnosis.facts import Facts
from nbtrain.views.diagnosis.finding import Finding
from nbtrain.views.summary import best_row

MIN_RISING = 2
"""Evaluations that the validation loss must rise for; and at least `MIN_RISING_SHARE` of all. One rise may be noise:
Prechelt, "Early Stopping - But When?" (1998), stops after several in a row, too.
"""

MIN_RISING_SHARE = 1 / 3
MIN_RISE = 1.1
"""The last validation loss is at least this multiple of the lowest: Prechelt's generalization loss of 10 %, between the
fast and the slow of his criteria.
"""

MAX_TRAINING = 0.9
"""The last training loss is at most this multiple of the one at the lowest validation loss."""

MIN_FALL = 0.05
"""A validation loss that falls by this share in the last evaluation still falls."""

MIN_TRAINING = 0.95
"""A training loss of at least this multiple of the validation loss shows no gap between the two: the model has not
even learned the training data. (Goodfellow, Bengio, Courville: Deep Learning, 2016, section 5.2.)
"""

NOTHING_LEARNED = 0.97
"""A loss of at least this multiple of what the class shares alone give."""

MIN_MISSED = 20
MIN_MISSED_SHARE = 0.05
"""Rows of a class that is never predicted, or their share and five rows: fewer may be missed by chance."""

FLAT = 0.01
FLAT_EVALUATIONS = 4
"""Evaluations among which neither loss changes by more than this share. PyTorch's `ReduceLROnPlateau` waits for 10
epochs; fine-tuning has fewer.
"""

STILL_HIGH = 0.25
"""A learning rate of at least this share of its peak; below it, the schedule itself ends the learning."""


def overfitting(facts: Facts) -> Finding | None:
    """The validation loss has risen for long while the training loss fell."""
    known = facts.known
    if len(known) < 2 * MIN_RISING:
        return None
    losses = [row.metrics[LOSS] for row in known]
    turn = losses.index(min(losses))
    after = len(known) - 1 - turn
    lowest, last = known[turn], known[-1]
    if after < max(MIN_RISING, MIN_RISING_SHARE * len(known)) or losses[-1] < MIN_RISE * losses[turn]:
        return None
    before, now = lowest.training_loss or 0.0, last.training_loss or 0.0
    if now > MAX_TRAINING * before:
        return None
    evidence = (
        f"since step {format.count(lowest.step)} the validation loss has risen from {format.number(losses[turn])} to "
        f"{format.number(losses[-1])}, while the training loss fell from {format.number(before)} to "
        f"{format.number(now)}"
    )
    action, branch = "Train for fewer epochs, or set `early_stopping_patience = 2`.", 0
    if facts.kept(lowest.step) == lowest.step and facts.peak_rate:
        branch = lowest.step
        half = facts.again(lowest.step, learning_rate=facts.peak_rate / 2)
        action = f"Branch from there with half the learning rate: {half}. Or train for fewer epochs."
    return Finding("overfitting", "warning", "Overfitting", evidence, action, branch)


def underfitting(facts: Facts) -> Finding | None:
    """A finished run whose losses still fall, without a gap between training and validation."""
    if facts.state.status != "finished" or len(facts.known) < 2 or nothing_learned(facts) is not None:
        return None
    before, last = facts.known[-2:]
    falls = last.metrics[LOSS] <= (1 - MIN_FALL) * before.metrics[LOSS]
    training = last.training_loss or 0.0
    if not falls or training < MIN_TRAINING * last.metrics[LOSS]:
        return None
    evidence = (
        f"the validation loss still fell, from {format.number(before.metrics[LOSS])} to "
        f"{format.number(last.metrics[LOSS])}, and the training loss is as high ({format.number(training)})"
    )
    epochs = max(1, math.ceil(2 * facts.state.epochs))
    longer = facts.again(facts.kept(), num_train_epochs=epochs) if facts.state.epochs else "`num_train_epochs`"
    return Finding("underfitting", "warning", "Underfitting", evidence, f"Train longer: {longer}.")


def nothing_learned(facts: Facts) -> Finding | None:
    """The loss is still what the shares of the classes alone give: ln(classes) for classes of equal size.

    The loss of an untrained classifier is checked against -log(1 / classes) in A. Karpathy, "A Recipe for Training
    Neural Networks" (2019).
    """
    prepared = facts.prepared
    if prepared is None or len(prepared.counts) < 2 or "class_weights" in prepared.spec.options or not facts.is_mature:
        return None
    total = sum(prepared.counts)
    entropy = -sum(count / total * math.log(count / total) for count in prepared.counts if count)
    loss, most = facts.loss_between(2 / 3, 1), 1.1 * math.log(len(prepared.counts))
    if not NOTHING_LEARNED * entropy <= loss <= most:
        return None
    evidence = (
        f"after {format.count(facts.state.step)} steps the training loss is {format.number(loss)}, and "
        f"{format.number(entropy)} is reached by knowing only how frequent the classes are"
    )
    action = facts.other_rate() or "Check that labels and texts belong together."
    return Finding("nothing_learned", "warning", "Nothing learned", evidence, action)


def class_never_predicted(facts: Facts) -> Finding | None:
    """A class that the newest evaluation has rows of is predicted for none."""
    found, prepared = facts.state.examined, facts.prepared
    if found is None or prepared is None or not facts.is_mature:
        return None
    total = sum(found.labels)
    missed = [
        (name, rows)
        for name, rows, predicted in zip(prepared.spec.shown_names, found.labels, found.predicted, strict=False)
        if not predicted and (rows >= MIN_MISSED or (rows >= 5 and rows >= MIN_MISSED_SHARE * total))
    ]
    if not missed:
        return None
    named = format.listed([f"`{name}` ({format.count(rows)} of {format.count(total)})" for name, rows in missed], 3)
    evidence = f"no prediction at step {format.count(found.step)} is {named}"
    weighted = "class_weights" in prepared.spec.options or not facts.has_config
    action = "Add examples of it, or train longer." if weighted else 'Weigh the classes: `class_weights = "auto"`.'
    what = "Class never predicted" if len(missed) == 1 else "Classes never predicted"
    return Finding("class_never_predicted", "warning", what, evidence, action)


def below_baseline(facts: Facts) -> Finding | None:
    """The best evaluation is not better than an answer that needs no model."""
    simple = facts.state.baselines
    name = None if simple is None else facts.state.objective.compared(simple.metrics)
    best = best_row(facts.state, facts.rows, name)
    if simple is None or best is None or name is None or not facts.is_mature:
        return None
    sign, reached = facts.direction(name), best.metrics[name]
    constant, words = simple.constant.get(name), simple.words.get(name)
    action = facts.other_rate() or "Train longer, or with more examples."
    head = f"the best {name} is {format.number(reached)}"
    if constant is not None and sign * reached <= sign * constant:
        evidence = f"{head}, and always answering {simple.answer} gives {format.number(constant)}"
        return Finding("below_baseline", "warning", "No better than a constant answer", evidence, action)
    if words is not None and sign * reached < sign * words:
        evidence = f"{head}, and a linear model on word counts reaches {format.number(words)}"
        return Finding("below_baseline", "note", "Below word counts", evidence, action)
    return None


def plateau(facts: Facts) -> Finding | None:
    """Neither loss changes any more, and the learning rate is still high."""
    state, last = facts.state, facts.known[-FLAT_EVALUATIONS:]
    rate = state.learning_rate
    if len(facts.known) <= FLAT_EVALUATIONS or not rate or rate < STILL_HIGH * (facts.peak_rate or math.inf):
        return None
    series = ([row.metrics[LOSS] for row in last], [row.training_loss or 0.0 for row in last])
    if any(max(values) - min(values) > FLAT * abs(min(values)) for values in series):
        return None
    if nothing_learned(facts) is not None:
        return None
    evidence = (
        f"since step {format.count(last[0].step)} the validation loss stays at {format.number(series[0][-1])}, the "
        f"training loss at {format.number(series[1][-1])}"
    )
    lower = facts.again(facts.kept(), learning_rate=rate / 2)
    return Finding("plateau", "note", "Plateau", evidence, f"Stop here, or go on with half the learning rate: {lower}.")
