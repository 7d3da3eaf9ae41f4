"""Rules about the end of a run: which weights it has, what is missing, how to go on."""

from __future__ import annotations

import math

from nbtrain import format
from nbtrain.config import Config
from nbtrain.views.diagnosis.facts import Facts
from nbtrain.views.diagnosis.finding import Finding

ENDED_EARLY = ("interrupted", "stopped", "failed")


def nonfinite_loss(facts: Facts) -> Finding | None:
    """The loss of a batch was NaN or infinite.

    After an overflow the usual remedy is a lower learning rate from a checkpoint before it. (Goodfellow, Bengio,
    Courville: Deep Learning, 2016, section 8.2.4.)
    """
    state, event = facts.state, facts.state.nonfinite
    broken = state.loss is not None and not math.isfinite(state.loss)
    if event is None and not broken:
        return None
    step, loss = (event.step + 1, event.loss) if event is not None else (state.step, state.loss)
    rate = (facts.peak_rate or 0) / 10
    action, kept = "Look at the texts of that batch, and at the labels.", facts.kept(step - 1)
    if rate:
        action = f"Continue with a tenth of the learning rate: {facts.again(kept, learning_rate=rate)}."
    evidence = f"it was {loss} at step {format.count(step)}"
    return Finding("nonfinite_loss", "error", "Loss not finite", evidence, action, kept or 0)


def weights(facts: Facts) -> Finding | None:
    """Which weights an ended run has, if that is a question: there are at least two evaluations."""
    state, best, name = facts.state, facts.best, facts.main
    if not state.weights or best is None or len({row.step for row in facts.rows}) < 2:
        return None
    held, at = format.count(state.weights), format.count(best.step)
    if best.step == state.weights:
        return Finding("weights", "note", "Weights", f"those of step {held}, the best by {name}")
    words = f"those of step {held}" + (", the last" if state.weights == state.step else "")
    kept = best.step in {saved.step for saved in state.checkpoints} and facts.has_config
    branch = f"To continue from there: `run.branch(step={best.step})`. " if kept else ""
    action = f"{branch}To end with the best: `load_best_model_at_end = true`."
    return Finding("weights", "note", "Weights", f"{words}. The best by {name} was step {at}", action)


def not_evaluated(facts: Facts) -> Finding | None:
    """The run ended too early to have metrics; not said if none were wanted."""
    state = facts.state
    ended_early = state.status in ENDED_EARLY and state.started is not None
    if not ended_early or state.evaluation_count or not facts.has_config:
        return None
    if Config(facts.config)["eval_strategy"] == "no":
        return None
    return Finding("not_evaluated", "note", "No metrics", "the run ended before its first evaluation")


def resume(facts: Facts) -> Finding | None:
    """A run that did not reach its end can be continued."""
    state = facts.state
    if state.status not in ENDED_EARLY or not facts.has_config or state.started is None:
        return None
    if state.max_steps and state.step >= state.max_steps:
        return None
    at = f"it ended at step {format.count(state.step)}" + (
        f" of {format.count(state.max_steps)}" if state.max_steps else ""
    )
    return Finding("resume", "note", "Not complete", at, f"Resume: `%%finetune --resume {state.alias}`")
