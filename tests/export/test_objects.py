"""The user's own functions and objects, as source."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import pytest

from nbtrain.errors import RunError
from nbtrain.export.objects import Objects

WEIGHTS = [0.25, 0.75]


def helper(values: np.ndarray[Any, Any]) -> float:
    return float(np.dot(values, WEIGHTS))


def compute_metrics(prediction: Any) -> dict[str, float]:
    return {"weighted": helper(prediction.predictions)}


def run_source(objects: Objects) -> dict[str, Any]:
    lines = [f"from {module} import {', '.join(names)}" for module, names in objects.imports.items() if names]
    lines += [f"import {module}" for module, names in objects.imports.items() if not names]
    space: dict[str, Any] = {}
    exec("\n".join(["from __future__ import annotations", *lines, *objects.definitions.values()]), space)
    return space


def test_a_function_comes_with_what_it_names() -> None:
    objects = Objects()
    assert objects.add("compute_metrics", compute_metrics) == "compute_metrics"
    assert list(objects.definitions) == ["WEIGHTS", "helper", "compute_metrics"]
    assert objects.imports == {"numpy as np": [], "typing": ["Any"]}

    class Prediction:
        predictions = np.array([1.0, 2.0])

    assert run_source(objects)["compute_metrics"](Prediction) == compute_metrics(Prediction)


def test_what_is_installed_is_imported() -> None:
    from transformers import EarlyStoppingCallback, TrainerCallback

    objects = Objects()
    assert objects.add("callbacks", TrainerCallback) == "TrainerCallback"
    early = EarlyStoppingCallback(early_stopping_patience=3)
    assert objects.add("callbacks", early) == "EarlyStoppingCallback(early_stopping_patience=3)"
    assert objects.imports == {"transformers": ["TrainerCallback", "EarlyStoppingCallback"]}
    assert not objects.definitions


def test_a_collator_with_the_tokenizer_of_the_run() -> None:
    from transformers import DataCollatorWithPadding

    tokenizer: Any = {"stands for": "a tokenizer"}
    objects = Objects(special=lambda value: "tokenizer" if value is tokenizer else None)
    collator = DataCollatorWithPadding(tokenizer, pad_to_multiple_of=8)
    assert (
        objects.add("data_collator", collator) == "DataCollatorWithPadding(tokenizer=tokenizer, pad_to_multiple_of=8)"
    )


def test_functions_and_classes_of_a_notebook() -> None:
    """IPython keeps the source of cells; `inspect` does not find that of their classes by itself."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.run_cell("from transformers import TrainerCallback\nimport math\nlimit = 3\n")
    shell.run_cell(
        "@staticmethod\ndef unused(): pass\n"
        "class Mine(TrainerCallback):\n"
        "    '''Says so.'''\n"
        "    def on_step_end(self, args, state, control, **kwargs):\n"
        "        if math.floor(state.global_step) == limit:\n"
        "            print('there')\n"
        "other = 1\n"
    )
    objects = Objects()
    assert objects.add("callbacks", shell.user_ns["Mine"]) == "Mine"
    assert set(objects.definitions) == {"limit", "Mine"}
    assert objects.definitions["Mine"].startswith("class Mine(TrainerCallback):")
    assert objects.definitions["Mine"].endswith("print('there')")
    assert objects.imports == {"math": [], "transformers": ["TrainerCallback"]}


def unfinished(prediction: Any) -> dict[str, float]:
    return {"x": not_there(prediction)}  # type: ignore[name-defined]  # noqa: F821


LOCK = object()


def uses_an_object(prediction: Any) -> dict[str, float]:
    return {"x": id(LOCK)}


class Forgets:
    def __init__(self, size: int) -> None:
        self.hidden = size


def main(prediction: Any) -> dict[str, float]:
    return {}


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (lambda prediction: {}, "a lambda"),
        (unfinished, "`not_there`, which is not defined"),
        (uses_an_object, "`LOCK`, an object of type object"),
        (functools.partial(helper, 1), "an object of type partial has no source"),
        (Forgets(3), "does not store its argument `size`"),
        (main, "two different things are called `main`"),
        ("$compute_metrics", "was an object, `$compute_metrics`, which is not in this process"),
    ],
)
def test_what_cannot_be_written_is_refused_by_its_name(value: Any, said: str) -> None:
    with pytest.raises(RunError) as refused:
        Objects().add("compute_metrics", value)
    message, fix = str(refused.value).split("\n    ")
    assert message.startswith("`compute_metrics` cannot be exported") and said in message
    assert fix.endswith(".")
