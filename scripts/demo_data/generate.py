"""Generate the demo data: `python -m scripts.demo_data.generate` writes the same three CSV files, byte for byte.

Each pair starts from one frame with one value per slot. Two phrasings of it are an `equivalent` pair; a phrasing and
one that is changed by a contrast are a `not_equivalent` pair. So labels are right by construction.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nbtrain.demo import data_files
from scripts.demo_data.frames import FRAMES, Frame
from scripts.demo_data.vocabulary import Entry, Pool, Wording

SEED = 42
SIZES = {"train": 2400, "validation": 400, "test": 400}
LABELS = ("not_equivalent", "equivalent")
EQUIVALENT_SHARE = 0.43
CONTRASTS = {"change": 0.75, "swap": 0.1, "denial": 0.35}
"""Relative frequencies of the contrasts in `not_equivalent` pairs, among those that the frame allows."""
CHANGED_SLOTS = (0.3, 0.7)
"""Fractions of the changes that concern one slot and two slots."""

# Paraphrases share fewer words than sentences with one changed word. These fractions, by whether the pair is
# equivalent, make the word overlap about the same for both labels.
NEW_WORDING = {True: 0.6, False: 0.1}
"""How often the second sentence has another wording of a slot's entry than the first one."""
SAME_PHRASING = {True: 0.4, False: 0.5}
"""How often both sentences use the same phrasing."""

HELD_OUT_EVERY = 3
"""In pools of more than this many entries, every third one never occurs in the training split."""


@dataclass(frozen=True)
class Pair:
    """One example; `label` is one of `LABELS`."""

    sentence1: str
    sentence2: str
    label: str


@dataclass(frozen=True)
class Meaning:
    """The meaning of a sentence: the frame's `phrasings` (or its `denials`) with an entry in each slot."""

    phrasings: tuple[str, ...]
    entries: dict[str, Entry]


def generate(seed: int = SEED) -> dict[str, list[Pair]]:
    """All splits by name. No sentence occurs in two splits."""
    rng = random.Random(seed)
    taken: set[str] = set()
    splits = {}
    for split, size in SIZES.items():
        splits[split] = _split(rng, size, training=split == "train", taken=taken)
        taken |= {sentence for pair in splits[split] for sentence in (pair.sentence1, pair.sentence2)}
    return splits


def write(splits: dict[str, list[Pair]], files: dict[str, Path]) -> None:
    """Write each split to its CSV file (UTF-8, LF line endings, with a header)."""
    for split, pairs in splits.items():
        with files[split].open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["sentence1", "sentence2", "label"])
            writer.writerows([pair.sentence1, pair.sentence2, pair.label] for pair in pairs)


def _split(rng: random.Random, size: int, *, training: bool, taken: set[str]) -> list[Pair]:
    """`size` distinct pairs in random order, evenly from all frames, with an exact fraction of equivalent ones."""
    pairs: list[Pair] = []
    seen: set[frozenset[str]] = set()
    equivalent_count = round(size * EQUIVALENT_SHARE)
    labels = [True] * equivalent_count + [False] * (size - equivalent_count)
    rng.shuffle(labels)
    for index in range(size):
        frame = FRAMES[index % len(FRAMES)]
        for pair in _attempts(rng, frame, equivalent=labels[index], training=training):
            sentences = frozenset({pair.sentence1, pair.sentence2})
            if len(sentences) == 2 and sentences not in seen and not sentences & taken:
                seen.add(sentences)
                pairs.append(pair)
                break
    rng.shuffle(pairs)
    return pairs


def _attempts(rng: random.Random, frame: Frame, *, equivalent: bool, training: bool) -> Iterator[Pair]:
    """An endless stream of pairs of the frame with a given label; both sentences may be equal by chance."""
    while True:
        first = meaning_of(rng, frame, training=training)
        second = first if equivalent else _contrast(rng, frame, first, training=training)
        count = len(first.phrasings)
        same = rng.random() < SAME_PHRASING[equivalent]
        one, two = [rng.randrange(count)] * 2 if same else rng.sample(range(count), 2)
        choices1 = {slot: rng.randrange(6) for slot in frame.slots}
        choices2 = {slot: choice + (rng.random() < NEW_WORDING[equivalent]) for slot, choice in choices1.items()}
        sentence1 = say(first.phrasings[one], first.entries, choices1)
        sentence2 = say(second.phrasings[two], second.entries, choices2)
        yield Pair(sentence1, sentence2, LABELS[equivalent])


def meaning_of(rng: random.Random, frame: Frame, *, training: bool) -> Meaning:
    """A meaning of the frame, with any entry in each slot."""
    entries: dict[str, Entry] = {}
    for slot, pool in frame.slots.items():
        entries[slot] = draw(rng, pool, entries, training=training)
    sense = rng.choice([frame.phrasings, frame.denials]) if frame.denials else frame.phrasings
    return Meaning(sense, entries)


def draw(rng: random.Random, pool: Pool, entries: dict[str, Entry], *, training: bool) -> Entry:
    """An entry of the pool that is not in use yet and, for training, not held out."""
    holds_out = training and len(pool) > HELD_OUT_EVERY
    allowed = [entry for index, entry in enumerate(pool) if not (holds_out and (index + 1) % HELD_OUT_EVERY == 0)]
    return rng.choice([entry for entry in allowed if entry not in entries.values()])


def _contrast(rng: random.Random, frame: Frame, meaning: Meaning, *, training: bool) -> Meaning:
    """Another meaning: with changed slots, two swapped slots, or negated."""
    kinds = {"change": True, "swap": bool(frame.swaps), "denial": bool(frame.denials)}
    possible = [kind for kind, is_possible in kinds.items() if is_possible]
    kind = rng.choices(possible, [CONTRASTS[kind] for kind in possible])[0]
    entries = dict(meaning.entries)
    if kind == "denial":
        return Meaning(frame.denials if meaning.phrasings is frame.phrasings else frame.phrasings, entries)
    if kind == "swap":
        one, two = rng.choice(frame.swaps)
        entries[one], entries[two] = entries[two], entries[one]
    else:
        for slot in rng.sample(frame.changes, rng.choices((1, 2), CHANGED_SLOTS)[0]):
            entries[slot] = draw(rng, frame.slots[slot], entries, training=training)
    return Meaning(meaning.phrasings, entries)


def say(phrasing: str, entries: dict[str, Entry], choices: dict[str, int]) -> str:
    """The sentence: slots filled with the chosen wordings, with a capital letter and a full stop."""
    text = phrasing.format(**{slot: _word(entry, choices[slot]) for slot, entry in entries.items()})
    return f"{text[0].upper()}{text[1:]}."


def _word(entry: Entry, choice: int) -> str | dict[str, str]:
    if isinstance(entry, dict):
        return {form: _one_of(wording, choice) for form, wording in entry.items()}
    return _one_of(entry, choice)


def _one_of(wording: Wording, choice: int) -> str:
    return wording if isinstance(wording, str) else wording[choice % len(wording)]


if __name__ == "__main__":
    write(generate(), data_files())
