"""Find the text columns (`docs/columns.md`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrain.data.column_facts import ColumnFacts
from nbtrain.data.column_names import PAIR_WORDS, TEXT_NAMES, has_text_word, is_metadata, pair_of, words_of
from nbtrain.data.feature_types import FeatureType, feature_type, quoted
from nbtrain.data.questions import Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datasets import Dataset


def find_texts(rows: Dataset, label: Sequence[str] = ()) -> list[str] | Question:
    """The text columns, or the question that asks for them; `label` are the label columns, as far as they are known.

    A known pair comes first, then the only column with a known name, then the only column whose values do not look like
    classes, if it has a word of texts in its name or if there are no columns with classes.
    """
    names = [name for name in _names(rows) if name not in label]
    texts = [name for name in names if not is_metadata(name)]
    likely = [name for name in texts if name.lower() in TEXT_NAMES or not _has_class_names(rows, name)] or texts
    pair = pair_of(names)
    if pair and not any(name.lower() in PAIR_WORDS for name in likely if name not in pair):
        return pair
    known = [name for name in likely if name.lower() in TEXT_NAMES]
    if len(known) == 1 and not any(_belongs_to_another(name) for name in likely if name not in known):
        return known
    others = [name for name in texts if name not in likely and _repeats(rows, name)]
    if len(likely) == 1 and (has_text_word(likely[0]) or not others):
        return likely
    return _question(likely, texts or names)


def _question(likely: list[str], offered: list[str]) -> Question:
    if not offered:
        return Question("text", "No column contains text.", ())
    offered = likely if len(likely) > 1 else offered
    named = [name for name in offered if has_text_word(name)]
    example = named if len(named) == 1 else likely[:2] or offered[:2]
    why = f"Several columns could be the text: {quoted(offered)}."
    if len(offered) == 1:
        why = f"Cannot tell which column is the text. Is it `{offered[0]}`?"
    return Question("text", why, tuple(example))


def texts_of(rows: Dataset) -> list[str]:
    """The columns of text, without IDs, dates and the like."""
    return [
        name
        for name, feature in rows.features.items()
        if feature_type(feature) is FeatureType.TEXT and not is_metadata(name)
    ]


def _names(rows: Dataset) -> list[str]:
    """The columns of text, and those with a known name that are to be refused because of their values."""
    refused = (FeatureType.EMPTY, FeatureType.UNREADABLE)
    types = {name: feature_type(feature) for name, feature in rows.features.items()}
    known = {*pair_of(list(types)), *(name for name in types if name.lower() in TEXT_NAMES)}
    return [name for name, found in types.items() if found is FeatureType.TEXT or (found in refused and name in known)]


def _repeats(rows: Dataset, name: str) -> bool:
    return ColumnFacts.of(rows, name).looks_like_classes


def _has_class_names(rows: Dataset, name: str) -> bool:
    """Whether few texts repeat, as class names do, or all are the same."""
    facts = ColumnFacts.of(rows, name)
    return facts.looks_like_classes or facts.distinct == 1


def _belongs_to_another(name: str) -> bool:
    return not PAIR_WORDS.isdisjoint(words_of(name))
