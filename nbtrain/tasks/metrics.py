"""Metrics by name: those of the tasks, equal to those of `evaluate`. Other names use `evaluate`.

With two classes, `f1`, `precision` and `recall` are for class 1 (as in `evaluate`); with more classes, or several
labels per example, they are macro averages. `roc_auc` with more than two classes is one-versus-rest,
macro-averaged. With several labels per example, `accuracy` is the fraction of examples with all labels right.
"""

from __future__ import annotations

import difflib
import functools
import warnings
from typing import TYPE_CHECKING, Any

from nbtrain import format, tasks
from nbtrain.errors import DataError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from transformers import EvalPrediction

    from nbtrain.events import TaskSpec
    from nbtrain.tasks.base import EvaluationData
    from nbtrain.tasks.scores import Metric

GLUE: dict[str, dict[str, str]] = {
    "cola": {"matthews_correlation": "matthews_correlation"},
    "stsb": {"pearson": "pearsonr", "spearmanr": "spearmanr"},
    **{name: {"accuracy": "accuracy", "f1": "f1"} for name in ("mrpc", "qqp")},
    **{
        name: {"accuracy": "accuracy"}
        for name in ("sst2", "mnli", "mnli_matched", "mnli_mismatched", "qnli", "rte", "wnli", "hans", "ax")
    },
}
"""The metrics of each GLUE configuration, by the names of their results."""


def names() -> list[str]:
    """The metrics that need no network."""
    return [*built_in(), *(f"glue/{config}" for config in GLUE)]


def built_in() -> list[str]:
    """The metrics of all tasks."""
    return list(dict.fromkeys(name for task in tasks.every() for name in task.metrics))


def check(wanted: Iterable[str] | None, spec: TaskSpec) -> None:
    """Raises DataError if a metric is not defined for the task, is unknown and cannot be loaded, or needs what is not
    there. None stands for the defaults of the task.
    """
    task = tasks.get(spec.task)
    for name in task.default_metrics(spec) if wanted is None else wanted:
        parts = results_of(name)
        if parts is None:
            load(name)
            continue
        if missing := [metric for metric in parts.values() if metric not in task.metrics]:
            supported = format.listed(sorted({one.words for one in tasks.every() if missing[0] in one.metrics}))
            msg = (
                f'metrics: "{name}" is for {supported}, but this task is {task.words} (task = "{task.name}").\n'
                f"    Metrics for this task: {', '.join(task.metrics)}."
            )
            raise DataError(msg)
        for refusal in (task.metrics[metric].refusal for metric in parts.values()):
            if refusal is not None and (reason := refusal(spec)):
                raise DataError(f'metrics: "{name}" {reason}')


def misspelt(name: str) -> str | None:
    """The built-in metric closest to a misspelt `name`; None if `name` is built in or may be a metric of `evaluate`.

    The names are compared by `difflib`'s ratio. Short names and less similar ones are left to `evaluate`, which has
    metrics such as "mase" and "smape".
    """
    if results_of(name) is not None or len(name) < 5:
        return None
    matches = difflib.get_close_matches(name.lower(), names(), n=1, cutoff=0.8)
    return matches[0] if matches else None


def build(
    wanted: list[str] | None, spec: TaskSpec, of: EvaluationData | None = None
) -> Callable[[EvalPrediction], dict[str, float]]:
    """The function that a Trainer takes as `compute_metrics`.

    Args:
        wanted: Names of metrics; None for the defaults of the task.
        spec: The task for the data set.
        of: What is evaluated.

    Raises:
        DataError: As `check`.
    """
    task = tasks.get(spec.task)
    wanted = task.default_metrics(spec) if wanted is None else wanted
    check(wanted, spec)

    def compute_metrics(prediction: EvalPrediction) -> dict[str, float]:
        answers = task.answers(prediction.predictions, prediction.label_ids, spec, of)
        results: dict[str, float] = {}
        for name in wanted:
            parts = results_of(name)
            if parts is None:
                results |= _evaluate(name, answers)
            else:
                for result, metric in parts.items():
                    results |= _compute(result, task.metrics[metric], answers, spec)
        return results

    return compute_metrics


def results_of(name: str) -> dict[str, str] | None:
    """The built-in metrics that `name` consists of, by the names of their results; None if it is not built in."""
    if name in built_in():
        return {name: name}
    collection, _, config = name.partition("/")
    return GLUE.get(config) if collection == "glue" else None


def result_names(name: str, spec: TaskSpec) -> list[str] | None:
    """The names of the results of a metric for a data set; None if they are known only when it is computed."""
    parts = results_of(name)
    if parts is None:
        return None
    known = tasks.get(spec.task).metrics
    found: list[str] = []
    for result, metric in parts.items():
        several = known[metric].results if metric in known else None
        found += [result] if several is None else several(spec)
    return found


def _compute(result: str, metric: Metric, answers: Any, spec: TaskSpec) -> dict[str, float]:
    """The results, or NaN if they are undefined: a diverged model, constant predictions, a class without examples."""
    if not answers.are_finite:
        return dict.fromkeys([result] if metric.results is None else metric.results(spec), float("nan"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        computed = metric.compute(answers)
    return computed if isinstance(computed, dict) else {result: computed}


def _evaluate(name: str, answers: Any) -> dict[str, float]:
    """The numeric results of a metric of `evaluate`."""
    results = load(name).compute(predictions=answers.predictions, references=answers.references) or {}
    return {key: float(value) for key, value in results.items() if isinstance(value, (int, float)) or _is_scalar(value)}


def _is_scalar(value: Any) -> bool:
    return getattr(value, "shape", None) == ()


@functools.cache
def load(name: str) -> Any:
    """Load the metric `name` from `evaluate`, which downloads and runs its code.

    Raises:
        DataError: `evaluate` is not installed, the metric is unknown, or it cannot be loaded.
    """
    try:
        import evaluate
    except ImportError as problem:
        hint = did_you_mean(name, names())
        msg = (
            f'metrics: "{name}" is not built in, and `evaluate`, which has more metrics, is not installed.\n'
            f"    {hint + ' ' if hint else ''}Built in: {', '.join(built_in())}, and those of GLUE.\n"
            '    For others run: pip install "nbtrain[metrics]"'
        )
        raise DataError(msg) from problem

    from nbtrain.data.hub import hub_is_reachable
    from nbtrain.data.quiet import quiet

    head, _, config = name.partition("/")
    problems: list[Exception] = []
    with quiet():
        for path, configuration in [(name, None), *([(head, config)] if head and config else [])]:
            try:
                return evaluate.load(path, configuration)
            except (OSError, ValueError, ImportError) as problem:
                problems.append(problem)
    reason = str(problems[0]).splitlines()[0]
    if isinstance(problems[0], FileNotFoundError):
        reason = "no such metric on the Hub" if hub_is_reachable() else "the Hub is not reachable"
    hint = f"{did_you_mean(name, names())} ".lstrip()
    msg = (
        f'metrics: unknown metric "{name}": not built in, and `evaluate` cannot load it ({reason}).\n'
        f'    {hint}Built in: {", ".join(built_in())}, and those of GLUE, such as "glue/mrpc".'
    )
    raise DataError(msg) from problems[0]
