"""Pairs of sentences, and how much of their meaning is the same, from 0 to 1. `python -m scripts.demo_data.regression`
prints some.

Both sentences tell of the same situation (see `frames`), and differ in some of its slots: who, what, when. The score is
the fraction of the slots that are the same. What is the same is often said in other words, and the order of words
differs, so the number of shared words does not give the score.

Baselines (Pearson correlation with the validation scores, mean absolute error): the fraction of words that both
sentences have, fitted by least squares 0.37, 0.23; always the mean of the training scores 0, 0.25.
"""

from __future__ import annotations

import random
from typing import Any

from scripts.demo_data.frames import FRAMES, Frame
from scripts.demo_data.generate import draw, meaning_of, say

SEED = 42
NEW_WORDING, NEW_PHRASING = 0.7, 0.7
"""How often something that is the same is said in other words, and how often in another order."""


def rows(count: int, split: str = "train", seed: int = SEED) -> list[dict[str, Any]]:
    """Different rows with the columns `sentence1`, `sentence2` and `score`; `split` is "train" or "validation"."""
    rng = random.Random(f"{split} {seed}")
    found: dict[tuple[str, str], float] = {}
    while len(found) < count:
        first, second, score = _pair(rng, rng.choice(FRAMES), training=split == "train")
        if first != second:
            found.setdefault((first, second), score)
    return [{"sentence1": first, "sentence2": second, "score": score} for (first, second), score in found.items()]


def _pair(rng: random.Random, frame: Frame, *, training: bool) -> tuple[str, str, float]:
    meaning, count = meaning_of(rng, frame, training=training), len(frame.phrasings)
    changed = rng.sample(list(frame.changes), rng.randint(0, len(frame.changes)))
    entries = dict(meaning.entries)
    for slot in changed:
        entries[slot] = draw(rng, frame.slots[slot], entries, training=training)
    one = rng.randrange(count)
    two = (one + (rng.randrange(1, count) if rng.random() < NEW_PHRASING else 0)) % count
    words = {slot: rng.randrange(6) for slot in frame.slots}
    others = {slot: at + (rng.random() < NEW_WORDING) for slot, at in words.items()}
    score = round(1 - len(changed) / len(frame.slots), 2)
    return (
        say(meaning.phrasings[one], meaning.entries, words),
        say(meaning.phrasings[two], entries, others),
        score,
    )


def baselines(train: list[dict[str, Any]], validation: list[dict[str, Any]]) -> dict[str, tuple[float, float]]:
    """Pearson correlation and mean absolute error of each baseline."""
    import numpy as np

    known, wanted = (np.array([row["score"] for row in part]) for part in (train, validation))
    shared, asked = (np.array([_shared(row) for row in part]) for part in (train, validation))
    guess = np.polyval(np.polyfit(shared, known, 1), asked)
    return {
        "shared words": (float(np.corrcoef(guess, wanted)[0, 1]), float(abs(guess - wanted).mean())),
        "mean": (0.0, float(abs(known.mean() - wanted).mean())),
    }


def _shared(row: dict[str, Any]) -> float:
    first, second = ({*row[name].lower().strip(".").replace(",", "").split()} for name in ("sentence1", "sentence2"))
    return len(first & second) / len(first | second)


if __name__ == "__main__":
    for row in rows(10):
        print(row["score"], row["sentence1"], "|", row["sentence2"])
