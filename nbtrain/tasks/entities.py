"""Entities in tagged words: metrics as `seqeval` computes them, and the kinds of errors.

A script that is exported contains `entity_types` and `entity_scores` by their source, so they import what they need.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nbtrain.tasks.declared import MAX_SHOWN
from nbtrain.tasks.scores import Metric

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from nbtrain.events import Piece, TaskSpec

OUTSIDE = "O"
"""The tag of a word that belongs to no entity."""

MAX_ROWS_READ = 200
"""Sentences in which those with entities are searched."""


def entity_types(labels: Any) -> list[str]:
    """The types of the entities that tags such as B-person and I-person describe; empty if they are no such tags."""
    marked = [label.partition("-") for label in labels if label != "O"]
    is_scheme = marked and all(len(mark) == 1 and mark in "BIESLU" and name for mark, _, name in marked)
    return sorted({name for _, _, name in marked}) if is_scheme else []


def entity_scores(predictions: Any, label_ids: Any, labels: list[str]) -> dict[str, float]:
    """Precision, recall and F1 of whole entities, also for each type, and the accuracy of tags.

    An entity is right if its words and its type are. Tags that describe no entities, such as parts of speech, get the
    macro averages of scikit-learn.
    """
    logits = predictions[0] if isinstance(predictions, tuple) else predictions
    is_word = label_ids != -100
    best = logits.argmax(axis=-1)
    types = entity_types(labels)
    if not types:
        from sklearn.metrics import accuracy_score, precision_recall_fscore_support

        true, found = label_ids[is_word], best[is_word]
        averages = precision_recall_fscore_support(true, found, average="macro", zero_division=0)
        scores = dict(zip(("precision", "recall", "f1"), map(float, averages[:3]), strict=True))
        return {**scores, "accuracy": float(accuracy_score(true, found))}
    from seqeval.metrics import accuracy_score, classification_report

    true = [[labels[at] for at in row[mask]] for row, mask in zip(label_ids, is_word, strict=True)]
    found = [[labels[at] for at in row[mask]] for row, mask in zip(best, is_word, strict=True)]
    report = classification_report(true, found, output_dict=True, zero_division=0)
    total = report["micro avg"]
    scores = {"precision": total["precision"], "recall": total["recall"], "f1": total["f1-score"]}
    scores |= {f"f1_{name}": report[name]["f1-score"] if name in report else float("nan") for name in types}
    return {**{name: float(score) for name, score in scores.items()}, "accuracy": float(accuracy_score(true, found))}


def entities(predictions: pd.DataFrame, words: str) -> pd.DataFrame:
    """The entities of a table of predictions, one row each.

    Args:
        predictions: A row per sentence, with the columns "label" and "prediction".
        words: The column of words.

    Returns:
        `row` (number of the sentence), `text`, `start` and `end` (numbers of its words, `end` excluded), `type` and
        `predicted` (missing if there is no such entity), and `error`: "" if it is right, else "missed", "spurious",
        "type" (other type), "boundary" (other words), or "type and boundary".
    """
    import pandas as pd

    found: list[dict[str, Any]] = []
    for row, (cell, true, predicted) in enumerate(
        zip(predictions[words], predictions["label"], predictions["prediction"], strict=True)
    ):
        tokens = _words(cell)
        true_ones, predicted_ones = spans(true), spans(predicted)
        for kind, first, last in true_ones:
            match = _closest(kind, first, last, predicted_ones)
            error = "missed" if match is None else _error((kind, first, last), match)
            found.append(_entity(row, tokens, first, last, kind, match and match[0], error))
        for kind, first, last in predicted_ones:
            if not any(first <= end and last >= begin for _, begin, end in true_ones):
                found.append(_entity(row, tokens, first, last, None, kind, "spurious"))
    return pd.DataFrame(found, columns=["row", "text", "start", "end", "type", "predicted", "error"])


def spans(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """The entities in the tags of a sentence: type, number of the first word, number of the last."""
    from seqeval.metrics.sequence_labeling import get_entities

    return list(get_entities(list(tags)))


def marked_entities(predictions: pd.DataFrame, words: str) -> list[list[Piece]]:
    """The first sentences with entities as text: each entity is marked with its type, and with what is wrong of it."""
    some = predictions.head(MAX_ROWS_READ)
    lines: list[list[Piece]] = []
    for row, marks in entities(some, words).groupby("row"):
        line: list[Piece] = []
        tokens, done = _words(list(some[words])[int(str(row))]), 0
        for mark in marks.sort_values("start").to_dict("records"):
            if mark["start"] < done:  # two that overlap are one place
                continue
            between = " ".join([*([""] if done else []), *tokens[done : mark["start"]], ""])
            line.append((between, "", False))
            line.append((mark["text"], _mark(mark["type"], mark["predicted"], mark["error"]), bool(mark["error"])))
            done = mark["end"]
        lines.append([*line, (" " + " ".join(tokens[done:]), "", False)])
        if len(lines) == MAX_SHOWN:
            break
    return lines


def _mark(true: str, found: str, error: str) -> str:
    """What a mark says: "person", "person, missed", "location, should be person"."""
    if error == "spurious":
        return f"{found}, should be nothing"
    if error.startswith("type"):
        return f"{found}, should be {true}"
    return f"{true}, {'missed' if error == 'missed' else 'wrong boundary'}" if error else str(true)


Span = tuple[str, int, int]


def _closest(kind: str, first: int, last: int, others: list[Span]) -> Span | None:
    """The entity that has most words in common, of the same type if possible; None if none has any."""
    touching = [one for one in others if one[1] <= last and one[2] >= first]
    return max(touching, key=lambda one: (min(last, one[2]) - max(first, one[1]), one[0] == kind), default=None)


def _error(true: Span, predicted: Span) -> str:
    parts = ["type"] * (true[0] != predicted[0]) + ["boundary"] * (true[1:] != predicted[1:])
    return " and ".join(parts)


def _entity(
    row: int, tokens: list[str], first: int, last: int, kind: str | None, predicted: str | None, error: str
) -> dict[str, Any]:
    text = " ".join(tokens[first : last + 1])
    return {
        "row": row,
        "text": text,
        "start": first,
        "end": last + 1,
        "type": kind,
        "predicted": predicted,
        "error": error,
    }


def _words(cell: Any) -> list[str]:
    from nbtrain.data.words import split

    return split(cell) if isinstance(cell, str) else list(cell)


@dataclass(frozen=True)
class TokenAnswers:
    """What a model says about each word, and the references.

    Args:
        logits: (rows, tokens, outputs).
        label_ids: (rows, tokens); -100 where there is no label.
        labels: The tags in the order of the outputs.
    """

    logits: NDArray[Any]
    label_ids: NDArray[Any]
    labels: Sequence[str]

    @property
    def are_finite(self) -> bool:
        """Whether the model has not diverged."""
        import numpy as np

        return bool(np.isfinite(self.logits[self.label_ids != -100]).all())

    @functools.cached_property
    def scores(self) -> dict[str, float]:
        """All metrics by name."""
        return entity_scores(self.logits, self.label_ids, list(self.labels))


def _per_type_names(spec: TaskSpec) -> list[str]:
    return [f"f1_{name}" for name in entity_types(spec.label_names)]


def _score(name: str) -> Metric:
    return Metric(lambda answers: answers.scores[name])


METRICS: Mapping[str, Metric] = {
    **{name: _score(name) for name in ("f1", "precision", "recall", "accuracy")},
    "f1_per_type": Metric(
        lambda answers: {f"f1_{name}": answers.scores[f"f1_{name}"] for name in entity_types(answers.labels)},
        results=_per_type_names,
    ),
}
