"""Single-label classification: one of n classes for each text or pair of texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from nbtrain.data.feature_types import feature_type
from nbtrain.tasks.one_class import CLASS_TYPES, OneClass

if TYPE_CHECKING:
    from datasets import Dataset


class TextClassification(OneClass):
    """One of several classes for each text."""

    name = "text_classification"
    has_demo = True
    title = "one of several classes for each text, or pair of texts"
    for_several = 'For several labels per example: task = "multi_label"'
    for_numbers = 'To predict a number: task = "regression"'

    def matches(self, train: Dataset, target: Sequence[str]) -> bool:
        return len(target) == 1 and feature_type(train.features[target[0]]) in CLASS_TYPES


TASK = TextClassification()
