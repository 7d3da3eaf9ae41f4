"""A stop while the model generates, at an evaluation or at the end: it ends at once, and everything is kept."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbtrain
from nbtrain.config import from_mapping
from nbtrain.errors import RunInterrupted
from nbtrain.training.finetune import Finetuning
from scripts.demo_data.seq2seq import make_model, rows
from tests.training.test_language_models import CHAT, TEXTS

TASKS = ["chat", "causal_lm", "seq2seq"]

pytestmark = pytest.mark.trainer


@pytest.fixture(scope="session")
def tiny_t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch

    torch.set_num_threads(1)
    return make_model(tmp_path_factory.mktemp("tiny-t5"), width=16)


@pytest.fixture
def keys(request: pytest.FixtureRequest, tiny_decoder: Path, tiny_t5: Path, tmp_path: Path) -> dict[str, Any]:
    task = request.param
    data = {
        "chat": CHAT,
        "causal_lm": pd.DataFrame({"text": TEXTS}),
        "seq2seq": pd.DataFrame(rows(60), columns=["source", "target"]),
    }
    found: dict[str, Any] = {"model": str(tiny_t5 if task == "seq2seq" else tiny_decoder), "train": data[task]}
    found |= {"task": task, "use_cpu": True, "num_train_epochs": 2, "output_dir": str(tmp_path / "run")}
    return found | ({"generation_max_length": 40} if task == "seq2seq" else {"max_new_tokens": 40})


def asking(model: Any, ask: Callable[[], None], after: int) -> list[int]:
    """Call `ask` when the model generates the token number `after` in all; the list counts those that it generates."""
    count = [0]

    def look(module: Any, args: Any, kwargs: Any) -> None:
        if module.training or kwargs.get("labels") is not None:
            return
        count[0] += 1
        if count[0] == after:
            ask()

    model.register_forward_pre_hook(look, with_kwargs=True)
    return count


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.parametrize("keys", TASKS, indirect=True)
@pytest.mark.parametrize(
    ("how", "best"),
    [
        ("interrupt", False),
        *(
            pytest.param(*case, marks=pytest.mark.full)
            for case in (("interrupt", True), ("stop", False), ("stop", True))
        ),
    ],
)
def test_an_evaluation_ends_at_once(keys: dict[str, Any], how: str, best: bool) -> None:
    if best:
        keys |= {"load_best_model_at_end": True, "metric_for_best_model": "loss"}
    finetuning = Finetuning(from_mapping({**keys, "eval_strategy": "steps", "eval_steps": 2, "save_steps": 2,
                                          "save_strategy": "steps"}))  # fmt: skip
    stored = finetuning.prepare()
    run = nbtrain.Run(stored)

    def stop() -> None:
        interrupt() if how == "interrupt" else run.stop()

    count = asking(stored.model.trainer.model, stop, after=4)
    if how == "interrupt":
        with pytest.raises(RunInterrupted, match=r"^Interrupted at step 2 of 14\. The weights so far are kept\.$"):
            finetuning.train()
    else:
        finetuning.train()
    assert 4 <= count[0] <= 5, "not the rest of the text"
    assert run.status == ("interrupted" if how == "interrupt" else "stopped")
    assert (run.state.step, len(run.history)) == (2, 2)
    assert len(run.metrics) == (0 if keys["task"] == "seq2seq" else 1), "no numbers of a part of the data"
    [note] = [one.message for one in run.state.messages if "not finished" in one.message]
    assert "after step 2" in note and not any(one.level == "warning" for one in run.state.messages)
    assert list(run.checkpoints["step"]) == [2]
    assert (run.directory / "model" / "config.json").is_file()
    resumed = nbtrain.finetune(resume=run.directory, train=keys["train"], views=[], num_train_epochs=1)
    assert (resumed.status, resumed.state.step) == ("finished", 7)
    assert len(resumed.predictions) > 0


@pytest.mark.parametrize("keys", TASKS, indirect=True)
def test_what_is_generated_at_the_end(keys: dict[str, Any]) -> None:
    finetuning = Finetuning(from_mapping({**keys, "max_steps": 2, "eval_strategy": "no"}))
    stored = finetuning.prepare()
    count = asking(stored.model.trainer.model, interrupt, 5)
    with pytest.raises(RunInterrupted, match=r"^Interrupted at step 2 of 2\. The run is complete\.$"):
        finetuning.train()
    assert 5 <= count[0] <= 6
    assert stored.state.status == "finished"
    assert nbtrain.Run.load(stored.directory).model is not None


@pytest.mark.parametrize("keys", ["seq2seq"], indirect=True)
def test_an_evaluation_that_was_asked_for(keys: dict[str, Any]) -> None:
    finetuning = Finetuning(from_mapping({**keys, "eval_strategy": "no"}), [_Evaluate(2)])
    stored = finetuning.prepare()
    asking(stored.model.trainer.model, interrupt, 5)
    with pytest.raises(RunInterrupted, match=r"^Interrupted at step 2 of 14\."):
        finetuning.train()
    assert [one.step for one in stored.state.checkpoints] == [2]


class _Evaluate:
    """Asks for an evaluation after a step."""

    def __init__(self, step: int) -> None:
        self._step = step

    def steer(self, control: Any) -> None:
        self._control = control

    def update(self, state: Any, event: Any) -> None:
        if event.type == "stepped" and event.step == self._step:
            self._control.evaluate()
