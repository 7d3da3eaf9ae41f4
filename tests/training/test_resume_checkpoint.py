"""The checkpoint from which a run continues another one: it has the keys that the user gave, in its own directory."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbtrain
from nbtrain import ConfigError, Run, RunError
from nbtrain.events import Saved, journal
from nbtrain.training.checkpoints import complete_checkpoints

Train = Callable[..., Run]


class Commands:
    """Steers a run after the steps that are named."""

    def __init__(self, commands: dict[int, Callable[[Any], None]]) -> None:
        self._commands = dict(commands)
        self._control: Any = None

    def steer(self, control: Any) -> None:
        self._control = control

    def update(self, state: Any, event: Any) -> None:
        if event.type == "stepped" and event.step in self._commands:
            self._commands.pop(event.step)(self._control)


@pytest.fixture
def train(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Fine-tune the tiny model: 7 steps an epoch, 2 epochs; from a file, so that any process can resume it."""
    monkeypatch.chdir(tmp_path)
    pairs.to_csv("pairs.csv", index=False)

    def run(commands: dict[int, Callable[[Any], None]] | None = None, keeps: Any = "all", **keys: Any) -> Run:
        defaults: dict[str, Any] = dict(
            model=str(tiny_model), train="pairs.csv", text=["left", "right"], use_cpu=True, learning_rate=1e-3,
            num_train_epochs=2,
        )  # fmt: skip
        if keeps is not None:
            defaults["save_total_limit"] = keeps
        return nbtrain.finetune(views=[Commands(commands or {})], **{**defaults, **keys})

    return run


def weights(run: Run) -> bytes:
    return (run.directory / "model" / "model.safetensors").read_bytes()


def stop(control: Any) -> None:
    control.stop()


def rates(run: Run) -> list[float]:
    return list(run.history["learning_rate"])


def test_a_learning_rate_is_the_peak_also_after_one_was_set_by_hand(train: Train) -> None:
    by_hand = train({2: lambda control: control.set(learning_rate=5e-4), 5: stop}, num_train_epochs=1)
    assert nbtrain.finetune(resume=by_hand, views=[]).history["learning_rate"][5] == pytest.approx(5e-4 * 2 / 5)
    renewed = nbtrain.finetune(resume=by_hand, views=[], learning_rate=7e-3)
    assert rates(renewed)[5:] == pytest.approx([7e-3 * left / 7 for left in (2, 1)])
    back = nbtrain.finetune(resume=by_hand, views=[], learning_rate=1e-3)
    assert rates(back)[5:] == pytest.approx([1e-3 * left / 7 for left in (2, 1)]), "what is written holds"


def test_more_epochs_go_on_at_the_rate_of_the_longer_schedule(train: Train) -> None:
    short = train(num_train_epochs=1)
    longer = short.branch(num_train_epochs=2, views=[])
    assert rates(longer)[7:] == pytest.approx([1e-3 * left / 14 for left in range(7, 0, -1)])
    assert rates(longer)[:7] == rates(short)


def test_the_schedule_takes_another_shape(train: Train) -> None:
    run = train({3: stop}, lr_scheduler_type="cosine")
    resumed = run.branch(warmup_steps=6, views=[])
    assert rates(resumed)[3:7] == pytest.approx([1e-3 * step / 6 for step in (3, 4, 5, 6)])


@pytest.mark.parametrize("keys", [{"per_device_train_batch_size": 4}, {"gradient_accumulation_steps": 2}])
def test_at_the_end_of_an_epoch_steps_may_get_another_size(train: Train, keys: dict[str, int]) -> None:
    run = train(num_train_epochs=3, metric_for_best_model="loss", load_best_model_at_end=True)
    per_epoch = 14 if "per_device_train_batch_size" in keys else 4
    branch = run.branch(step=14, views=[], **keys)
    assert branch.state.started is not None
    assert (branch.state.started.step, branch.state.max_steps) == (2 * per_epoch, 3 * per_epoch)
    assert list(branch.metrics["step"]) == [per_epoch, 2 * per_epoch, 3 * per_epoch]
    assert list(branch.metrics["loss"][:2]) == list(run.metrics["loss"][:2])
    assert list(branch.metrics["epoch"]) == [1.0, 2.0, 3.0]
    own = branch.history[branch.history["step"] > 2 * per_epoch]
    assert list(own["learning_rate"]) == pytest.approx(
        [1e-3 * left / (3 * per_epoch) for left in range(per_epoch, 0, -1)]
    )
    assert own["examples"].sum() == 54
    again = branch.branch(step=2 * per_epoch, views=[])
    assert weights(again) == weights(branch)


def test_in_the_middle_of_an_epoch_they_may_not(train: Train) -> None:
    run = train({3: stop})
    with pytest.raises(ConfigError, match=r"cannot change from 8 to 4 .* step 3 is in the middle of an epoch"):
        run.branch(per_device_train_batch_size=4)


def test_the_directory_is_complete_in_itself(train: Train) -> None:
    run = train(num_train_epochs=3, load_best_model_at_end=True, metric_for_best_model="loss")
    files = {path: path.read_bytes() for path in run.directory.rglob("*") if path.is_file()}
    branch = run.branch(step=14, learning_rate=1e-4, views=[])
    resumed = run.branch(step=14, views=[])
    assert {path: path.read_bytes() for path in run.directory.rglob("*") if path.is_file()} == files
    linked = Path("start", "checkpoint-14", "model.safetensors")
    assert os.stat(branch.directory / linked).st_ino == os.stat(run.directory / "checkpoint-14" / linked.name).st_ino
    shutil.rmtree(run.directory)
    for child in (branch, resumed):
        again = Run.load(child.directory)
        assert list(again.history["step"]) == list(range(1, 22))
        assert len(again.metrics) == 3
        for event in again.state.evaluations:
            assert event.file is not None and (child.directory / event.file).is_file()
    assert weights(resumed.branch(step=14, views=[])) == weights(resumed)
    assert weights(resumed) == files[run.directory / "model" / "model.safetensors"]


def test_a_run_without_a_checkpoint_begins_again(train: Train) -> None:
    whole = train()
    cut = train({3: stop})
    path = cut.directory / journal.FILE_NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: next(at for at, line in enumerate(lines) if b'"saved"' in line)]))
    resumed = nbtrain.finetune(resume=cut.directory, views=[])
    assert weights(resumed) == weights(whole)
    assert list(resumed.history["step"]) == list(range(1, 15))
    assert resumed.state.prepared is not None
    assert "it had no checkpoint yet" in resumed.state.prepared.notes[0]


def test_what_was_killed_while_it_ended_is_ended(train: Train) -> None:
    whole = train()
    path = whole.directory / journal.FILE_NAME
    expected = weights(whole)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: 1 + next(at for at, line in enumerate(lines) if b'"checkpoint-14"' in line)]))
    shutil.rmtree(whole.directory / "model")
    resumed = nbtrain.finetune(resume=whole.directory, views=[])
    assert weights(resumed) == expected
    assert list(resumed.metrics["epoch"]) == [1.0, 2.0]


def test_the_patience_of_an_early_stopping_goes_on(train: Train) -> None:
    keys = dict(
        num_train_epochs=6, early_stopping_patience=2, metric_for_best_model="accuracy", greater_is_better=False
    )
    whole = train(**keys, learning_rate=1e-9)
    assert whole.state.step == 21, "the metric stays as it is: two more epochs, then the end"
    resumed = whole.branch(step=14, views=[])
    assert resumed.state.step == 21
    assert weights(resumed) == weights(whole)


def test_objects_are_looked_up_again(train: Train, pairs: pd.DataFrame) -> None:
    run = train({3: stop}, train=pairs)
    loaded = Run.load(run.directory)
    with pytest.raises(ConfigError, match=r"`train` was an object of type DataFrame(.|\n)*Pass it again"):
        nbtrain.finetune(resume=loaded, views=[])
    assert nbtrain.finetune(resume=loaded, train=pairs, views=[]).status == "finished"
    with pytest.raises(ConfigError, match="train data has changed"):
        nbtrain.finetune(resume=loaded, train=pairs.iloc[::-1], views=[])


def test_half_deleted_and_half_written_ones_do_not_count(train: Train) -> None:
    run = train(save_strategy="steps", save_steps=3)
    assert sorted(complete_checkpoints(run.directory)) == [3, 6, 9, 12, 14]
    (run.directory / "checkpoint-12" / "optimizer.pt").unlink()
    assert sorted(complete_checkpoints(run.directory)) == [3, 6, 9, 14]
    (run.directory / "checkpoint-9").rename(run.directory / "replaced-checkpoint-9")
    (run.directory / "checkpoint-9").mkdir()
    assert complete_checkpoints(run.directory)[9].name == "replaced-checkpoint-9", "a new version was being written"
    with pytest.raises(RunError, match="no checkpoint at step 12"):
        run.branch(step=12)


def test_with_a_limit_the_old_one_goes_after_the_new_one_counts(train: Train, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []

    class Watching:
        def update(self, state: Any, event: Any) -> None:
            if isinstance(event, Saved):
                folder = Path(state.directory)
                seen.append(sorted(path.name for path in folder.glob("checkpoint-*")))

    run = nbtrain.finetune(
        model=str(train().config["model"]), train="pairs.csv", text=["left", "right"], use_cpu=True, views=[Watching()],
        num_train_epochs=3, save_total_limit=1,
    )  # fmt: skip
    assert seen == [["checkpoint-7"], ["checkpoint-14", "checkpoint-7"], ["checkpoint-14", "checkpoint-21"]]
    assert sorted(path.name for path in run.directory.glob("checkpoint-*")) == ["checkpoint-21"]
    assert list(run.checkpoints["kept"]) == [False, False, True]
    assert run.trainer.args.save_total_limit == 1
    import torch

    assert torch.load(run.directory / "checkpoint-21" / "training_args.bin", weights_only=False).save_total_limit == 1


def test_what_the_user_saved_by_hand_stays(train: Train) -> None:
    def save(control: Any) -> None:
        control.checkpoint()

    run = train({3: save, 10: save}, keeps=None, num_train_epochs=3, learning_rate=1e-9)
    assert list(run.checkpoints["step"][run.checkpoints["kept"]]) == [3, 7, 10, 21]
    assert sorted(path.name for path in run.directory.glob("checkpoint-*")) == [
        "checkpoint-10", "checkpoint-21", "checkpoint-3", "checkpoint-7",
    ]  # fmt: skip


def test_where_there_is_little_room_the_last_two_and_the_best_stay(
    train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nbtrain.training.checkpoints.MAX_DISK_SHARE", 0.0)
    run = train(num_train_epochs=6, metrics=["accuracy"], learning_rate=1e-9)
    assert list(run.metrics["accuracy"]) == [run.metrics["accuracy"][0]] * 6, "so the first one is the best"
    assert list(run.checkpoints["step"][run.checkpoints["kept"]]) == [7, 35, 42]
    assert sorted(path.name for path in run.directory.glob("checkpoint-*")) == [
        "checkpoint-35", "checkpoint-42", "checkpoint-7",
    ]  # fmt: skip
    assert [event.path for event in run.state.pruned] == [f"checkpoint-{step}" for step in (14, 21, 28)]


def test_what_was_to_come_after_a_checkpoint_in_its_step_comes(train: Train) -> None:
    """It is saved at the end of its step, and the evaluation of the epoch comes after that."""
    keys = dict(save_strategy="steps", save_steps=7, load_best_model_at_end=False)
    whole = train(**keys)
    resumed = whole.branch(step=7, views=[])
    assert list(resumed.metrics["epoch"]) == [1.0, 2.0]
    assert list(resumed.metrics["loss"]) == list(whole.metrics["loss"])
    assert weights(resumed) == weights(whole)
    assert [event.type for event in resumed._events() if event.type == "epochended"] == ["epochended"] * 2
