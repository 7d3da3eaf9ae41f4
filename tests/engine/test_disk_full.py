"""Saving checkpoints on a real disk of 2 MB that is full."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from transformers import Trainer

from nbtrain.engine.guards.disk_full import is_disk_full
from nbtrain.engine.stream import Stream
from nbtrain.events import Diagnosed, Paused, Saved, Stepped, Waiting
from tests.engine.test_guards import of, train

MakeTrainer = Callable[..., Any]


def fill(disk: Path, *, left: int) -> Path:
    """Leave `left` bytes of `disk`."""
    ballast = disk / "ballast"
    state = os.statvfs(disk)
    ballast.write_bytes(bytes(max(0, state.f_bavail * state.f_frsize - left)))
    return ballast


@pytest.mark.parametrize("left", [0, 4096, 20_000, 45_000, 60_000, 120_000, 150_000])
def test_a_full_disk_at_any_point_of_a_save(make_trainer: MakeTrainer, small_disk: Path, left: int) -> None:
    """In the weights (safetensors), the optimizer (torch), the JSON that comes last."""
    trainer = make_trainer("run", save_strategy="steps", save_steps=4, max_steps=8)
    trainer.args.output_dir = str(small_disk)
    ballast = fill(small_disk, left=left)
    events = []
    with Stream(trainer, guarded=True) as stream:
        for event in stream:
            events.append(event)
            if isinstance(event, Stepped) and event.step == 5:
                assert list(small_disk.glob("checkpoint-*")) == [], "the incomplete checkpoint is removed"
                ballast.unlink()
    assert [event.step for event in of(events, Saved)] == [8]
    (warning,) = of(events, Diagnosed)
    assert "disk is full" in warning.message
    assert (small_disk / "checkpoint-8" / "trainer_state.json").is_file()


def test_a_pause_at_the_end_of_an_epoch_still_happens(make_trainer: MakeTrainer, small_disk: Path) -> None:
    trainer = make_trainer("run", save_strategy="epoch")
    trainer.args.output_dir = str(small_disk)
    fill(small_disk, left=0)
    events = []
    with Stream(trainer, guarded=True) as stream:
        stream.control.attended = True
        stream.control.run_to_epoch_end()
        for event in stream:
            events.append(event)
            if isinstance(event, Waiting):
                stream.control.resume()
    assert [event.step for event in of(events, Diagnosed)] == [8, 16]
    assert [event.step for event in of(events, Paused)] == [8]


def test_the_best_checkpoint_is_one_that_exists(make_trainer: MakeTrainer, small_disk: Path) -> None:
    """The evaluation after step 4 is the best, but its checkpoint was not saved; the one after step 6 is loaded."""
    scores = iter([0.5, 0.9, 0.7, 0.6])
    options = {"save_steps": 2, "eval_steps": 2, "max_steps": 8, "save_strategy": "steps", "eval_strategy": "steps"}
    trainer = make_trainer("run", load_best_model_at_end=True, metric_for_best_model="score", **options)
    trainer.compute_metrics = lambda prediction: {"score": next(scores)}
    trainer.args.output_dir = str(small_disk)
    trainer.args.save_only_model = True
    with Stream(trainer, guarded=True) as stream:
        for event in stream:
            if isinstance(event, Stepped) and event.step == 4:
                ballast = fill(small_disk, left=4096)
            if isinstance(event, Stepped) and event.step == 5:
                ballast.unlink()
    assert trainer.state.best_global_step == 6
    assert Path(trainer.state.best_model_checkpoint).name == "checkpoint-6"


def test_another_error_while_saving(make_trainer: MakeTrainer, tmp_path: Path) -> None:
    """A file is at the path of the folder: there is a warning, and the next save is tried."""
    trainer = make_trainer("run", save_strategy="steps", save_steps=4, max_steps=8)
    Path(trainer.args.output_dir).mkdir(exist_ok=True)
    Path(trainer.args.output_dir, "checkpoint-4").write_text("in the way")
    events = train(trainer)
    assert [event.step for event in of(events, Saved)] == [8]
    (warning,) = of(events, Diagnosed)
    assert "was not saved" in warning.message
    assert "disk is full" not in warning.message


def test_an_error_in_the_users_code_is_raised(make_trainer: MakeTrainer) -> None:
    class Broken(Trainer):
        def _save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
            raise ValueError("too many values to unpack")

    with pytest.raises(ValueError, match="unpack"):
        train(make_trainer("run", trainer_class=Broken, save_strategy="steps", save_steps=4))


def test_an_error_after_saving(make_trainer: MakeTrainer) -> None:
    """For example an upload without a network: the checkpoint is complete."""

    class Uploads(Trainer):
        def _save_checkpoint(self, *args: Any, **kwargs: Any) -> None:
            super()._save_checkpoint(*args, **kwargs)
            raise ConnectionError("no route to the hub")

    trainer = make_trainer("run", trainer_class=Uploads, save_strategy="steps", save_steps=4, max_steps=4)
    events = train(trainer)
    assert [event.step for event in of(events, Saved)] == [4]
    assert "no route to the hub" in of(events, Diagnosed)[0].message
    assert Path(trainer.args.output_dir, "checkpoint-4", "trainer_state.json").is_file()


def test_errors_of_a_full_disk(small_disk: Path) -> None:
    import torch
    from safetensors.torch import save_file

    fill(small_disk, left=0)
    for save in (
        lambda: save_file({"a": torch.zeros(1000)}, small_disk / "a.safetensors"),
        lambda: torch.save({"a": torch.zeros(1000)}, small_disk / "a.pt"),
        lambda: (small_disk / "a.json").write_text("a" * 10_000),
    ):
        with pytest.raises(Exception, match=r".") as caught:
            save()
        assert is_disk_full(caught.value), caught.value
