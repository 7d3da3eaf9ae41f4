"""The analysis of texts that a model writes, and of answers that it finds."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nbtrain.insight import calibration, drawing, intervals
from nbtrain.insight.analysis import SHOWN, Analysis, count_of
from nbtrain.insight.table import Table
from nbtrain.tasks.answer_spans import words_f1


class TextAnalysis(Analysis):
    """Tables about texts that are written."""

    predicts = "texts"

    def worst(self, n: int = SHOWN) -> Table:
        """The `n` rows whose text has least in common with the reference: F1 of their words, as SQuAD defines it
        (Rajpurkar et al. 2016).
        """
        judged = self._judged("worst")[1].astype(np.float64)
        own = np.flatnonzero(self.has_label)
        order = own[np.argsort(judged[own], kind="stable")][: count_of(n)]
        table = self._sample(order, drawing.worst)
        table.insert(len(table.columns), "words_f1", judged[order])
        return self._table(table, drawing.worst, places=table.origin.places if table.origin else ())

    @functools.cached_property
    def _words_f1(self) -> NDArray[np.float64]:
        pairs = zip(self.rows["generated"], self.rows["reference"], self.has_label, strict=True)
        return np.array([words_f1(str(text), [str(known)]) if own else np.nan for text, known, own in pairs])

    def _judged(self, table: str) -> tuple[str, NDArray[Any]]:
        if "reference" not in self.rows or not self._has_labels:
            why = "" if "reference" in self.rows else "the data have no texts to compare with"
            raise self._refusal(table, why)
        return "words_f1", self._words_f1

    def _scores(self) -> dict[str, list[float]]:
        lines = super()._scores()
        own = self.has_label
        exact = (self.rows["generated"] == self.rows["reference"]).to_numpy(dtype=bool)[own]
        return {"exact_match": [*intervals.mean(exact), float(own.sum())], **lines}


class AnswerAnalysis(Analysis):
    """Tables about answers, parts of a text, each with a probability."""

    predicts = "parts of a text"

    @property
    def calibration(self) -> Table:
        """How often answers are exactly right, compared with their probability: for each of ten ranges the mean
        probability, the accuracy with its 95 % interval, their difference (gap), the part of the expected calibration
        error (ece, which adds up to it), and n.
        """
        correct, own = self._judged("calibration")[1], self.has_label
        probability = self.rows["probability"].to_numpy(dtype=np.float64)
        table = calibration.table(probability[own], correct[own], "accuracy")
        where = np.where(own, calibration.bin_of(probability), -1)
        return self._table(table, drawing.calibration, places=((table.index, where),))

    def worst(self, n: int = SHOWN) -> Table:
        """The `n` rows whose answer has the lowest F1, the most certain of them first."""
        self._judged("worst")
        order = np.lexsort((-self.rows["probability"].to_numpy(dtype=np.float64), self.rows["f1"].to_numpy()))
        return self._sample(order[self.has_label[order]][: count_of(n)], drawing.worst)

    def _judged(self, table: str) -> tuple[str, NDArray[Any]]:
        return "exact_match", super()._judged(table)[1]

    def _scores(self) -> dict[str, list[float]]:
        lines, own = super()._scores(), self.has_label
        f1 = self.rows["f1"].to_numpy(dtype=np.float64)[own]
        error = calibration.expected_error(
            self.rows["probability"].to_numpy(dtype=np.float64)[own], self._judged("scores")[1][own]
        )
        return {**lines, "f1": [*intervals.mean(f1), float(own.sum())], "calibration_error": list(error)}
