"""Columns of a text and of another one that is written from it: summaries, translations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbtrain.data.column_facts import ColumnFacts
from nbtrain.data.feature_types import FeatureType, describe, enumerate_names, feature_type, quoted
from nbtrain.data.hub import load_call
from nbtrain.data.label_column import find_label
from nbtrain.data.questions import Question, ask
from nbtrain.data.text_columns import texts_of
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

    from nbtrain.data.source import Source

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


def input_and_target(train: Dataset, source: Source) -> tuple[str, str]:
    """The input and the target: those that are named, those with known names, else the only texts that are left.

    Raises:
        DataError: It is not clear which columns are meant: then it asks.
    """
    pair, texts = known_pair(train), texts_of(train)
    text, label = "".join(source.text or pair[:1]), "".join(source.label or pair[1:])
    by_folded = {name.lower(): name for name in train.column_names}
    if not label:
        label = next((by_folded[name] for name in TARGET_NAMES if name in by_folded and by_folded[name] != text), "")
    if not text:
        text = next((by_folded[name] for name in INPUT_NAMES if name in by_folded and by_folded[name] != label), "")
    left = [name for name in texts if name not in (text, label)]
    if len(left) == 1 and bool(text) != bool(label):
        text, label = text or left[0], label or left[0]
    questions = []
    for key, found, does in (("text", text, "read"), ("label", label, "learn to write")):
        if not found:
            why = f"Which column does the model {does}? Columns of text: {quoted(texts) or 'none'}."
            questions.append(Question(key, why, tuple(left[:1])))
            left = left[1:]
    if questions:
        raise DataError(ask(train, questions))
    return text, label


def check_target(rows: Dataset, column: str, split: str) -> None:
    """Raises DataError if a target column is no text."""
    found = feature_type(rows.features[column])
    if found in (FeatureType.TEXT, FeatureType.EMPTY):
        return
    cells = f'df["{column}"]'
    is_list = found is FeatureType.LISTS
    fix = f"{cells} = {cells}.str[0]" if is_list else f"{cells} = {cells}.astype(str)"
    raise DataError(
        f"{split}: the model learns to write texts, but column `{column}` contains {describe(rows.features[column])}.\n"
        f"    {'Choose one text of each list' if is_list else 'Make texts of them'}: {fix}"
    )
