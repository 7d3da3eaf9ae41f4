"""Data that are no raw text with a label: what they are is said, and what to do."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from datasets import ClassLabel, Dataset, Features, List, Value

from tests.data.conftest import read_frame, refusal

WORDS = [["a", "warm", "film"], ["dull", "and", "slow"]] * 20
TEXTS = [" ".join(words) + f" {n}" for n, words in enumerate(WORDS)]
LABELS = [0, 1] * 20


def frame(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame(columns)


@pytest.mark.parametrize(
    "columns",
    [
        {"input_ids": [[101, 5, 102]] * 40, "attention_mask": [[1, 1, 1]] * 40, "label": LABELS},
        {"input_ids": [[101, 5, 102]] * 40, "labels": LABELS},
        {"idx": range(40), "label": LABELS, "input_ids": [[1]] * 40, "token_type_ids": [[0]] * 40},
    ],
)
def test_tokenized_data(columns: dict[str, Any]) -> None:
    message = refusal(Dataset.from_dict(columns))
    assert "already tokenized (`input_ids`" in message
    assert "raw text" in message


def test_tokens_next_to_the_text_are_no_problem() -> None:
    data = read_frame(frame(text=TEXTS, label=LABELS, input_ids=[[101, 102]] * 40))
    assert (data.spec.inputs, data.spec.target) == (("text",), ("label",))


@pytest.mark.parametrize("name", ["text", "tokens", "review"])
def test_lists_of_words_are_joined(name: str) -> None:
    df = frame(**{name: WORDS, "label": LABELS})
    for message in (refusal(df), refusal(df, text=[name])):
        assert f"`{name}` contains lists of words" in message
    fix = message.partition("Join the words first: ")[2]
    names = {"df": df}
    exec(fix, names)
    data = read_frame(names["df"])
    assert data.spec.inputs == (name,)
    assert set(data.splits["train"][name][:]) == {"a warm film", "dull and slow"}


@pytest.mark.parametrize(
    ("columns", "words", "tags"),
    [
        ({"tokens": WORDS, "ner_tags": [["O", "O", "B"]] * 40}, "tokens", "ner_tags"),
        ({"tokens": WORDS, "pos": [[1, 2, 3]] * 40, "ner_tags": [[0, 0, 1]] * 40}, "tokens", "ner_tags"),
        ({"sentence": TEXTS, "words": WORDS, "labels_of_words": [[0, 0, 1]] * 40}, "words", "labels_of_words"),
        ({"text": WORDS, "labels": [[0, 0, 1]] * 40}, "text", "labels"),
    ],
)  # fmt: skip
def test_tags_for_words_are_token_classification(columns: dict[str, Any], words: str, tags: str) -> None:
    spec = read_frame(frame(**columns)).spec
    assert (spec.task, spec.inputs, spec.target) == ("token_classification", (words,), (tags,))


def test_another_task_that_is_named_says_which_one_the_columns_are_of() -> None:
    rows = Dataset.from_dict(
        {"tokens": WORDS, "ner_tags": [[0, 1, 0]] * 40},
        features=Features({"tokens": List(Value("string")), "ner_tags": List(ClassLabel(names=["O", "B"]))}),
    )
    message = refusal(rows, text=["tokens"], label=["ner_tags"], task="text_classification")
    assert 'task = "token_classification"' in message


def test_several_labels_are_no_tags() -> None:
    data = read_frame(frame(text=TEXTS, labels=[["a"], ["a", "b"]] * 20, label_ids=[[0], [0, 1]] * 20))
    assert data.spec.task == "multi_label"


@pytest.mark.parametrize(
    ("columns", "task"),
    [
        ({"prompt": TEXTS, "chosen": TEXTS, "rejected": TEXTS}, "preference tuning"),
        ({"question": TEXTS, "choices": [["a", "b"]] * 40, "answer": LABELS}, "multiple choice"),
        ({"sent1": TEXTS, "sent2": TEXTS, "ending0": TEXTS, "ending1": TEXTS, "label": LABELS}, "multiple choice"),
    ],
)  # fmt: skip
def test_other_tasks_are_named(columns: dict[str, Any], task: str) -> None:
    message = refusal(frame(**columns))
    assert f"look like those for {task}" in message
    assert "nbtrain does not do this task yet" in message


def test_answers_whose_places_are_not_known_are_asked_about() -> None:
    message = refusal(frame(context=TEXTS, question=TEXTS, answers=[{"text": ["a"]}] * 40))
    assert "question answering" in message
    assert 'task = "question_answering"' in message


@pytest.mark.parametrize(
    "columns",
    [
        {"wording": [f"text {at}" for at in range(40)], "summary": TEXTS},
    ],
)
def test_what_is_not_certain_to_be_summaries_says_how_to_learn_them(columns: dict[str, Any]) -> None:
    message = refusal(frame(**columns))
    assert "look like those for summarization" in message
    assert 'task = "seq2seq"' in message


def test_columns_that_are_named_are_not_questioned() -> None:
    both = frame(document=TEXTS, summary=TEXTS, faithful=LABELS)
    data = read_frame(both, text=["document", "summary"], label=["faithful"])
    assert data.spec.task == "text_classification"
    choice = frame(premise=TEXTS, choice1=TEXTS, choice2=TEXTS, label=LABELS)
    assert read_frame(choice, text=["choice1", "choice2"]).spec.inputs == ("choice1", "choice2")
