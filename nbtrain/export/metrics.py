"""`compute_metrics` of a script, with only the metrics of its run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from nbtrain.export.text import indented, literal
from nbtrain.tasks import metrics

PREDICTIONS = {
    metrics.SINGLE: "logits.argmax(axis=1)",
    metrics.MULTI: "(logits > 0).astype(int)",
    metrics.REGRESSION: 'logits.reshape(-1).astype("float64")',
}

SKLEARN = {
    "accuracy": "accuracy_score",
    "f1": "f1_score",
    "precision": "precision_score",
    "recall": "recall_score",
    "matthews_correlation": "matthews_corrcoef",
    "roc_auc": "roc_auc_score",
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
}

SCIPY = ("pearsonr", "spearmanr")


@dataclass
class Metrics:
    """Source of `compute_metrics`, and its imports.

    Args:
        source: The function.
        imports: Names to import, by module; an empty list imports the module.
    """

    source: str
    imports: dict[str, list[str]] = field(default_factory=dict)


def compute_metrics(wanted: Iterable[str], problem_type: str, classes: int) -> Metrics:
    """A function for the metrics `wanted`, which gives the same names and numbers as nbtrain."""
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
            module, function = _function(metric)
            found.imports.setdefault(module, []).append(function)
            entries.append(f"{literal(result)}: {function}({_arguments(metric, problem_type, classes)}){_end(metric)},")
    lines = [
        "logits = prediction.predictions[0] if isinstance(prediction.predictions, tuple) else prediction.predictions"
    ]
    lines += [f"labels = {_labels(problem_type)}", f"predictions = {PREDICTIONS[problem_type]}"]
    if needs_probabilities:
        function = "expit" if problem_type == metrics.MULTI else "softmax"
        axis = "" if problem_type == metrics.MULTI else ", axis=1"
        found.imports.setdefault("scipy.special", []).append(function)
        lines.append(f'probabilities = {function}(logits.astype("float64"){axis})')
    body = "\n".join([*lines, "return {", *(indented(entry) for entry in entries), "}"])
    found.source = f"def compute_metrics(prediction):\n{indented(body)}"
    return found


def _function(metric: str) -> tuple[str, str]:
    """Module and name of the library function that computes a built-in metric."""
    return ("scipy.stats", metric) if metric in SCIPY else ("sklearn.metrics", SKLEARN[metric])


def _arguments(metric: str, problem_type: str, classes: int) -> str:
    is_binary = problem_type == metrics.SINGLE and classes == 2
    if metric in ("f1", "precision", "recall"):
        average = "" if is_binary else ', average="macro"'
        return f"labels, predictions{average}, zero_division=0"
    if metric == "roc_auc":
        if is_binary:
            return "labels, probabilities[:, 1]"
        way = 'average="macro"' if problem_type == metrics.MULTI else f'multi_class="ovr", labels=range({classes})'
        return f"labels, probabilities, {way}"
    return "labels, predictions"


def _end(metric: str) -> str:
    return "[0]" if metric in SCIPY else ""


def _labels(problem_type: str) -> str:
    kind = {metrics.MULTI: ".astype(int)", metrics.REGRESSION: '.reshape(-1).astype("float64")'}.get(problem_type, "")
    return f"prediction.label_ids{kind}"


def _path(name: str) -> str:
    """The arguments of `evaluate.load` for the metric that the run used."""
    head, _, config = name.partition("/")
    loaded = getattr(metrics.load(name), "config_name", None)
    return f"{literal(head)}, {literal(config)}" if config and loaded == config else literal(name)
