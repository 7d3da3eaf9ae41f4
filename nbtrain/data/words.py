"""Columns of words with tags, and of texts with spans of characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import FeatureType, describe_columns, element_type, feature_type, rows_have
from nbtrain.data.questions import no_column
from nbtrain.data.values import arrow_values
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

WORD_NAMES = ("tokens", "words", "token", "word")
"""Names of columns of lists that are words of a text, also next to a column of text."""

TAG_NAMES = ("ner_tags", "tags", "ner", "labels", "label")
"""Names of the column of tags that is meant if there are several."""

SPAN_LABELS = ("label", "type", "tag", "entity", "entity_type", "entity_group")
"""Names of the field that has the class of a span."""


def split(text: str) -> list[str]:
    """The words of a text: letters and digits together, each other mark alone."""
    return re.findall(r"\w+|[^\w\s]", text)


def places(text: str) -> list[tuple[int, int]]:
    """Start and end of each word of `split(text)`."""
    found, end = [], 0
    for word in split(text):
        start = text.index(word, end)
        end = start + len(word)
        found.append((start, end))
    return found


def is_word_column(rows: Dataset, name: str) -> bool:
    """Whether a column has lists of texts."""
    feature = rows.features[name]
    return feature_type(feature) is FeatureType.LISTS and element_type(feature) is FeatureType.TEXT


def is_span_column(rows: Dataset, name: str) -> bool:
    """Whether a column has lists of spans: `{"start": 0, "end": 5, "label": "person"}`."""
    fields = _span_fields(rows.features[name])
    return {"start", "end"} <= fields and bool(fields & set(SPAN_LABELS))


def spans_of(rows: Dataset, name: str) -> list[list[tuple[int, int, str]]]:
    """Start, end and class of the spans of each row."""
    field = next(one for one in SPAN_LABELS if one in _span_fields(rows.features[name]))
    values = arrow_values(rows, name).to_pylist()
    if any(isinstance(value, dict) for value in values):  # a dict of lists
        values = [[dict(zip(cell, each, strict=True)) for each in zip(*cell.values(), strict=True)] for cell in values]
    return [[(one["start"], one["end"], str(one[field])) for one in cell or ()] for cell in values]


def find_words(rows: Dataset, named: Sequence[str] | None) -> str | None:
    """The column of words or of texts with spans: the one that is named, or one that is certain; None if there is
    none.
    """
    texts = [name for name, feature in rows.features.items() if feature_type(feature) is FeatureType.TEXT]
    has_spans = any(is_span_column(rows, name) for name in rows.column_names)
    lists = [name for name in rows.column_names if is_word_column(rows, name)]
    if named:
        fits = len(named) == 1 and (named[0] in lists or (has_spans and named[0] in texts))
        return str(named[0]) if fits else None
    certain = [name for name in lists if not texts or name.lower() in WORD_NAMES]
    candidates = [name for name in certain if _tag_columns(rows, name)] or (texts if has_spans else [])
    return candidates[0] if candidates and (certain or len(candidates) == 1) else None


def find_tags(rows: Dataset, words: str, named: Sequence[str] | None) -> list[str]:
    """The columns with a tag for each of `words`, or with spans of it; only the most likely one if its name says so."""
    spans = [name for name in rows.column_names if is_span_column(rows, name)]
    found = _tag_columns(rows, words) if is_word_column(rows, words) else spans
    if named:
        return [name for name in named if name in found or (len(named) == 1 and _could_be_tags(rows, name))]
    by_folded = {name.lower(): name for name in found}
    likely = [by_folded[name] for name in TAG_NAMES if name in by_folded]
    return likely[:1] or found


def refuse_missing(rows: Dataset, columns: Sequence[str] | None, key: str, split_name: str = "train") -> None:
    """Raises DataError if a column that the user named, or that another split has, is missing."""
    for name in columns or ():
        if name not in rows.column_names:
            raise DataError(no_column(key, name, split_name, rows.column_names, describe_columns(rows)))


def _tag_columns(rows: Dataset, words: str) -> list[str]:
    """The columns of lists that are as long as the list of `words` in every row."""
    import pyarrow.compute as pc

    lengths = pc.list_value_length(arrow_values(rows, words))
    if not pc.any(pc.greater(lengths, 1)).as_py():
        return []
    others = [name for name in rows.column_names if name != words and _could_be_tags(rows, name)]
    return [name for name in others if pc.list_value_length(arrow_values(rows, name)).equals(lengths)]


def _could_be_tags(rows: Dataset, name: str) -> bool:
    feature = rows.features[name]
    return feature_type(feature) is FeatureType.LISTS and element_type(feature) in (
        FeatureType.TEXT,
        FeatureType.CLASSES,
        FeatureType.INTEGERS,
    )


def _span_fields(feature: Any) -> set[str]:
    """The fields of the entries of a column of lists, or of a dict of lists."""
    inner = getattr(feature, "feature", feature)
    return set(inner) if isinstance(inner, dict) else set()


def tags_of_spans(rows: Dataset, text: str, column: str, split_name: str) -> list[list[str]]:
    """The tags of the words of each text, from spans of characters."""
    tags, cut = [], 0
    for value, spans in zip(arrow_values(rows, text).to_pylist(), spans_of(rows, column), strict=True):
        words = places(value)
        row = ["O"] * len(words)
        for start, end, label in spans:
            inside = [at for at, (first, last) in enumerate(words) if first < end and last > start]
            cut += bool(inside) and (words[inside[0]][0] < start or words[inside[-1]][1] > end)
            for at in inside:
                row[at] = f"{'B' if at == inside[0] else 'I'}-{label}"
        tags.append(row)
    if cut:
        msg = f"{split_name}: {cut:,} spans in `{column}` begin or end inside a word of `{text}`."
        raise DataError(f"{msg}\n    Move them to the boundaries of words, or make columns of words and tags.")
    return tags


def refuse_other_lengths(
    rows: Dataset, words: str, column: str, tags: Sequence[Sequence[str]], split_name: str
) -> None:
    """Raises DataError if a row has not as many tags as words; spans always have."""
    if is_span_column(rows, column):
        return
    sizes = [len(row) for row in arrow_values(rows, words).to_pylist()]
    wrong = [at for at, (size, row) in enumerate(zip(sizes, tags, strict=True)) if size != len(row)]
    if wrong:
        at = wrong[0]
        msg = (
            f"{split_name}: {rows_have(len(wrong), len(rows))} another number of tags in `{column}` than words in "
            f"`{words}`, the first is row {at}: {len(tags[at])} tags, {sizes[at]} words.\n    Correct these rows."
        )
        raise DataError(msg)
