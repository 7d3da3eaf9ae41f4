"""Going on with runs: after a stop, from an earlier checkpoint, with other keys; and finding them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbtrain
from nbtrain.errors import ConfigError, RunError
from nbtrain.events import Event, Stepped
from nbtrain.events.state import RunState
from nbtrain.runs.find import all_runs, find
from nbtrain.runs.listing import Listing
from nbtrain.training.resume import checkpoints

Train = Callable[..., nbtrain.Run]


class StopAfter:
    """Stops a run after a step, as the panel does."""

    def __init__(self, step: int) -> None:
        self._step = step
        self._control: Any = None

    def steer(self, control: Any) -> None:
        self._control = control

    def update(self, state: RunState, event: Event) -> None:
        if isinstance(event, Stepped) and event.step == self._step:
            self._control.stop()


@pytest.fixture
def train(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Fine-tune the tiny model: 14 steps an epoch, 2 epochs."""
    monkeypatch.chdir(tmp_path)

    def run(stop: int | None = None, **keys: Any) -> nbtrain.Run:
        defaults: dict[str, Any] = dict(
            model=str(tiny_model), train=pairs, text=["left", "right"], label="label", use_cpu=True,
            per_device_train_batch_size=4, num_train_epochs=2, learning_rate=1e-3, save_total_limit="all",
        )  # fmt: skip
        return nbtrain.finetune(views=[StopAfter(stop)] if stop else [], **{**defaults, **keys})

    return run


def weights(run: nbtrain.Run) -> dict[str, Any]:
    return {name: value.clone() for name, value in run.model.state_dict().items()}


def same(left: dict[str, Any], right: dict[str, Any]) -> bool:
    return all(bool((left[name] == right[name]).all()) for name in left)


@pytest.mark.parametrize("stop", [5, *(pytest.param(stop, marks=pytest.mark.full) for stop in (14, 20))])
def test_what_was_stopped_goes_on_to_the_same_end(train: Train, stop: int) -> None:
    whole = train()
    expected, history = weights(whole), whole.history
    stopped = train(stop=stop)
    assert stopped.status == "stopped"
    resumed = nbtrain.finetune(resume=Path(stopped.directory), train=stopped.config["train"], views=[])
    assert same(weights(resumed), expected)
    assert resumed.directory != stopped.directory
    assert list(resumed.history["step"]) == list(range(1, 29))
    assert list(resumed.history["loss"]) == pytest.approx(list(history["loss"]), rel=1e-6)
    assert list(resumed.metrics["step"]) == [14, 28]
    assert resumed.state.branched is not None
    assert resumed.state.branched.parent == stopped.id
    assert any("Continues run" in note for note in resumed.state.prepared.notes)  # type: ignore[union-attr]


def test_branches_of_a_run(train: Train) -> None:
    run = train()
    assert list(run.checkpoints["step"]) == [14, 28]
    assert run.checkpoints["kept"].all()
    slower = run.branch(step=14, learning_rate=1e-4, weight_decay=0.1)
    rates, before = slower.history["learning_rate"], run.history["learning_rate"]
    assert list(rates[:14]) == list(before[:14])
    assert list(rates[14:]) == pytest.approx(list(before[14:] / 10))
    assert slower.trainer.args.weight_decay == 0.1
    assert slower.state.branched.changes == [  # type: ignore[union-attr]
        "learning_rate 0.001 -> 1e-4", "weight_decay 0 -> 0.1",
    ]  # fmt: skip
    again = slower.branch(step=28, num_train_epochs=3)
    assert list(again.history["step"]) == list(range(1, 43))
    assert len(again.plot().axes[0].lines) > len(run.plot().axes[0].lines) + 2, "those before are in the chart"
    assert not same(weights(slower), weights(again))


def test_more_epochs_after_the_end(train: Train) -> None:
    run = train(num_train_epochs=1)
    with pytest.raises(ConfigError, match=r"nothing is left to train(.|\n)*num_train_epochs = 2"):
        run.branch()
    assert list(run.branch(num_train_epochs=2).metrics["epoch"]) == [1.0, 2.0]


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("model", "other", "checkpoint.s weights"),
        ("max_length", 8, "trained on that data"),
        ("seed", 1, "order of the data"),
        ("optim", "sgd", "optimizer state"),
        ("per_device_train_batch_size", 2, "step 5 is in the middle of an epoch"),
        ("gradient_accumulation_steps", 2, "step 5 is in the middle of an epoch"),
    ],
)
def test_what_cannot_change(train: Train, key: str, value: Any, reason: str) -> None:
    run = train(stop=5)
    before = sorted(Path("nbtrain_runs").iterdir())
    with pytest.raises(ConfigError, match=f"`{key}` cannot change from .*{reason}"):
        run.branch(**{key: value})
    assert sorted(Path("nbtrain_runs").iterdir()) == before, "no trace of the attempt"


def test_a_step_without_a_checkpoint_names_those_with_one(train: Train) -> None:
    run = train(num_train_epochs=1)
    with pytest.raises(RunError, match=r"at: 14(.|\n)*step=14"):
        run.branch(step=20)
    none = train(num_train_epochs=1, save_strategy="no")
    with pytest.raises(RunError, match="no checkpoint to continue from"):
        none.branch()


def test_data_that_changed_are_noticed(train: Train, pairs: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    pairs.to_csv(path, index=False)
    run = train(stop=5, train=str(path))
    pairs.assign(left=pairs["left"].replace({pairs["left"][3]: "the red cat"})).to_csv(path, index=False)
    with pytest.raises(ConfigError, match=r"pairs.csv`\) has changed since run"):
        nbtrain.finetune(resume=run.id, views=[])
    pairs.to_csv(path, index=False)
    assert nbtrain.finetune(resume=run.id, views=[]).status == "finished"


def test_a_checkpoint_counts_once_it_stands_in_the_journal(train: Train) -> None:
    run = train(stop=20, save_strategy="steps", save_steps=4)
    assert sorted(checkpoints(run)) == [4, 8, 12, 16, 20]
    journal = run.directory / "events.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    saved = next(index for index, line in enumerate(lines) if b'"checkpoint-20"' in line)
    journal.write_bytes(b"".join(lines[:saved]))  # the power failed before that event was written
    (run.directory / "checkpoint-16" / "trainer_state.json").unlink()
    killed = nbtrain.Run.load(run.directory)
    assert killed.status == "interrupted"
    assert sorted(checkpoints(killed)) == [4, 8, 12]
    assert list(killed.history["step"]) == list(range(1, 21))


def test_checkpoints_that_the_trainer_deletes_are_known(train: Train) -> None:
    run = train(save_strategy="steps", save_steps=7, save_total_limit=2)
    assert run.checkpoints.values.tolist() == [
        [7, "checkpoint-7", False], [14, "checkpoint-14", False], [21, "checkpoint-21", True],
        [28, "checkpoint-28", True],
    ]  # fmt: skip
    assert [event.path for event in run.state.pruned] == ["checkpoint-7", "checkpoint-14"]


def test_where_the_disk_gets_full_the_last_two_stay(train: Train, small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(1_400_000))
    run = train(save_strategy="steps", save_steps=4, output_dir=str(small_disk / "run"))
    kept = run.checkpoints[run.checkpoints["kept"]]["step"]
    assert list(kept)[-2:] == [24, 28]
    assert 2 <= len(kept) < 7
    assert run.status == "finished"


def test_a_run_that_does_not_fit_is_told_before(train: Train, small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(1_950_000))
    with pytest.raises(ConfigError, match=r"Not enough disk space: .* MB (.|\n)*save_strategy"):
        train(output_dir=str(small_disk / "run"))
    assert not (small_disk / "run").exists()


def test_finding_runs(train: Train) -> None:
    first = train(num_train_epochs=1)
    second = train(num_train_epochs=1)
    variables = {"mine": first, "other": 3}
    assert [run.id for run in all_runs(variables)] == [first.id, second.id]
    assert find("mine", variables) is first
    assert find("$mine", variables) is first
    assert find(second.id).id == second.id
    assert find(str(second.directory)).id == second.id
    with pytest.raises(RunError, match="Did you mean `mine`"):
        find("mime", variables)
    lines = repr(Listing.of(variables)).splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("mine"), "the newest is the first"
    assert "Finished" in lines[2]
    assert "14 of 14" in lines[2]
    assert "accuracy" in lines[2]
    assert second.state.alias in lines[1]


def test_no_run_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert repr(Listing.of({})).startswith("No runs here yet.")
    with pytest.raises(RunError, match="No runs here yet"):
        find("run")
