"""The analysis of tags of words: of whole entities, or of other tags, such as parts of speech, one by one."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from nbtrain.data.values import label_array
from nbtrain.insight import confusions, drawing, intervals
from nbtrain.insight.analysis import Analysis
from nbtrain.insight.table import Table
from nbtrain.tasks.entities import entities, entity_types, spans

NONE = "(none)"
"""In place of a type: there is no such entity."""


class TagAnalysis(Analysis):
    """Tables about entities, or about tags that describe no entities."""

    predicts = "a tag for each word"
    has_likelihood = True

    @property
    def entities(self) -> Table:
        """A row per entity, as `run.entities`: sentence, text, place, type, predicted type, and kind of error."""
        self._need_labels("entities")
        if not self._has_entities:
            raise self._refusal("entities", "its tags, such as parts of speech, do not describe entities")
        found = self._entities
        place = (pd.RangeIndex(len(self.rows), name="row"), np.arange(len(self.rows)))
        return self._table(found, drawing.entities, places=(place,))

    @property
    def confusion(self) -> Table:
        """How often each type of entity (rows) is found as each (columns), where they share a word; "(none)" where
        there is no entity. For other tags: of words.
        """
        self._need_labels("confusion")
        true, found, rows = self._pairs
        names = pd.Index([*self._kinds, NONE] if self._has_entities else self._kinds)
        counts = confusions.counted(true, found, names)
        places = (
            (names.rename("label"), self._members(true, rows)),
            (names.rename("prediction"), self._members(found, rows)),
        )
        return self._table(counts, drawing.confusion, places=places)

    @property
    def most_confused(self) -> Table:
        """The pairs of a type (or tag) and another one that was predicted, the most frequent first: how often
        (confused), the rate among those with the label, its 95 % interval, and how many these are (n).
        """
        return self._table(confusions.confused(self.confusion, [NONE] if self._has_entities else ()), drawing.confused)

    @property
    def report(self) -> Table:
        """For each type of entity: precision, recall and F1 of whole entities, as seqeval counts them, with their 95 %
        intervals, the number of entities (support), and of predicted ones. Other tags are counted word by word.
        """
        self._need_labels("report")
        kinds = len(self._kinds)
        sums = np.split(self._counts.sum(axis=0), 3)
        names = pd.Index(self._kinds, name="type" if self._has_entities else "label")
        has = self._counts[:, 2 * kinds :] > 0
        return self._table(confusions.report(sums[0], sums[1], sums[2], names), drawing.report, places=((names, has),))

    # Details

    def _without(self) -> set[str]:
        return super()._without() | (set() if self._has_entities else {"entities"})

    @functools.cached_property
    def _has_entities(self) -> bool:
        return bool(entity_types(self.evaluation.spec.label_names))

    @functools.cached_property
    def _kinds(self) -> list[Any]:
        """The types of entities, or the tags."""
        return entity_types(self.evaluation.spec.label_names) or label_array(self.evaluation.spec.labels).tolist()

    @functools.cached_property
    def _tags(self) -> list[tuple[int, list[str], list[str]]]:
        """The rows with labels: number, tags, predicted tags."""
        pairs = zip(self.rows["label"], self.rows["prediction"], strict=True)
        known = np.flatnonzero(self.has_label).tolist()
        cells = list(pairs)
        return [(row, list(cells[row][0]), list(cells[row][1])) for row in known]

    @functools.cached_property
    def _entities(self) -> pd.DataFrame:
        words = next(iter(self.evaluation.inputs), None)
        table = (
            self.rows
            if words is not None
            else self.rows.assign(words=pd.Series(_numbers_of_words(self.rows["label"]), index=self.rows.index))
        )
        return entities(table[self.has_label], words or "words").assign(
            row=lambda found: np.flatnonzero(self.has_label)[found["row"].to_numpy(dtype=np.int64)]
        )

    @functools.cached_property
    def _pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """What is compared: the kind (its number), the predicted kind, and the row."""
        numbers = {str(name): at for at, name in enumerate(self._kinds)}
        none = len(self._kinds)
        if self._has_entities:
            found = self._entities
            true, predicted = (
                np.array([numbers.get(str(kind), none) for kind in found[name]], dtype=np.int64)
                for name in ("type", "predicted")
            )
            return true, predicted, found["row"].to_numpy(dtype=np.int64)
        parts = [
            (numbers[str(a)], numbers[str(b)], row)
            for row, tags, others in self._tags
            for a, b in zip(tags, others, strict=True)
        ]
        table = np.array(parts, dtype=np.int64).reshape(-1, 3)
        return table[:, 0], table[:, 1], table[:, 2]

    @functools.cached_property
    def _counts(self) -> NDArray[np.int64]:
        """For each row the number of right, of predicted, and of true ones of each kind, (rows, 3 x kinds)."""
        kinds = len(self._kinds)
        counts = np.zeros((len(self.rows), 3 * kinds), dtype=np.int64)
        if not self._has_entities:
            true, found, rows = self._pairs
            same = true == found
            for offset, which in ((0, (rows[same], true[same])), (kinds, (rows, found)), (2 * kinds, (rows, true))):
                np.add.at(counts, (which[0], which[1] + offset), 1)
            return counts
        numbers = {name: at for at, name in enumerate(self._kinds)}
        for row, tags, others in self._tags:
            known, found_ones = set(spans(tags)), set(spans(others))
            for offset, group in ((0, known & found_ones), (kinds, found_ones), (2 * kinds, known)):
                for kind, _, _ in group:
                    counts[row, offset + numbers[kind]] += 1
        return counts

    def _members(self, kinds: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows have one of each kind, (rows, kinds)."""
        has = np.zeros((len(self.rows), len(self._kinds) + self._has_entities), dtype=bool)
        has[rows, kinds] = True
        return has

    def _judged(self, table: str) -> tuple[str, NDArray[Any]]:
        return "sentences_right", super()._judged(table)[1]

    def _scores(self) -> dict[str, list[float]]:
        """Of entities, precision, recall and F1 of all together; their intervals are those of drawing sentences."""
        lines, own = super()._scores(), self.has_label
        hits, predicted, support = (part.sum(axis=1) for part in np.split(self._counts[own], 3, axis=1))
        counts = np.stack([hits, predicted, support], axis=1)

        def ratios(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
            with np.errstate(invalid="ignore", divide="ignore"):
                right, found, known = drawn.T
                return np.stack([2 * right / (found + known), right / found, right / known], axis=1)

        values = ratios(counts.sum(axis=0, keepdims=True, dtype=np.float64))[0]
        low, high = intervals.of_counts(counts, ratios)
        n = (support.sum() + predicted.sum() - hits.sum(), predicted.sum(), support.sum())
        places = {"f1": 0, "precision": 1, "recall": 2} if self._has_entities else {"accuracy": 2}
        found = {
            name: [float(values[at]), float(low[at]), float(high[at]), float(n[at])] for name, at in places.items()
        }
        return {**found, **lines}


def _numbers_of_words(labels: pd.Series[Any]) -> list[list[str]]:
    """In place of words that are not known: their numbers."""
    return [[str(at) for at in range(len(cell))] if isinstance(cell, (list, tuple)) else [] for cell in labels]
