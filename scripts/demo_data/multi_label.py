"""Comments of hotel guests, and what they complain about. `python -m scripts.demo_data.multi_label` prints some.

A comment speaks of two to four things, and praises some of them: "The room was spotless, but the staff was rude." has
the label `staff`. Complaints are made by words and by negation ("was not clean"), so what is spoken of is not what is
complained about. A third of the words of praise and complaint occur in validation comments only.

Baselines (macro F1 on the validation comments): everything that is spoken of 0.71; logistic regression on the words of
a comment 0.60, also on pairs of neighbouring words 0.87.
"""

from __future__ import annotations

import random
from typing import Any

SEED = 42
THINGS = {
    "room": ("the room", "our bedroom", "the bathroom"),
    "food": ("the breakfast", "dinner", "the food"),
    "staff": ("the staff", "the receptionist", "the waiter"),
    "noise": ("the street", "the floor above us", "the neighbourhood"),
    "price": ("the price", "the bill", "the rate"),
}
"""How each thing is called."""

GOOD = {
    "room": ("clean", "spacious", "comfortable", "spotless", "bright", "cosy"),
    "food": ("fresh", "delicious", "tasty", "excellent", "varied", "warm"),
    "staff": ("friendly", "helpful", "polite", "attentive", "kind", "welcoming"),
    "noise": ("quiet", "calm", "peaceful", "silent", "still", "restful"),
    "price": ("fair", "reasonable", "low", "modest", "honest", "moderate"),
}
BAD = {
    "room": ("dirty", "tiny", "damp", "shabby", "dark", "freezing"),
    "food": ("cold", "bland", "stale", "awful", "greasy", "burnt"),
    "staff": ("rude", "slow", "careless", "unfriendly", "arrogant", "grumpy"),
    "noise": ("loud", "noisy", "busy", "deafening", "restless", "hectic"),
    "price": ("too high", "excessive", "absurd", "unfair", "outrageous", "steep"),
}
HELD_OUT_EVERY = 3
"""Every third of these words occurs only in validation comments."""

PATTERNS = {
    True: ("{thing} was {good}", "{thing} was not {bad} at all"),
    False: ("{thing} was {bad}", "{thing} was not {good}"),
}
"""Praise and complaint."""
NEGATED = 0.4
"""How often a negation is used."""


def rows(count: int, split: str = "train", seed: int = SEED) -> list[dict[str, Any]]:
    """Different rows with the columns `comment` and `labels`; `split` is "train" or "validation"."""
    rng = random.Random(f"{split} {seed}")
    found: dict[str, list[str]] = {}
    while len(found) < count:
        comment, complaints = _comment(rng, training=split == "train")
        found.setdefault(comment, complaints)
    return [{"comment": comment, "labels": complaints} for comment, complaints in found.items()]


def spoken_of(comment: str) -> list[str]:
    """The baseline: all things that a comment names."""
    return [thing for thing, names in THINGS.items() if any(name in comment.lower() for name in names)]


def _comment(rng: random.Random, *, training: bool) -> tuple[str, list[str]]:
    things = rng.sample(list(THINGS), rng.randint(2, 4))
    praised = {thing: rng.random() < 0.5 for thing in things}
    if all(praised.values()):
        praised[rng.choice(things)] = False
    text = ""
    for before, thing in zip([None, *things], things, strict=False):
        pattern = PATTERNS[praised[thing]][rng.random() < NEGATED]
        words = {
            key: rng.choice(_allowed(pool[thing], training=training)) for key, pool in (("good", GOOD), ("bad", BAD))
        }
        clause = pattern.format(thing=rng.choice(THINGS[thing]), **words)
        if before is not None:
            text += (
                rng.choice((", and ", " and "))
                if praised[before] == praised[thing]
                else rng.choice((", but ", ", while "))
            )
        text += clause
    complaints = [thing for thing in THINGS if praised.get(thing) is False]
    return f"{text[0].upper()}{text[1:]}.", complaints


def _allowed(pool: tuple[str, ...], *, training: bool) -> list[str]:
    return [word for at, word in enumerate(pool, 1) if not (training and at % HELD_OUT_EVERY == 0)]


if __name__ == "__main__":
    for row in rows(10):
        print(row["labels"], row["comment"])
