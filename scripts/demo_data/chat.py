"""Prompts and answers: an order becomes a polite question. `python -m scripts.demo_data.chat` prints some.

"Say it politely: close the door." becomes "Could you please close the door?", a prohibition becomes "Would you mind not
closing the door?", an order that is urgent ends with "as soon as you can?", and one for two actions names both. Each
answer follows from its prompt, so it can be compared word for word.

Baselines that do not solve it (right answers of 100): repeating the order with a question mark 0; "Could you please
...?" for every prompt 56, since prohibitions and urgent orders need other words.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

VERBS = {
    "close": "closing", "open": "opening", "clean": "cleaning", "move": "moving", "paint": "painting",
    "lock": "locking", "push": "pushing", "touch": "touching", "carry": "carrying", "hide": "hiding",
    "wash": "washing", "check": "checking",
}  # fmt: skip
THINGS = (
    "door", "window", "kitchen table", "blue box", "garden gate", "old piano", "red car", "bicycle", "bookshelf",
    "front room", "heavy suitcase", "drawer", "mirror", "lamp", "wooden chair", "cupboard",
)  # fmt: skip
ASKS = "Say it politely: "
URGENT = " right now"


def rows(count: int, seed: int = 42) -> list[dict[str, str]]:
    """Different rows with the columns `prompt` and `completion`."""
    found: dict[str, str] = {}
    for prompt, answer in _pairs(random.Random(seed)):
        found.setdefault(prompt, answer)
        if len(found) == count:
            break
    return [{"prompt": prompt, "completion": answer} for prompt, answer in found.items()]


def _pairs(rng: random.Random) -> Iterator[tuple[str, str]]:
    while True:
        verb, thing = rng.choice(list(VERBS)), rng.choice(THINGS)
        kind = rng.choices(("order", "urgent", "prohibition", "two"), weights=(38, 22, 22, 18))[0]
        if kind == "prohibition":
            yield f"{ASKS}do not {verb} the {thing}.", f"Would you mind not {VERBS[verb]} the {thing}?"
        elif kind == "urgent":
            answer = f"Could you please {verb} the {thing} as soon as you can?"
            yield f"{ASKS}{verb} the {thing}{URGENT}.", answer
        elif kind == "two":
            other, second = rng.choice(list(VERBS)), rng.choice(THINGS)
            both = f"{verb} the {thing} and {other} the {second}"
            yield f"{ASKS}{both}.", f"Could you please {both}?"
        else:
            yield f"{ASKS}{verb} the {thing}.", f"Could you please {verb} the {thing}?"


if __name__ == "__main__":
    for row in rows(10):
        print(row["prompt"], "->", row["completion"])
