"""The analysis of a run: of the kind that its task names, by its attribute `analysis`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from nbtrain import tasks
from nbtrain.errors import RunError
from nbtrain.insight.analysis import Analysis
from nbtrain.insight.classes import ClassAnalysis
from nbtrain.insight.labels import LabelAnalysis
from nbtrain.insight.numbers import NumberAnalysis
from nbtrain.insight.stored import load, version_of
from nbtrain.insight.tags import TagAnalysis
from nbtrain.insight.texts import AnswerAnalysis, TextAnalysis

if TYPE_CHECKING:
    from nbtrain.training.live_run import StoredRun

KINDS: Mapping[str, type[Analysis]] = {
    "": Analysis,
    "classes": ClassAnalysis,
    "labels": LabelAnalysis,
    "numbers": NumberAnalysis,
    "tags": TagAnalysis,
    "answers": AnswerAnalysis,
    "texts": TextAnalysis,
}


def of(run: StoredRun, step: int | None = None, known: Analysis | None = None) -> Analysis:
    """The analysis of the evaluation after `step`, by default of the newest: `known`, if it still is that.

    Raises:
        RunError: There is none.
    """
    spec = run.spec
    if reason := tasks.get(spec.task).why_no_predictions(spec):
        raise RunError(reason)
    version = version_of(run)
    if step is None and known is not None and known.version == version:
        return known
    return KINDS[tasks.get(spec.task).analysis](load(run, step), run, version)
