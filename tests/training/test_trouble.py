"""Failing runs, end to end: what is kept, what is reported, and that the next run can train."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch
from transformers import Trainer, TrainerCallback

import nbtrain
from nbtrain import Run
from nbtrain.errors import NotEnoughMemoryError
from nbtrain.events import Diagnosed, Ended, Nonfinite, Split, journal

Finetune = Callable[..., Run]


@pytest.fixture
def finetune(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> Finetune:
    def run(folder: Path | None = None, **keys: Any) -> Run:
        defaults: dict[str, Any] = dict(num_train_epochs=2, learning_rate=1e-3, use_cpu=True, views=[])
        return nbtrain.finetune(
            model=str(tiny_model), train=pairs, text=["left", "right"], output_dir=str(folder or tmp_path / "run"),
            **{**defaults, **keys},
        )  # fmt: skip

    return run


class Spoiled(Trainer):
    """The loss of its fourth step is not a number."""

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        loss = super().compute_loss(model, inputs, *args, **kwargs)
        return loss * math.nan if model.training and self.state.global_step == 3 else loss


def test_a_loss_that_is_not_finite_stops_a_script(finetune: Finetune) -> None:
    run = finetune(trainer_class=Spoiled)
    assert run.status == "stopped"
    assert len(run.history) == 4
    events = list(journal.read(run.directory))
    (found,) = [event for event in events if isinstance(event, Nonfinite)]
    assert found.step == 3
    assert len(found.texts) == 8
    assert "[SEP]" in found.texts[0]
    assert "[PAD]" not in found.texts[0]
    said = [event.message for event in events if isinstance(event, Diagnosed)]
    assert any("The loss of a batch of step 4 is nan" in message for message in said)
    loaded = Run.load(run.directory)
    assert loaded.status == "stopped"
    assert loaded.predict([("the cat", "a dog")])["probability"].between(0, 1).all(), "the weights are sound"


class Small(Trainer):
    """No more than two examples fit, neither in training nor in prediction."""

    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if len(inputs["input_ids"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")
        return super().compute_loss(model, inputs, *args, **kwargs)


def test_a_run_that_is_too_large_finishes_in_pieces(finetune: Finetune, pairs: pd.DataFrame) -> None:
    run = finetune(trainer_class=Small)
    assert run.status == "finished"
    assert len(run.predictions) == 6
    events = list(journal.read(run.directory))
    assert [event.parts for event in events if isinstance(event, Split)] == [2, 4]
    said = " ".join(event.message for event in events if isinstance(event, Diagnosed))
    assert "per_device_train_batch_size = 2" in said
    assert "per_device_eval_batch_size" in said
    assert len(run.predict(pairs.head(20))) == 20, "the handle predicts in pieces, too"


class TooSmall(Trainer):
    def compute_loss(self, model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")


def test_the_next_one_trains_after_one_that_did_not_fit(finetune: Finetune, tmp_path: Path) -> None:
    with pytest.raises(NotEnoughMemoryError, match="one example at a time") as caught:
        finetune(trainer_class=TooSmall)
    assert Run.load(tmp_path / "run").status == "failed"
    assert caught.value._render_traceback_()[0].startswith("Out of memory")
    assert finetune(tmp_path / "next").status == "finished"


class Filler(TrainerCallback):
    """Fills the disk of `folder` after the last step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        disk = os.statvfs(self.folder)
        self.folder.joinpath("ballast").write_bytes(bytes(disk.f_bavail * disk.f_frsize - 28_672))


def test_a_model_that_does_not_fit_on_the_disk_leaves_no_torn_folder(finetune: Finetune, small_disk: Path) -> None:
    run = finetune(small_disk / "run", callbacks=[Filler(small_disk)], save_strategy="no")
    assert run.status == "finished"
    left = sorted(path.name for path in run.directory.iterdir())
    assert not [name for name in left if name.startswith("model")], left
    assert len(run.predict([("the cat", "a dog")])) == 1, "the weights are in memory"
    events = list(journal.read(run.directory))
    assert any("Could not write `model`" in event.message for event in events if isinstance(event, Diagnosed))
    assert isinstance(events[-1], Ended)


class CannotPredict(Trainer):
    def predict(self, *args: Any, **kwargs: Any) -> Any:
        raise ValueError("no prediction today")


def test_weights_are_kept_where_the_predictions_fail(finetune: Finetune, tmp_path: Path) -> None:
    finetune(trainer_class=CannotPredict, eval_strategy="no")
    run = Run.load(tmp_path / "run")
    assert run.status == "finished"
    assert "no prediction today" in run.state.messages[-1].message
    assert len(run.predict([("the cat", "a dog")])) == 1
