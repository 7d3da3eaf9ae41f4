"""`compute_metrics` of a script, with only the metrics of its run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nbtrain import tasks
from nbtrain.export.text import indented, literal
from nbtrain.tasks import metrics
from nbtrain.tasks.sequence import SequenceTask

if TYPE_CHECKING:
    from nbtrain.events import TaskSpec
    from nbtrain.tasks.base import Task


@dataclass
class Metrics:
    """Source of `compute_metrics`, and its imports.

    Args:
        source: The function.
        imports: Names to import, by module; an empty list imports the module.
    """

    source: str
    imports: dict[str, list[str]] = field(default_factory=dict)


def compute_metrics(wanted: Iterable[str], spec: TaskSpec) -> Metrics:
    """A function for the metrics `wanted`, which gives the same names and numbers as nbtrain."""
    task = tasks.get(spec.task)
    if isinstance(task, SequenceTask):
        return _by_library(wanted, task, len(spec.labels))
    return _by_task(wanted, task, spec)


def _by_task(wanted: Iterable[str], task: Task, spec: TaskSpec) -> Metrics:
    """With the task's own function, which computes all of its metrics."""
    script = task.script(spec)
    assert script.scores is not None
    chosen = [result for name in wanted for result in metrics.result_names(name, spec) or ()]
    has_names = "names" in script.scores_of
    lines = [
        *([f"names = {literal(chosen)}"] if has_names else []),
        f"results = {script.scores.__name__}({', '.join(script.scores_of)})",
        f"return {{name: results[name] for name in {'names' if has_names else literal(chosen)}}}",
    ]
    return Metrics(f"def compute_metrics(prediction):\n{indented(chr(10).join(lines))}")


def _by_library(wanted: Iterable[str], task: SequenceTask, classes: int) -> Metrics:
    """With the functions of libraries."""
    found = Metrics("")
    entries, needs_probabilities = [], False
    for name in wanted:
        parts = metrics.results_of(name)
        if parts is None:
            found.imports.setdefault("evaluate", [])
            call = "compute(predictions=predictions, references=labels)"
            entries.append(f"**evaluate.load({_path(name)}).{call},")
            continue
        for result, metric in parts.items():
            needs_probabilities |= metric == "roc_auc"
            module, function = task.metrics[metric].code
            found.imports.setdefault(module, []).append(function)
            end = "[0]" if module == "scipy.stats" else ""
            entries.append(f"{literal(result)}: {function}({_arguments(metric, task, classes)}){end},")
    lines = [
        "logits = prediction.predictions[0] if isinstance(prediction.predictions, tuple) else prediction.predictions"
    ]
    lines += [f"labels = prediction.label_ids{task.label_ids_code}", f"predictions = {task.predictions_code}"]
    if needs_probabilities:
        found.imports.setdefault("scipy.special", []).append(task.probabilities_code.partition("(")[0])
        lines.append(f"probabilities = {task.probabilities_code}")
    body = "\n".join([*lines, "return {", *(indented(entry) for entry in entries), "}"])
    found.source = f"def compute_metrics(prediction):\n{indented(body)}"
    return found


def _arguments(metric: str, task: SequenceTask, classes: int) -> str:
    several = task.problem_type == "multi_label_classification"
    is_binary = classes == 2 and not several
    if metric in ("f1", "precision", "recall"):
        average = "" if is_binary else ', average="macro"'
        return f"labels, predictions{average}, zero_division=0"
    if metric == "roc_auc":
        if is_binary:
            return "labels, probabilities[:, 1]"
        way = 'average="macro"' if several else f'multi_class="ovr", labels=range({classes})'
        return f"labels, probabilities, {way}"
    return "labels, predictions"


def _path(name: str) -> str:
    """The arguments of `evaluate.load` for the metric that the run used."""
    head, _, config = name.partition("/")
    loaded = getattr(metrics.load(name), "config_name", None)
    return f"{literal(head)}, {literal(config)}" if config and loaded == config else literal(name)
