"""Which checkpoints stay, and deleting runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbtrain
from nbtrain.errors import RunError
from nbtrain.events.journal import Journal
from nbtrain.runs.clean import clean
from nbtrain.runs.find import find

Train = Callable[..., nbtrain.Run]


@pytest.fixture
def train(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Fine-tune the tiny model for four epochs of 14 steps, with the accuracies given."""
    monkeypatch.chdir(tmp_path)

    def run(accuracies: list[float] | None = None, **keys: Any) -> nbtrain.Run:
        values = iter(accuracies or [0.5, 0.9, 0.6, 0.7])
        defaults: dict[str, Any] = dict(
            model=str(tiny_model), train=pairs, text=["left", "right"], label="label", use_cpu=True,
            per_device_train_batch_size=4, num_train_epochs=4,
            compute_metrics=lambda prediction: {"accuracy": next(values, 0.1)},
        )  # fmt: skip
        return nbtrain.finetune(views=[], **{**defaults, **keys})

    return run


def kept(run: nbtrain.Run) -> list[int]:
    table = run.checkpoints
    on_disk = sorted(int(path.name.partition("-")[2]) for path in run.directory.glob("checkpoint-*"))
    assert sorted(table[table["kept"]]["step"]) == on_disk
    return on_disk


def test_by_default_the_last_and_the_best_stay(train: Train) -> None:
    run = train()
    assert kept(run) == [28, 56]
    assert run.state.weights == 56
    with pytest.raises(RunError) as refused:
        run.branch(step=42)
    assert "deleted" in str(refused.value) and "28, 56" in str(refused.value)
    assert "step=28" in str(refused.value) and 'save_total_limit = "all"' in str(refused.value)


def test_the_last_may_be_the_best(train: Train) -> None:
    assert kept(train([0.1, 0.2, 0.3, 0.4])) == [56]


def test_all_stay_where_one_says_so(train: Train) -> None:
    assert kept(train(save_total_limit="all")) == [14, 28, 42, 56]
    assert kept(train(save_total_limit=None)) == [14, 28, 42, 56]
    assert kept(train(save_total_limit=1)) == [56]


def test_the_best_weights_are_those_that_the_run_has(train: Train) -> None:
    run = train(load_best_model_at_end=True, metric_for_best_model="accuracy")
    assert run.state.weights == 28
    assert "step 28, the best by accuracy" in repr(run)


def test_deleting_checkpoints_leaves_the_model(train: Train, capsys: pytest.CaptureFixture[str]) -> None:
    run = train()
    run.delete(checkpoints=True)
    said = capsys.readouterr().out
    assert "step 28, the best; step 56, the last" in said
    assert kept(nbtrain.Run.load(run.directory)) == [] == kept(run)
    assert len(nbtrain.Run.load(run.directory).predict(pd.DataFrame({"left": ["a cat"], "right": ["a dog"]}))) == 1
    with pytest.raises(RunError, match="no checkpoint to continue from"):
        run.branch()


def test_deleting_a_run_leaves_what_is_not_its_own(train: Train, capsys: pytest.CaptureFixture[str]) -> None:
    first, second = train(num_train_epochs=1), train(num_train_epochs=1)
    first.delete()
    assert not first.directory.exists() and second.directory.exists()
    (second.directory / "my notes.md").write_text("mine")
    second.delete()
    assert [path.name for path in second.directory.iterdir()] == ["my notes.md"]
    assert "my notes.md" in capsys.readouterr().out
    with pytest.raises(RunError, match="not a run directory"):
        second.delete()


def test_a_run_that_is_training_is_not_deleted(train: Train) -> None:
    run = train(num_train_epochs=1)
    with Journal(run.directory, run.id), pytest.raises(RunError, match="is training"):
        run.delete()
    with Journal(run.directory, run.id), pytest.raises(RunError, match="is training"):
        run.delete(checkpoints=True)
    assert kept(run) == [14]


def test_clean_lists_and_deletes_only_when_told(train: Train) -> None:
    first, second = train(), train(num_train_epochs=1)
    variables = {"first": first, "second": second}
    listed = clean([], variables)
    assert listed.startswith("Nothing was deleted.")
    assert "step 28, the best; step 56, the last" in listed and "`%finetune --clean --yes`" in listed
    assert kept(first) == [28, 56]
    assert clean(["second"], variables).startswith("Deleted run")
    assert not second.directory.exists() and first.directory.exists()
    with pytest.raises(RunError, match="Unknown run `third`"):
        clean(["third"], variables)
    assert "first" not in clean([], variables, confirmed=True).partition(":")[0].split()
    assert kept(first) == []
    assert clean([], variables).startswith("There is nothing to delete")


def test_a_name_is_kept_and_finds_the_run(train: Train) -> None:
    run = train(num_train_epochs=1, run_name="baseline")
    assert run.name == "baseline"
    run.name = "slow but sure"
    loaded = nbtrain.Run.load(run.directory)
    assert loaded.name == "slow but sure"
    assert find("slow but sure").id == find(run.state.alias).id == run.id
    assert repr(loaded).startswith(f"slow but sure ({run.state.alias})")
    with pytest.raises(RunError, match=r'run\.name = "baseline"'):
        run.name = " "
