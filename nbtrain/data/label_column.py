"""Find the label column: evidence for each column, and a question where it does not suffice (`docs/columns.md`)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

from nbtrain.data.column_facts import MAX_CLASS_IDS, ColumnFacts
from nbtrain.data.column_names import (
    LABEL_NAMES,
    SURE_LABEL_ENDS,
    SURE_LABELS,
    has_label_word,
    is_metadata,
    pair_of,
    words_of,
)
from nbtrain.data.feature_types import FeatureType, element_type, quoted
from nbtrain.data.questions import Question, in_toml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from datasets import Dataset


class Evidence(IntEnum):
    """How much says that a column is the label."""

    NO = 0
    """It cannot be: empty, one value only, all values different, a free text, a type that is none of labels."""

    POSSIBLE = 1
    """It could be, but nothing says so: it is never taken, only offered."""

    LIKELY = 2
    """A word of its name is one of labels, and its values are, too: it is taken if no other column could be it."""

    CLASSES = 3
    """Its type is classes with names: it is taken if no other column is likely."""

    SURE = 4
    """Its name is that of a label: it is taken if it is the only such column."""

    LABEL = 5
    """It is called "label" or "labels": it is taken before all others."""


@dataclass(frozen=True)
class Candidate:
    """A column that could be the label."""

    name: str
    evidence: Evidence
    facts: ColumnFacts

    @property
    def is_metadata(self) -> bool:
        return self.evidence is Evidence.POSSIBLE and is_metadata(self.name)

    @property
    def is_rival(self) -> bool:
        """Whether its values look like labels or its name does, and the name does not speak against it."""
        looks_like_labels = self.facts.looks_like_classes or self.facts.type is FeatureType.LISTS
        return not self.is_metadata and (looks_like_labels or has_label_word(self.name))


def evidence(rows: Dataset, name: str, facts: ColumnFacts, *, in_pair: bool) -> Evidence:
    """How much says that the column `name` is the label.

    Args:
        rows: The data.
        name: The column.
        facts: What its values are.
        in_pair: Whether the rows have a pair of texts, which is often rated by a number with a fraction.
    """
    words = words_of(name)
    whole = "_".join(words)
    if facts.type is FeatureType.EMPTY:
        return Evidence.NO
    if whole in LABEL_NAMES:
        return Evidence.LABEL
    if facts.type in (FeatureType.OTHER, FeatureType.IMAGE):
        return Evidence.NO
    if facts.type is FeatureType.LISTS and element_type(rows.features[name]) in (FeatureType.LISTS, FeatureType.OTHER):
        return Evidence.NO
    is_unique = facts.distinct == facts.filled
    is_free_text = facts.type is FeatureType.TEXT and facts.distinct > facts.filled // 2
    is_id = is_unique and is_metadata(name) and facts.type is not FeatureType.FLOATS
    if facts.distinct == 1 or is_free_text or is_id:
        return Evidence.NO
    if whole in SURE_LABELS:
        return Evidence.SURE
    if facts.type is FeatureType.UNREADABLE:
        return Evidence.NO
    if is_metadata(name):
        return Evidence.POSSIBLE
    if words and words[-1] in SURE_LABEL_ENDS:
        return Evidence.SURE
    is_named = has_label_word(name)
    rates_pair = facts.type is FeatureType.FLOATS and in_pair
    is_rating = facts.looks_like_ratings or facts.type is FeatureType.TEXT or rates_pair
    if facts.type is FeatureType.CLASSES:
        return Evidence.CLASSES
    if is_named and is_rating:
        return Evidence.LIKELY
    if facts.type is FeatureType.TEXT and not facts.looks_like_classes:
        return Evidence.NO
    return Evidence.NO if facts.type is FeatureType.INTEGERS and is_unique and not is_named else Evidence.POSSIBLE


def candidates(rows: Dataset, text: Sequence[str] = ()) -> list[Candidate]:
    """The columns that could be the label, the most likely first; `text` are no candidates."""
    in_pair = bool(pair_of(rows.column_names))
    found = []
    for name in rows.column_names:
        if name not in text:
            facts = ColumnFacts.of(rows, name)
            found.append(Candidate(name, evidence(rows, name, facts, in_pair=in_pair), facts))
    if len(rows.column_names) == 2 and len(found) == 2:
        found = [_next_to_a_text(one, other) for one, other in (found, found[::-1])]
    possible = [candidate for candidate in found if candidate.evidence]
    return sorted(possible, key=lambda one: (-one.evidence, one.is_metadata, not one.is_rival))


def _next_to_a_text(one: Candidate, other: Candidate) -> Candidate:
    """`one` of two columns: if the other is a free text, a few names that often repeat are its classes."""
    facts, text = one.facts, other.facts
    is_text = text.type is FeatureType.TEXT and text.distinct > text.filled // 2
    is_few = 1 < facts.distinct <= min(MAX_CLASS_IDS, facts.filled // MIN_REPEATED)
    has_metadata = is_metadata(one.name) or is_metadata(other.name)
    if not (is_text and is_few and facts.type is FeatureType.TEXT) or has_metadata:
        return one
    return replace(one, evidence=max(one.evidence, Evidence.LIKELY)) if facts.looks_like_classes else one


def find_label(rows: Dataset, text: Sequence[str] = ()) -> list[str] | Question:
    """The label column, or the question that asks for it; `text` are the text columns that the user named."""
    named = [name for name in rows.column_names if name.lower() in LABEL_NAMES and name not in text]
    if len(named) == 1 and ColumnFacts.of(rows, named[0]).type is not FeatureType.EMPTY:
        return named
    found = candidates(rows, text)
    best = [one for one in found if one.evidence is found[0].evidence]
    rivals = [one for one in found if one not in best and one.is_rival]
    if len(best) == 1 and best[0].evidence >= _needed(rivals):
        return [best[0].name]
    return _question(found, best)


def _needed(rivals: list[Candidate]) -> Evidence:
    """The evidence that takes a column next to others that could be the label."""
    if any(one.evidence >= Evidence.LIKELY or has_label_word(one.name) for one in rivals):
        return Evidence.SURE
    return Evidence.CLASSES if rivals else Evidence.LIKELY


def _question(found: list[Candidate], best: list[Candidate]) -> Question:
    if not found:
        why = "Cannot tell which column is the label: none has values that repeat, as labels do."
        return Question("label", why, ())
    sure = best if best[0].evidence >= Evidence.SURE else []
    offered = [one.name for one in sure or [one for one in found if not one.is_metadata] or found]
    if len(offered) > 1:
        why = f"Several columns could be the label: {quoted(offered[:MAX_OFFERED])}"
        why += f", ... ({len(offered)} in total)." if len(offered) > MAX_OFFERED else "."
    else:
        why = f"Cannot tell which column is the label: {_doubt(offered[0])}. Is it `{offered[0]}`?"
    binary = [one.name for one in found if one.facts.is_binary and not one.is_metadata]
    several = f"If any number of labels can apply to a text: label = {in_toml(binary)}" if len(binary) > 1 else ""
    return Question("label", why, tuple(offered[:1]), several)


def _doubt(name: str) -> str:
    """Why the only candidate is not taken."""
    if is_metadata(name):
        return f"`{name}` has the name of an ID, a date, a count or the like"
    if has_label_word(name):
        return f"`{name}` has other values than classes, and may be a count or a probability"
    return "none has a usual name, such as label, target or class"


MIN_REPEATED = 10
"""How often a name is repeated, on average, in the column next to a text of a table with only these two columns."""

MAX_OFFERED = 8
"""A question names at most this many columns."""
