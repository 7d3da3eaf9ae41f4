"""Recognize data that are no raw text with a label: already tokenized, split into words, or for another task."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nbtrain.data.feature_types import enumerate_names, quoted
from nbtrain.data.words import find_tags, is_word_column

if TYPE_CHECKING:
    from collections.abc import Collection

    from datasets import Dataset


WHAT_WORKS = (
    "nbtrain does not do this task yet.\n"
    "    To see such a training live, make a transformers Trainer for it: nbtrain.watch(trainer)"
)


class Marks(NamedTuple):
    """Columns by which the data of a task are recognized.

    Args:
        columns: All of them are there, in lower case.
        task: The name of the task, and what is learned.
        when: "no label": if no column could be a label; "unclear": if text or label are not clear; "always": also if
            columns have the names of text and label.
        key: The task of nbtrain that learns them; "" if there is none.
    """

    columns: tuple[str, ...]
    task: str
    when: str = "no label"
    key: str = ""


_CHOICE = "multiple choice (to choose one of several texts)"
_CHAT = "chat (to train a language model on conversations)"
_INSTRUCTION = "instruction tuning (to train a language model to write an answer)"

_ANSWERS = "question answering (to find the answer in a text)"

OTHER_TASKS = (
    Marks(("choice1", "choice2"), _CHOICE, "always"),
    Marks(("ending0", "ending1"), _CHOICE, "always"),
    Marks(("choices",), _CHOICE, "unclear"),
    Marks(("context", "question", "answers"), _ANSWERS, "unclear", "question_answering"),
    Marks(("context", "question", "answer"), _ANSWERS, "unclear", "question_answering"),
    Marks(("translation",), "translation (to write a text)", "unclear", "seq2seq"),
    Marks(("messages",), _CHAT, "unclear", "chat"),
    Marks(("conversations",), _CHAT, "unclear", "chat"),
    Marks(("chosen", "rejected"), "preference tuning (to train a language model to prefer one answer)", "unclear"),
    Marks(("summary",), "summarization (to write a text)", key="seq2seq"),
    Marks(("highlights",), "summarization (to write a text)", key="seq2seq"),
    Marks(("prompt", "completion"), _INSTRUCTION, key="chat"),
    Marks(("instruction", "output"), _INSTRUCTION, key="chat"),
    Marks(("instruction", "response"), _INSTRUCTION, key="chat"),
)

ENCODED = ("input_ids", "attention_mask", "token_type_ids")
"""Columns that a tokenizer makes."""


def explain_other_task(rows: Dataset, *, has_text: bool, has_label: bool) -> str | None:
    """What the rows are and what to do, if they are no raw texts with labels; None if nothing says so.

    Args:
        rows: The data, in which it is not clear what the text is, or what the label is.
        has_text: Whether a column could be the text.
        has_label: Whether a column could be the label.
    """
    by_folded = {name.lower(): name for name in rows.column_names}
    lists = [name for name in rows.column_names if is_word_column(rows, name)]
    encoded = [by_folded[name] for name in ENCODED if name in by_folded]
    if encoded and not has_text:
        return (
            f"The data are already tokenized ({quoted(encoded)}). nbtrain needs the raw text, and tokenizes it for the "
            "model.\n    Use the data as they were before the tokenizer, with the column of text."
        )
    if lists and not has_text:
        return explain_word_lists(rows, lists[0])
    marked = explain_marks(rows, ("always", "unclear") if has_label else ("always", "unclear", "no label"))
    return marked if marked or has_text else _explain_features(rows)


def explain_marks(rows: Dataset, when: Collection[str]) -> str | None:
    """The task whose columns the data have; `when` are the cases of `Marks` that count."""
    by_folded = {name.lower(): name for name in rows.column_names}
    for marks in OTHER_TASKS:
        if {*marks.columns} <= by_folded.keys() and marks.when in when:
            found = quoted(by_folded[name] for name in marks.columns)
            how = f'\n    To learn it: task = "{marks.key}"' if marks.key else f" {WHAT_WORKS}"
            return f"The data look like those for {marks.task}: {found}.{how}"
    return None


def _explain_features(rows: Dataset) -> str | None:
    """What to do with images and the like, and with translations."""
    for name, feature in rows.features.items():
        kind = type(feature).__name__
        if kind in ("Audio", "Video", "Pdf"):
            return (
                f"Column `{name}` contains data of type {kind.lower()}, from which nbtrain does not learn. {WHAT_WORKS}"
            )
        if languages := _languages(feature):
            return (
                f"Column `{name}` has each text in several languages ({enumerate_names(languages)}).\n"
                "    Use the data set's configuration for one language, or make a column of text of one language, for "
                f'example: df["{name}"] = [texts["{languages[0]}"] for texts in df["{name}"]]'
            )
    return None


def explain_word_lists(rows: Dataset, name: str) -> str:
    """What to do with a column of lists of words: join them, or another task if there is a tag for each word."""
    if tags := find_tags(rows, name, None):
        return (
            f"Column `{name}` contains lists of words, and {quoted(tags)} {'has' if len(tags) == 1 else 'have'} a tag "
            'for each of them.\n    To learn the tags: task = "token_classification"'
        )
    return (
        f"Column `{name}` contains lists of words; nbtrain needs whole texts, and splits them itself.\n"
        f'    Join the words first: df["{name}"] = df["{name}"].map(" ".join)'
    )


def _languages(feature: object) -> list[str]:
    """The languages of a column of translations."""
    if type(feature).__name__ not in ("Translation", "TranslationVariableLanguages"):
        return []
    return list(getattr(feature, "languages", None) or ())
