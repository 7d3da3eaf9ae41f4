"""Find the text and label columns by name, then by type; if several would do, raise an error that asks the user."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbtrain.data.feature_types import FeatureType, describe, describe_columns, feature_type, quoted, rows_have
from nbtrain.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from datasets import Dataset

    from nbtrain.data.source import Source

LABELS = ("label", "labels")
"""Names that take precedence over every other label column."""

OTHER_LABELS = (
    "target",
    "class",
    "category",
    "sentiment",
    "intent",
    "emotion",
    "topic",
    "score",
    "stars",
    "rating",
    "similarity",
    "is_duplicate",
    "gold_label",
)

PAIRS = (
    ("premise", "hypothesis"),
    ("question", "sentence"),
    ("question", "passage"),
    ("query", "passage"),
    ("query", "document"),
    ("context", "response"),
)

SINGLE_TEXTS = ("text", "sentence", "review", "tweet", "comment", "content", "document", "body", "message")

IDS = re.compile(r"(.*[_ ])?(id|idx|index|guid|uid|uuid|key|qid\d?|pairid|url)", re.IGNORECASE)

FIRST_OF_PAIR = re.compile(r"(?P<stem>.*?)(?P<end>[_ -]?(1|a))", re.IGNORECASE)
SECOND = {"1": "2", "a": "b", "A": "B"}


def find_columns(splits: Mapping[str, Dataset], source: Source, notes: list[str]) -> tuple[list[str], list[str]]:
    """The text columns and the label columns: those that `source` names, else those that are detected.

    Args:
        splits: The data. Columns are detected in "train"; the other splits must have the same ones.
        source: The data that the configuration names.
        notes: Receives a note about the columns that were detected.

    Raises:
        DataError: A column is missing or is not text, or several columns are candidates.
    """
    train = splits["train"]
    for key, named in (("text", source.text), ("label", source.label)):
        for name in named or ():
            _must_have(train, name, key, "train")
    text, label = source.text, source.label
    label = label or [_find_label(train, text)]
    text = text or _find_text(train, label)
    if found := [
        f"{key} = {_toml(columns)}"
        for key, columns, named in (("text", text, source.text), ("label", label, source.label))
        if not named
    ]:
        notes.append(f"Using columns: {', '.join(found)} (auto-detected).")
    if both := [name for name in text if name in label]:
        msg = f"Column `{both[0]}` is both text and label: the model would see the label. Remove it from one of them."
        raise DataError(msg)
    for split, rows in splits.items():
        check_text(rows, text, split)
    for name in label if "validation" in splits else ():
        _must_have(splits["validation"], name, "label", "validation")
    return text, label


def check_text(rows: Dataset, text: Sequence[str], split: str) -> None:
    """Raises DataError if a text column is missing, has another type, or has empty cells (the error counts them)."""
    for name in text:
        _must_have(rows, name, "text", split)
        missing = _count_nulls(rows, name)
        if feature_type(rows.features[name]) not in (FeatureType.TEXT, FeatureType.EMPTY):
            example = _toml(_texts(rows)[:2] or ["a", "b"])
            msg = (
                f"{split}: column `{name}` is not text; it contains {describe(rows.features[name])}. Columns:\n"
                f"{describe_columns(rows)}\n    Set the text columns, for example: text = {example}"
            )
            raise DataError(msg)
        if missing:
            msg = (
                f"{split}: {rows_have(missing, len(rows))} no text in column `{name}`.\n"
                f'    Remove the empty rows first, for example: df = df.dropna(subset=["{name}"])'
            )
            raise DataError(msg)


def _count_nulls(rows: Dataset, name: str) -> int:
    return int(rows.with_format("arrow")[name][:].null_count) if len(rows) else 0


def _must_have(rows: Dataset, name: str, key: str, split: str) -> None:
    if name not in rows.column_names:
        fix = did_you_mean(name, rows.column_names, otherwise=f'Use one of these: {key} = "..."')
        msg = f"{key}: no column `{name}` in {split}. {fix} Columns:\n{describe_columns(rows)}"
        raise DataError(msg)


def _find_label(rows: Dataset, text: list[str] | None) -> str:
    free = [name for name in rows.column_names if name not in (text or ())]
    classes = [name for name in free if feature_type(rows.features[name]) is FeatureType.CLASSES]
    no_labels = (FeatureType.TEXT, FeatureType.OTHER)
    rest = [name for name in free if not IDS.fullmatch(name) and feature_type(rows.features[name]) not in no_labels]
    only_one_left = rest if text or _known_text(rows) else []
    for likely in (_named(free, LABELS), classes, _named(free, OTHER_LABELS), only_one_left):
        if len(likely) == 1:
            return likely[0]
        if likely:
            msg = _ask(rows, f"Several columns could be the label: {quoted(likely)}.", "label", f'"{likely[0]}"')
            raise DataError(msg)
    raise DataError(_ask(rows, "Cannot tell which column is the label.", "label", '"..."'))


def _find_text(rows: Dataset, label: list[str]) -> list[str]:
    texts = [name for name in _texts(rows, (FeatureType.TEXT, FeatureType.EMPTY)) if name not in label]
    if known := _pair(texts) or _single(texts):
        return known
    if len(texts) == 1:
        return texts
    why = f"Several columns could be the text: {quoted(texts)}." if texts else "No column contains text."
    raise DataError(_ask(rows, why, "text", _toml(texts[:2]) if texts else '["a", "b"]'))


def _known_text(rows: Dataset) -> bool:
    texts = _texts(rows)
    return len(texts) == 1 or bool(_pair(texts) or _single(texts))


def _texts(rows: Dataset, types: Sequence[FeatureType] = (FeatureType.TEXT,)) -> list[str]:
    """Columns of one of `types` whose names are not those of IDs."""
    return [
        name for name, feature in rows.features.items() if feature_type(feature) in types and not IDS.fullmatch(name)
    ]


def _pair(names: list[str]) -> list[str]:
    """The two columns that form a pair: "sentence1" and "sentence2", "text_a" and "text_b", or one of `PAIRS`."""
    pairs = [list(pair) for pair in PAIRS if set(pair) <= set(names)]
    for name in names:
        match = FIRST_OF_PAIR.fullmatch(name)
        if match and match["stem"]:
            end = match["end"][:-1] + SECOND[match["end"][-1]]
            if match["stem"] + end in names:
                pairs.append([name, match["stem"] + end])
    return pairs[0] if len(pairs) == 1 else []


def _single(names: list[str]) -> list[str]:
    known = _named(names, SINGLE_TEXTS)
    return known if len(known) == 1 else []


def _named(names: Iterable[str], wanted: tuple[str, ...]) -> list[str]:
    return [name for name in names if name.lower() in wanted]


def _ask(rows: Dataset, why: str, key: str, example: str) -> str:
    return f"{why} Columns:\n{describe_columns(rows)}\n    Set the key `{key}`, for example: {key} = {example}"


def _toml(names: list[str]) -> str:
    quoted_names = [f'"{name}"' for name in names]
    return quoted_names[0] if len(names) == 1 else f"[{', '.join(quoted_names)}]"
