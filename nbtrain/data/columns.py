"""Find and check the text and label columns. The rule, with its tables, is in `docs/columns.md`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbtrain.data.feature_types import (
    FeatureType,
    describe,
    describe_columns,
    feature_type,
    rows_have,
    unreadable,
)
from nbtrain.data.label_column import candidates, find_label
from nbtrain.data.other_tasks import explain_marks, explain_other_task, explain_word_lists
from nbtrain.data.questions import Question, ask, in_toml, no_column
from nbtrain.data.text_columns import find_texts, texts_of
from nbtrain.data.words import is_word_column
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from datasets import Dataset

    from nbtrain.data.source import Source


def find_columns(splits: Mapping[str, Dataset], source: Source, notes: list[str]) -> tuple[list[str], list[str]]:
    """The text columns and the label columns: those that `source` names, else those that are found without a doubt.

    Args:
        splits: The data. Columns are looked for in "train"; "validation" must have the same ones. "test" is only kept.
        source: The data that the configuration names.
        notes: Receives a note about the columns that were found.

    Raises:
        DataError: A column is missing or is not text, or it is not clear which columns are meant: then it asks.
    """
    train = splits["train"]
    for key, named in (("text", source.text), ("label", source.label)):
        for name in named or ():
            _must_have(train, name, key, "train")
    text, label = _text_and_label(train, source)
    if found := [
        f"{key} = {in_toml(columns)}"
        for key, columns, named in (("text", text, source.text), ("label", label, source.label))
        if not named
    ]:
        notes.append(f"Using columns: {', '.join(found)} (auto-detected).")
    if both := [name for name in text if name in label]:
        msg = f"Column `{both[0]}` is both text and label: the model would see the label. Remove it from one of them."
        raise DataError(msg)
    for split in [split for split in ("train", "validation") if split in splits]:
        check_text(splits[split], text, split)
        for name in label:
            _must_have(splits[split], name, "label", split)
            _must_be_readable(splits[split], name, split)
    _note_kept(splits, notes)
    return text, label


def _text_and_label(train: Dataset, source: Source) -> tuple[list[str], list[str]]:
    """Raises DataError with all questions at once."""
    label = source.label or find_label(train, source.text or ())
    text = source.text or find_texts(train, label if isinstance(label, list) else label.example)
    if isinstance(label, list) and isinstance(text, list):
        if not source.text and (other := explain_marks(train, ("always",))):
            raise DataError(other)
        return text, label
    has_label = isinstance(label, list) or any(not one.is_metadata for one in candidates(train, source.text or ()))
    other = explain_other_task(train, has_text=bool(source.text or texts_of(train)), has_label=has_label)
    raise DataError(other or ask(train, [answer for answer in (label, text) if isinstance(answer, Question)]))


def check_text(rows: Dataset, text: Sequence[str], split: str) -> None:
    """Raises DataError if a text column is missing, has another type, or has empty cells (the error counts them)."""
    for name in text:
        _must_have(rows, name, "text", split)
        _must_be_readable(rows, name, split)
        missing = _count_nulls(rows, name)
        if is_word_column(rows, name):
            raise DataError(f"{split}: {explain_word_lists(rows, name)}")
        if feature_type(rows.features[name]) not in (FeatureType.TEXT, FeatureType.EMPTY):
            example = in_toml(texts_of(rows)[:2] or ["a", "b"])
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
        raise DataError(no_column(key, name, split, rows.column_names, describe_columns(rows)))


def _must_be_readable(rows: Dataset, name: str, split: str) -> None:
    if kept := unreadable(rows.features[name]):
        reason, fix = kept
        raise DataError(f"{split}: column `{name}` cannot be read: it contains {reason}.\n    Correct it first: {fix}")


def _note_kept(splits: Mapping[str, Dataset], notes: list[str]) -> None:
    """Note the columns that were converted to text because their values have no common type; nobody reads them."""
    kept: dict[str, str] = {}
    for rows in splits.values():
        for name, feature in rows.features.items():
            if found := unreadable(feature):
                kept.setdefault(name, found[0])
    if kept:
        listed = "; ".join(f"`{name}` ({reason})" for name, reason in kept.items())
        notes.append(f"Kept as text, because the values have no common type: {listed}.")
