"""Sentences with tagged people, places and companies. `python -m scripts.demo_data.token_classification` prints some.

The names of the validation sentences do not occur in the training sentences, and some names are of different types in
different sentences ("Marlow opened a shop in Boston", "Boston moved its office to Marlow"): what a name is follows from
the words around it.

Baselines that do not solve it (F1 of entities): the tags that a word has most often in the training sentences 0.00;
each capitalised word that does not begin a sentence is a person 0.14.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

FIRST = (
    "Nora", "Tom", "Mira", "Felix", "Ines", "Oscar", "Wanda", "Hugo", "Lena", "Victor", "Priya", "Samuel", "Tess",
    "Ahmed", "Clara", "Ben", "Yuki", "Marco", "Elsa", "Jonas", "Amara", "Diego", "Greta", "Ravi", "Salma", "Tobias",
)  # fmt: skip
NAMES = (
    "Marlow", "Boston", "Lincoln", "Victoria", "Austin", "Florence", "Sydney", "Jackson", "Houston", "Chester",
    "Preston", "Kingsley", "Ashford", "Bradley", "Carlisle", "Denver", "Everett", "Fairfax", "Garland", "Hartley",
    "Irving", "Keaton", "Lindsay", "Madison", "Newton", "Oakley", "Paisley", "Quincy", "Raleigh", "Selby", "Trenton",
    "Weston", "Camden", "Dalton", "Eaton", "Holland", "Kent", "Logan", "Milan", "Orlando",
)  # fmt: skip
PATTERNS = (
    "{person} lives in {place} .",
    "{person} works for {company} in {place} .",
    "Last year {company} opened an office in {place} .",
    "{company} moved its factory from {place} to {other} .",
    "Shares of {company} fell after {person} left the company .",
    "{person} and {second} met on a train to {place} .",
    "The mayor of {place} thanked {person} for the gift .",
    "A spokesman of {company} said that {person} would visit {place} .",
    "It rained all day in {place} .",
    "{person} sold the old house to {second} .",
    "Engineers at {company} repaired the machine in the afternoon .",
    "The museum was closed on Monday .",
)
HELD_OUT_EVERY = 3
"""Every third name occurs only in validation sentences."""


def rows(count: int, split: str = "train", seed: int = 42) -> list[dict[str, list[str]]]:
    """Different rows with the columns `tokens` and `ner_tags`; `split` is "train" or "validation"."""
    found: dict[str, dict[str, list[str]]] = {}
    for tokens, tags in _sentences(random.Random(f"{split} {seed}"), held_out=split != "train"):
        found.setdefault(" ".join(tokens), {"tokens": tokens, "ner_tags": tags})
        if len(found) == count:
            break
    return list(found.values())


def _sentences(rng: random.Random, *, held_out: bool) -> Iterator[tuple[list[str], list[str]]]:
    first, names = (
        [name for at, name in enumerate(pool) if (at % HELD_OUT_EVERY == 0) == held_out] for pool in (FIRST, NAMES)
    )
    while True:
        last = rng.sample(names, 5)
        values = {
            "person": (rng.choice(first), *((last[0],) if rng.random() < 0.5 else ())),
            "second": (rng.choice(first),),
            "place": (last[1],),
            "other": (last[2],),
            "company": (last[3], rng.choice(("Motors", "Foods", "Bank", "Systems")))
            if rng.random() < 0.5
            else (last[4],),
        }
        kinds = {"second": "person", "other": "place"}
        tokens: list[str] = []
        tags: list[str] = []
        for word in rng.choice(PATTERNS).split():
            name = word.strip("{}")
            whole = values.get(name, (word,))
            kind = kinds.get(name, name)
            tokens += whole
            tags += [f"{'I' if at else 'B'}-{kind}" if name in values else "O" for at in range(len(whole))]
        yield tokens, tags


if __name__ == "__main__":
    for row in rows(10):
        print(" ".join(f"{token}/{tag}" if tag != "O" else token for token, tag in zip(*row.values(), strict=True)))
