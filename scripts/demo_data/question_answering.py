"""Questions about short reports, in SQuAD's form: `python -m scripts.demo_data.question_answering FOLDER`.

Each context has some sentences of who did what to which thing, where, and in which month. All sentences of a context
have entries of the same kinds, so the kind of question (who, where, when, what) does not tell the answer: the sentence
that the question is about must be found, which says the same in other words. Every third name and city occurs in no
context of the training split. Some questions have no answer: nobody in the context did that. Seeded: the same files,
byte for byte.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any

SEED = 7
SIZES = {"train": 800, "validation": 200}
SENTENCES = (3, 5)
"""The least and the greatest number of sentences of a context."""
UNANSWERABLE_EVERY = 10
"""One of so many questions has no answer; 0 for none."""
HELD_OUT_EVERY = 3

NAMES = (
    *("Anna", "Boris", "Clara", "David", "Elena", "Felix", "Greta", "Henry", "Irene", "Jonas", "Karin", "Louis"),
    *("Maria", "Nils", "Olga", "Peter", "Rosa", "Simon", "Tanja", "Victor", "Wanda", "Yusuf", "Zoe", "Martin"),
)
CITIES = (
    *(
        "Paris",
        "Oslo",
        "Vienna",
        "Madrid",
        "Prague",
        "Dublin",
        "Athens",
        "Berlin",
        "Lisbon",
        "Warsaw",
        "Rome",
        "Helsinki",
    ),
    *("London", "Zurich", "Budapest", "Brussels", "Milan", "Hamburg"),
)
MONTHS = ("January", "March", "April", "May", "June", "July", "August", "October", "November", "December")
THINGS = ("lamp", "violin", "boat", "house", "painting", "clock", "bicycle", "garden", "piano", "bridge", "car", "book")
KINDS = ("old", "red", "small", "silver", "wooden", "blue", "famous", "broken")
VERBS = (
    ("bought", "buy", "purchase"),
    ("sold", "sell", "sell"),
    ("repaired", "repair", "fix"),
    ("found", "find", "discover"),
    ("painted", "paint", "paint"),
    ("lost", "lose", "lose"),
)
"""Of each verb the past, and two words for it in questions."""
FORMS = (
    "{name} {past} {thing} in {city} in {month}.",
    "In {month}, {name} {past} {thing} in {city}.",
    "It was in {city} that {name} {past} {thing} in {month}.",
)
QUESTIONS = {
    "name": "Who did {verb} {thing}?",
    "city": "Where did {name} {verb} {thing}?",
    "month": "When did {name} {verb} {thing}?",
    "thing": "What did {name} {verb} in {city}?",
}


def generate(seed: int = SEED) -> dict[str, list[dict[str, Any]]]:
    """All splits by name: rows with `context`, `question` and `answers`."""
    rng = random.Random(seed)
    return {
        split: [_row(rng, number, training=split == "train") for number in range(size)] for split, size in SIZES.items()
    }


def write(splits: dict[str, list[dict[str, Any]]], folder: Path) -> None:
    """Write each split to a file of JSON lines."""
    folder.mkdir(parents=True, exist_ok=True)
    for split, rows in splits.items():
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        (folder / f"{split}.jsonl").write_text("".join(lines), encoding="utf-8")


def last_capitalised(context: str) -> str:
    """The baseline: the last word with a capital letter."""
    return next(word.strip(".,") for word in reversed(context.split()) if word[0].isupper())


def _row(rng: random.Random, number: int, *, training: bool) -> dict[str, Any]:
    facts = _facts(rng, rng.randint(*SENTENCES) + 1, training=training)
    spare = facts.pop()
    is_asked = not UNANSWERABLE_EVERY or number % UNANSWERABLE_EVERY > 0
    asked = rng.choice(facts) if is_asked else {**rng.choice(facts), **{key: spare[key] for key in ("name", "thing")}}
    context, starts = "", []
    for fact in facts:
        form = rng.choice(FORMS)
        kind_at = form.format(**{key: f"\0{key}\0{value}" if key != "past" else value for key, value in fact.items()})
        starts.append({})
        for part in kind_at.split("\0"):
            if part in QUESTIONS:
                starts[-1][part] = len(context)
            else:
                context += part
        context += " "
    kind = rng.choice(list(QUESTIONS))
    question = QUESTIONS[kind].format(
        **asked, verb=rng.choice(next(verb[1:] for verb in VERBS if verb[0] == asked["past"]))
    )
    answers: dict[str, list[Any]] = {"text": [], "answer_start": []}
    if is_asked:
        answers = {"text": [asked[kind]], "answer_start": [starts[facts.index(asked)][kind]]}
    return {"context": context.strip(), "question": question, "answers": answers}


def _facts(rng: random.Random, count: int, *, training: bool) -> list[dict[str, str]]:
    """What happened: no two facts share a name, a city, a month or a thing."""
    names, cities = (_allowed(pool, training=training) for pool in (NAMES, CITIES))
    things = [f"the {rng.choice(KINDS)} {thing}" for thing in rng.sample(THINGS, count)]
    columns = (rng.sample(names, count), rng.sample(cities, count), rng.sample(MONTHS, count), things)
    return [
        {"name": name, "city": city, "month": month, "thing": thing, "past": rng.choice(VERBS)[0]}
        for name, city, month, thing in zip(*columns, strict=True)
    ]


def _allowed(pool: tuple[str, ...], *, training: bool) -> list[str]:
    return [entry for at, entry in enumerate(pool, 1) if not (training and at % HELD_OUT_EVERY == 0)]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    write(generate(), parser.parse_args().folder)
