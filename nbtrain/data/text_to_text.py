"""Columns of a text and of another one that is written from it: summaries, translations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbtrain.data.column_facts import ColumnFacts
from nbtrain.data.feature_types import FeatureType, enumerate_names, feature_type
from nbtrain.data.hub import load_call
from nbtrain.data.label_column import find_label

if TYPE_CHECKING:
    from datasets import Dataset

KNOWN_PAIRS = (
    ("document", "summary"),
    ("article", "highlights"),
    ("article", "summary"),
    ("dialogue", "summary"),
    ("source", "target"),
)
"""Whole names, lower case, of an input and a target that mean nothing else."""

INPUT_NAMES = ("document", "article", "dialogue", "source", "input", "input_text", "source_text", "text")
"""Names of the input if it is known that there is a target."""

TARGET_NAMES = ("summary", "highlights", "target", "output", "target_text", "output_text", "abstract")
"""Names of the target."""


def known_pair(rows: Dataset) -> list[str]:
    """The columns of a known pair; empty if there is none, if the target looks like classes, or if another column is
    the label: then the two may be texts to compare.
    """
    by_folded = {name.lower(): name for name in rows.column_names}
    found = [[by_folded[one] for one in pair] for pair in KNOWN_PAIRS if {*pair} <= by_folded.keys()]
    for pair in found:
        if any(feature_type(rows.features[name]) is not FeatureType.TEXT for name in pair):
            continue
        label = find_label(rows, pair[:1])
        is_rival = isinstance(label, list) and label != pair[1:]
        if not is_rival and not ColumnFacts.of(rows, pair[1]).looks_like_classes:
            return pair
    return []


def translations(rows: Dataset) -> list[str]:
    """The column called "translation", if it has each text in several languages."""
    return [name for name in rows.column_names if name.lower() == "translation" and languages(rows.features[name])]


def languages(feature: Any) -> list[str]:
    """The languages of a column with a text for each: `{"en": "cat", "de": "Katze"}`; empty for all other columns."""
    if type(feature).__name__ == "Translation":
        return list(feature.languages)
    is_table = isinstance(feature, dict) and all(feature_type(one) is FeatureType.TEXT for one in feature.values())
    return list(feature) if is_table and len(feature) > 1 else []


def split_languages(rows: Dataset, column: str, source: Any) -> str:
    """The message that says how to make a column of each language."""
    found = languages(rows.features[column])
    said = f"Column `{column}` has each text in several languages ({enumerate_names(found)})."
    if call := load_call(source, rows):
        names = [f"{column}.{one}" for one in found[:2]]
        code = f'import datasets; ds = {call}.flatten(), then dataset = "$ds"'
    else:
        names = found[:2]
        code = "; ".join(f'df["{name}"] = df["{column}"].str["{name}"]' for name in names)
    keys = f'text = "{names[0]}", label = "{names[1]}"'
    return f'{said}\n    Make a column of each: {code}\n    Then set task = "seq2seq", {keys}'
