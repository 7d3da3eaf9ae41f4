"""The analyses by the name with which a task chooses one, its attribute `analysis`."""

from __future__ import annotations

from collections.abc import Mapping

from nbtrain.insight.analysis import Analysis
from nbtrain.insight.classes import ClassAnalysis
from nbtrain.insight.labels import LabelAnalysis
from nbtrain.insight.numbers import NumberAnalysis
from nbtrain.insight.tags import TagAnalysis
from nbtrain.insight.texts import AnswerAnalysis, TextAnalysis

KINDS: Mapping[str, type[Analysis]] = {
    "": Analysis,
    "classes": ClassAnalysis,
    "labels": LabelAnalysis,
    "numbers": NumberAnalysis,
    "tags": TagAnalysis,
    "answers": AnswerAnalysis,
    "texts": TextAnalysis,
}
