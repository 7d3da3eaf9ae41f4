"""Outputs of models that are no neural networks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.feature_extraction.text import CountVectorizer

from nbtrain import tasks
from nbtrain.events import TaskSpec
from nbtrain.tasks.baselines import (
    NEVER,
    classes_from_words,
    frequent_labels,
    labels_from_words,
    mean,
    most_frequent,
    numbers_from_words,
)

TEXTS = ["good film", "bad film", "good food", "bad food", "good", "bad"] * 10
GOOD = np.array(["good" in text for text in TEXTS], dtype=np.int64)
COUNTS = CountVectorizer().fit_transform(TEXTS)


def test_the_most_frequent_class_with_the_probabilities_of_the_shares() -> None:
    constant = most_frequent(np.array([1, 1, 1, 0, -100]), ["ham", "spam", "other"])
    assert constant.answer == "`spam`"
    assert softmax(constant.outputs) == pytest.approx([2 / 7, 4 / 7, 1 / 7], rel=1e-5)


def test_labels_that_most_rows_have() -> None:
    constant = frequent_labels(np.array([[1, 0, 1], [1, 0, 0], [1, 1, 1]]), ["a", "b", "c"])
    assert constant.answer == "`a`, `c`"
    assert expit(constant.outputs) == pytest.approx([4 / 5, 2 / 5, 3 / 5], rel=1e-5)
    assert frequent_labels(np.zeros((5, 2)), ["a", "b"]).answer == "no label"


def test_the_mean() -> None:
    constant = mean(np.array([1.0, 2.0, 4.5], dtype=np.float32))
    assert list(constant.outputs) == [2.5] and constant.answer == "the mean 2.5000"


def test_a_linear_model_learns_words() -> None:
    logits = classes_from_words(COUNTS, GOOD, COUNTS, 3)
    assert logits.shape == (60, 3)
    assert list(logits.argmax(axis=1)) == list(GOOD)
    assert set(logits[:, 2]) == {NEVER}, "a class without training rows"
    assert set(classes_from_words(COUNTS, np.ones(60, dtype=int), COUNTS, 2).argmax(axis=1)) == {1}


def test_linear_models_of_labels_and_numbers() -> None:
    table = np.column_stack([GOOD, np.zeros(60), np.ones(60)])
    assert ((labels_from_words(COUNTS, table, COUNTS) > 0).astype(int) == table).all()
    numbers = numbers_from_words(COUNTS, 3.0 + 2 * GOOD, COUNTS)
    assert numbers.shape == (60, 1)
    assert (np.round(numbers[:, 0]) == 3 + 2 * GOOD).all()


@pytest.mark.parametrize("task", tasks.every(), ids=lambda task: task.name)
def test_which_tasks_have_baselines(task: tasks.Task) -> None:
    learned = {
        "text_classification": np.array([0, 1, 1]),
        "image_classification": np.array([0, 1, 1]),
        "multi_label": np.array([[1, 0], [1, 0], [0, 0]]),
        "regression": np.array([1.0, 2.0, 3.0]),
        "token_classification": np.array([np.array([0, 1]), np.array([1])], dtype=object),
    }
    spec = TaskSpec(task.name, ("text",), ("label",), ("a", "b"))
    answers = {"multi_label": "`a`", "regression": "the mean 2.0000"}
    constant = task.constant(learned.get(task.name, np.array([0, 1])), spec)
    assert (constant is not None) == (task.name in learned)
    assert constant is None or constant.answer == answers.get(task.name, "`b`")
    assert task.learns_from_words == (task.name in ("text_classification", "multi_label", "regression"))
