"""Columns of conversations, and of prompts with answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from nbtrain.data.feature_types import FeatureType, feature_type

if TYPE_CHECKING:
    from datasets import Dataset

MESSAGE_NAMES = ("messages", "conversations", "conversation", "dialogue", "dialog", "chat")
"""Names of columns of messages, the usual one first."""

PROMPT_NAMES = ("prompt", "instruction", "question", "user")
"""Names of the prompt, where there is an answer next to it."""

ANSWER_NAMES = ("completion", "response", "answer", "output", "assistant", "reply")
"""Names of the answer."""

SURE_PAIRS = (
    *(("prompt", answer) for answer in ("completion", "response", "answer", "output")),
    *(("instruction", answer) for answer in ("output", "response", "completion")),
    ("user", "assistant"),
)
"""Names of prompt and answer that mean nothing else. `question` and `answer` may be a pair to classify."""

CONTEXT = "input"
"""Name of a column, often with empty cells, that is added to an instruction."""

FIELDS = (("role", "content"), ("from", "value"))
"""Names of the fields of a message: who writes, and what."""

ROLES = {"human": "user", "gpt": "assistant", "chatgpt": "assistant", "bot": "assistant", "model": "assistant"}
"""Other names of roles."""


def is_conversation(rows: Dataset, name: str) -> bool:
    """Whether a column has lists of messages: `{"role": "user", "content": "Hello"}`."""
    return _fields_of(rows.features[name]) is not None


def message_columns(rows: Dataset) -> list[str]:
    """The columns of lists of messages, the usual names first."""
    found = [name for name in rows.column_names if is_conversation(rows, name)]
    return sorted(found, key=lambda name: MESSAGE_NAMES.index(name) if name in MESSAGE_NAMES else len(MESSAGE_NAMES))


def sure_pair(rows: Dataset) -> list[str]:
    """The columns of prompt and answer, between them that of a context if there is one; empty if it is not certain."""
    for prompt, answer in SURE_PAIRS:
        if all(name in rows.column_names and _is_text(rows, name) for name in (prompt, answer)):
            has_context = CONTEXT in rows.column_names and _is_text(rows, CONTEXT) and prompt == "instruction"
            return [prompt, *([CONTEXT] if has_context else []), answer]
    return []


def likely(rows: Dataset, names: Sequence[str]) -> str | None:
    """The first of `names` that is a column of texts or of messages."""
    return next((name for name in names if name in rows.column_names and _can_be_read(rows, name)), None)


def conversations(batch: Mapping[str, list[Any]], prompts: Sequence[str], answer: str) -> list[list[dict[str, str]]]:
    """The messages of each row.

    Args:
        batch: The columns.
        prompts: The columns before the answer: texts, which are joined, or lists of messages.
        answer: The column of answers: texts, or lists of messages; "" if the only column has whole conversations, or if
            there are no answers.
    """
    found = []
    for cells in zip(*(batch[name] for name in prompts), strict=True):
        texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
        messages = [message for cell in cells if not isinstance(cell, str) for message in messages_of(cell)]
        found.append([*messages, *([{"role": "user", "content": "\n\n".join(texts)}] if texts else [])])
    for messages, cell in zip(found, batch[answer] if answer else (), strict=bool(answer)):
        messages += [{"role": "assistant", "content": cell}] if isinstance(cell, str) else messages_of(cell)
    return found


def is_message(message: Any) -> bool:
    """Whether it has the fields of a message."""
    return isinstance(message, Mapping) and any(set(pair) <= message.keys() for pair in FIELDS)


def messages_of(cell: Any) -> list[dict[str, str]]:
    """The messages in a cell, with the usual names of fields and roles."""
    if isinstance(cell, Mapping) and all(isinstance(value, (list, tuple)) for value in cell.values()):
        cell = [dict(zip(cell, values, strict=True)) for values in zip(*cell.values(), strict=True)]
    messages = []
    for message in cell if isinstance(cell, (list, tuple)) else ():
        role, content = next(names for names in FIELDS if names[0] in message)
        name = str(message[role]).lower()
        messages.append({"role": ROLES.get(name, name), "content": str(message[content] or "")})
    return messages


def _can_be_read(rows: Dataset, name: str) -> bool:
    return _is_text(rows, name) or is_conversation(rows, name)


def _is_text(rows: Dataset, name: str) -> bool:
    return feature_type(rows.features[name]) is FeatureType.TEXT


def _fields_of(feature: Any) -> tuple[str, str] | None:
    """The fields of the messages in a column; None if it has none."""
    inner = getattr(feature, "feature", feature[0] if isinstance(feature, list) and feature else None)
    if inner is None and isinstance(feature, dict):  # a dict of lists
        inner = feature
    return next((pair for pair in FIELDS if isinstance(inner, dict) and set(pair) <= inner.keys()), None)
