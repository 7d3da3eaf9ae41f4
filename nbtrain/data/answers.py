"""Columns of questions, contexts, and answers that are parts of their context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import FeatureType, feature_type, rows_have
from nbtrain.data.values import arrow_values
from nbtrain.errors import DataError

if TYPE_CHECKING:
    from datasets import Dataset

QUESTION_NAMES = ("question", "query")
"""Names of the question, the usual one first."""

CONTEXT_NAMES = ("context", "passage", "paragraph", "document", "text")
"""Names of the text that has the answer."""

FIELDS = ("text", "answer_start")
"""Fields of an answer in SQuAD's form."""

PAIR = ("answer_text", "answer_start")
"""Names of two columns of answers: texts, and the number of the character at which each begins."""

TEXT_NAMES = ("answer", "answers", "answer_text")
"""Names of a column of answers as texts."""

NUMBERS = (FeatureType.INTEGERS, FeatureType.FLOATS)


def is_text(rows: Dataset, name: str) -> bool:
    """Whether a column has texts."""
    return name in rows.column_names and feature_type(rows.features[name]) is FeatureType.TEXT


def is_squad(rows: Dataset, name: str) -> bool:
    """Whether a column has answers as SQuAD has them: `{"text": ["Anna"], "answer_start": [0]}`, or a list of
    `{"text": "Anna", "answer_start": 0}`.
    """
    feature = rows.features[name]
    inner = getattr(feature, "feature", feature)
    return isinstance(inner, Mapping) and set(FIELDS) <= set(inner)


def questions(rows: Dataset) -> list[str]:
    """The columns of question and context, by their names; only those that there are."""
    found = [next((name for name in names if is_text(rows, name)), "") for names in (QUESTION_NAMES, CONTEXT_NAMES)]
    return [name for name in found if name]


def places(rows: Dataset) -> list[str]:
    """The columns that say where answers are: one in SQuAD's form, or a text and its place; empty if there are none."""
    squad = [name for name in rows.column_names if is_squad(rows, name)]
    if squad:
        return ["answers"] if "answers" in squad else squad if len(squad) == 1 else []
    text, start = PAIR
    return [text, start] if is_text(rows, text) and is_number(rows, start) else []


def is_number(rows: Dataset, name: str) -> bool:
    """Whether a column has numbers."""
    return name in rows.column_names and feature_type(rows.features[name]) in NUMBERS


def answers_in(cell: Any) -> list[tuple[str, int]]:
    """The answers in a cell of SQuAD's form: texts, and the characters at which they begin."""
    if not isinstance(cell, Mapping):
        found = [(one["text"], one["answer_start"]) for one in cell]
    elif isinstance(cell["text"], str):
        found = [(cell["text"], cell["answer_start"])]
    else:
        found = list(zip(cell["text"], cell["answer_start"], strict=True))
    return [(text, start) for text, start in found if text]


def answer_spans(
    contexts: Sequence[str], answers: Sequence[Any], starts: Sequence[Any] | None = None
) -> list[list[int]]:
    """The answers of each row as numbers of characters of its context: start, end, start, end, ...; empty for none.

    Args:
        contexts: The texts that have the answers.
        answers: In SQuAD's form; or texts, which are "" for none.
        starts: Where texts begin; None to find their first place.
    """
    spans = []
    for row, (context, cell) in enumerate(zip(contexts, answers, strict=True)):
        if isinstance(cell, str):
            known = [(cell, context.find(cell) if starts is None else int(starts[row]))] if cell else []
        else:
            known = answers_in(cell)
        spans.append([place for text, start in known for place in (start, start + len(text))])
    return spans


def spans_of(rows: Dataset, context: str, answers: Sequence[str], split: str) -> list[list[int]]:
    """As `answer_spans`.

    Raises:
        DataError: An answer is not at its place in the context. The message has its row.
    """
    texts, cells = (arrow_values(rows, name).to_pylist() for name in (context, answers[0]))
    starts = arrow_values(rows, answers[1]).to_pylist() if len(answers) > 1 else None
    if broken := [row for row, cell in enumerate(cells) if not _is_whole(cell)]:
        raise DataError(
            f"{split}: {rows_have(len(broken), len(rows))} an answer without its text, or without its place, in "
            f"`{answers[0]}`; the first is row {broken[0]}: {cells[broken[0]]!s:.80}.\n    Correct these rows."
        )
    spans, wrong = answer_spans(texts, cells, starts), []
    for row, (whole, cell, places) in enumerate(zip(texts, cells, spans, strict=True)):
        known = [cell] if isinstance(cell, str) else [text for text, _ in answers_in(cell)]
        for text, start, end in zip(known, places[::2], places[1::2], strict=False):
            if start < 0 or whole[start:end] != text:
                wrong.append((row, text))
    if wrong:
        row, text = wrong[0]
        have = rows_have(len({row for row, _ in wrong}), len(rows))
        alone = starts is None and isinstance(cells[row], str)
        raise DataError(_not_there(texts[row], text, row, have, [context, *answers], split, alone=alone))
    return spans


def _is_whole(cell: Any) -> bool:
    """Whether each answer in a cell has a text and a place."""
    try:
        pairs = [] if isinstance(cell, str) else answers_in(cell)
    except (ValueError, TypeError):  # not as many places as texts, or no list at all
        return False
    return all(isinstance(start, (int, float)) for _, start in pairs)


def _not_there(whole: str, text: str, row: int, have: str, columns: Sequence[str], split: str, *, alone: bool) -> str:
    context, answers, *start = columns
    what = "an answer that is not at its place in" if text in whole else "an answer that does not occur in"
    at = whole.lower().find(text.lower())
    spelled = f' It is written "{whole[at : at + len(text)]}" there.' if at >= 0 and text not in whole else ""
    found = f" It begins at character {whole.find(text)}." if text in whole else ""
    cells = f'df["{context}"], df["{answers}"]'
    if start:
        keep = f'[c[int(s):int(s) + len(a)] == a for c, a, s in zip({cells}, df["{start[0]}"])]'
    elif alone:
        keep = f"[a in c for c, a in zip({cells})]"
    else:
        keep = f'[all(c[s:s + len(t)] == t for t, s in zip(a["text"], a["answer_start"])) for c, a in zip({cells})]'
    return (
        f'{split}: {have} {what} `{context}`; the first is row {row}, "{text:.60}".{spelled}{found}\n'
        f"    Correct these rows, or leave them out: df = df[{keep}]"
    )
