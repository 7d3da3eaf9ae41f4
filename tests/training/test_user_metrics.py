"""The user's own `compute_metrics`: all that it gives is kept, and a forgotten `return` is said before training."""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nbtrain
from nbtrain.errors import ConfigError
from nbtrain.training.user_metrics import checked


def forgotten(prediction: Any) -> None:
    accuracy = (prediction.predictions.argmax(1) == prediction.label_ids).mean()
    dict(accuracy=accuracy)


def bare_return(prediction: Any) -> None:
    if prediction is None:
        return
    print(prediction)


def sometimes(prediction: Any) -> Any:
    if prediction:
        return {"accuracy": 1.0}
    return None


def raises(prediction: Any) -> Any:
    raise NotImplementedError


class Scores:
    def __call__(self, prediction: Any) -> None:
        pass

    def scores(self, prediction: Any) -> None:
        pass


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (forgotten, "`forgotten`"),
        (bare_return, "`bare_return`"),
        (lambda prediction: None, "a lambda"),
        (functools.partial(forgotten), "`forgotten`"),
        (Scores(), "`__call__`"),
        (Scores().scores, "`scores`"),
    ],
)
def test_a_forgotten_return_is_known_without_a_call(function: Any, name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(function)
    [problem] = caught.value.problems
    assert problem.key == "compute_metrics"
    assert f"{name} (test_user_metrics.py, line " in problem.message and "returns nothing" in problem.message
    assert "return {" in (problem.fix or "")


def test_the_line_is_that_of_the_function() -> None:
    with pytest.raises(ConfigError, match=rf"line {forgotten.__code__.co_firstlineno}\)"):
        checked(forgotten)
    cell: dict[str, Any] = {}
    exec(compile("\n\ndef scores(prediction):\n    pass", "<cell>", "exec"), cell)
    with pytest.raises(ConfigError, match="line 3 of its cell"):
        checked(cell["scores"])


@pytest.mark.parametrize(
    "function",
    [
        sometimes,
        raises,
        dict,
        max,
        lambda prediction: prediction,
        lambda prediction: {"accuracy": 1.0} if prediction else None,
        lambda prediction: prediction or None,
        lambda prediction: (yield),
    ],
)
def test_other_functions_are_taken(function: Any) -> None:
    assert callable(checked(function))


@pytest.mark.parametrize("result", [0.5, [0.5], (1, 2), "accuracy", np.float64(1)])
def test_a_result_that_is_no_dict(result: Any) -> None:
    with pytest.raises(ConfigError) as caught:
        checked(lambda prediction: result)(None)
    assert type(result).__name__ in caught.value.problems[0].message


def test_a_batch_before_the_last_needs_no_result() -> None:
    def scores(prediction: Any, compute_result: bool = False) -> Any:
        return {"accuracy": 1.0} if compute_result else None

    assert checked(scores)(None, compute_result=False) == {}
    assert checked(scores)(None, compute_result=True) == {"accuracy": 1.0}


def test_results_are_of_json() -> None:
    given = {"a": np.eye(2), "b": [np.float32(0.5)], 3: "text", "d": {"x": (1, None)}, "e": np.int64(7), "f": True}
    assert checked(lambda prediction: given)(None) == {
        "a": [[1.0, 0.0], [0.0, 1.0]], "b": [0.5], "3": "text", "d": {"x": [1, None]}, "e": 7, "f": True,
    }  # fmt: skip


def test_all_results_are_kept_in_the_run_and_in_its_checkpoints(
    tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path
) -> None:
    import torch

    def compute_metrics(prediction: Any) -> dict[str, Any]:
        per_class = torch.tensor([0.25, 0.75])
        return {"confusion": np.eye(2, dtype=int), "accuracy": np.float32(0.5), "per_class": per_class, "note": "ok"}

    keys: dict[str, Any] = dict(text=["left", "right"], use_cpu=True, views=[], output_dir=str(tmp_path / "run"))
    run = nbtrain.finetune(
        model=str(tiny_model), train=pairs, compute_metrics=compute_metrics, num_train_epochs=2, **keys
    )
    assert run.status == "finished"
    for table in (run.metrics, nbtrain.Run.load(run.directory).metrics):
        assert table["confusion"].tolist() == [[[1, 0], [0, 1]]] * 2
        assert table["per_class"].tolist() == [[0.25, 0.75]] * 2
        assert (table["accuracy"].tolist(), table["note"].tolist()) == ([0.5, 0.5], ["ok", "ok"])
    state = json.loads(next(run.directory.glob("checkpoint-*/trainer_state.json")).read_text())
    found = [each["eval_confusion"] for each in state["log_history"] if "eval_confusion" in each]
    assert found[0] == [[1, 0], [0, 1]]
