"""`speed = "auto"` in whole runs: the same results by other ways, and off with one key."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import nbtrain
from nbtrain import ConfigError, Run
from nbtrain.training.length_batching import ByLengthTrainer, LongestFirst
from tests.conftest import WORDS

Train = Callable[..., Run]

KILLED = """
import os, sys
import nbtrain

class KillAt:
    def update(self, state, event):
        if event.type == "stepped" and event.step == 17:
            os._exit(9)

nbtrain.finetune(sys.argv[1], views=[KillAt()])
"""


class At:
    """A view that gives one command after a step."""

    def __init__(self, step: int, command: Callable[[Any], None]) -> None:
        self._step, self._command = step, command

    def steer(self, control: Any) -> None:
        self._control = control

    def update(self, state: Any, event: Any) -> None:
        if event.type == "stepped" and event.step == self._step:
            self._command(self._control)


@pytest.fixture
def rows() -> pd.DataFrame:
    """80 texts of 1 to 20 words; the label is whether they name a cat."""
    random = np.random.default_rng(1)
    texts = [" ".join(random.choice(WORDS, size)) for size in random.integers(1, 21, 80)]
    return pd.DataFrame({"text": texts, "label": [["no", "yes"]["cat" in text] for text in texts]})


@pytest.fixture
def train(tiny_model: Path, rows: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Fine-tune the tiny model: 8 steps an epoch, 3 epochs."""
    monkeypatch.chdir(tmp_path)
    rows[:64].to_csv("train.csv", index=False)
    rows[64:].to_csv("dev.csv", index=False)

    def run(*views: Any, **keys: Any) -> Run:
        defaults = dict(model=str(tiny_model), train="train.csv", validation="dev.csv", learning_rate=5e-3)
        return nbtrain.finetune(views=views, **{**defaults, "use_cpu": True, **keys})

    return run


def weights(run: Run) -> bytes:
    return (run.directory / "model" / "model.safetensors").read_bytes()


def test_what_was_chosen_stands_in_the_record(train: Train) -> None:
    run = train(num_train_epochs=1)
    assert run.state.prepared is not None
    assert "Speed-ups: " in run.record().text()
    assert "input length" in run.state.prepared.notes[-1]
    loaded = Run.load(run.directory).state.prepared
    assert loaded is not None and loaded.speed == run.state.prepared.speed
    assert type(run.trainer) is ByLengthTrainer


def test_exact_is_a_plain_trainer(train: Train, tiny_model: Path, rows: pd.DataFrame, tmp_path: Path) -> None:
    from datasets import Dataset
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    run = train(speed="exact", eval_strategy="no", save_strategy="no")
    assert type(run.trainer) is Trainer
    assert run.state.prepared is not None and run.state.prepared.speed == {}
    assert not any("speed" in note for note in run.state.prepared.notes)
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    data = Dataset.from_pandas(rows[:64].assign(labels=(rows["label"] == "yes").astype(int)))
    data = data.map(lambda row: tokenizer(row["text"]), remove_columns=["text", "label"])
    set_seed(42)
    model = AutoModelForSequenceClassification.from_pretrained(tiny_model)
    arguments = TrainingArguments(
        str(tmp_path / "plain"),
        learning_rate=5e-3,
        use_cpu=True,
        report_to="none",
        save_strategy="no",
        disable_tqdm=True,
    )
    trainer = Trainer(model=model, args=arguments, train_dataset=data, processing_class=tokenizer)
    trainer.train()
    states = trainer.model.state_dict(), run.model.state_dict()
    assert all(states[0][name].equal(states[1][name]) for name in states[0])


@pytest.mark.kernel
def test_a_killed_run_goes_on_bit_for_bit(train: Train, tmp_path: Path) -> None:
    """In the middle of its third epoch, with other batches than in the first two."""
    keys = dict(save_strategy="steps", save_steps=5)
    whole = train(**keys)
    lines = [f'{name} = "{whole.config[name]}"' for name in ("model", "train", "validation", "save_strategy")]
    lines += ["save_steps = 5", "learning_rate = 5e-3", "use_cpu = true", 'output_dir = "killed"']
    Path("killed.toml").write_text("\n".join(lines))
    killed = [sys.executable, "-c", KILLED, "killed.toml"]
    environment = {**os.environ, "OMP_NUM_THREADS": str(torch.get_num_threads())}  # sums depend on it
    done = subprocess.run(killed, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 9, done.stderr
    resumed = nbtrain.finetune(resume="killed", views=[])
    assert resumed.state.branched is not None and resumed.state.branched.step == 15
    assert weights(resumed) == weights(whole)
    assert list(resumed.history["loss"]) == list(whole.history["loss"])
    pd.testing.assert_frame_equal(resumed.predictions, whole.predictions)


def test_the_order_cannot_change_within_an_epoch(train: Train) -> None:
    run = train(save_strategy="steps", save_steps=4, save_total_limit="all")
    with pytest.raises(ConfigError, match=r"(?s)step 12, .*grouped by length; .*grouped at random"):
        run.branch(step=12, speed="exact", views=[])
    plain = run.branch(step=16, speed="exact", views=[])
    assert plain.state.prepared is not None and plain.state.prepared.speed == {}
    with pytest.raises(ConfigError, match=r"(?s)step 20, .*grouped at random; .*grouped by length"):
        plain.branch(step=20, speed="auto", views=[])


@pytest.mark.parametrize(
    "keys",
    [
        {},
        {"load_best_model_at_end": True, "metric_for_best_model": "loss", "learning_rate": 0.1, "num_train_epochs": 4},
        {"eval_strategy": "steps", "eval_steps": 6},
        {"speed": "exact"},
    ],
    ids=["last", "best", "steps", "exact"],
)
def test_the_predictions_are_those_of_another_pass(train: Train, keys: dict[str, Any]) -> None:
    run = train(**keys)
    best = run.trainer.state.best_global_step
    if "load_best_model_at_end" in keys:
        assert best is not None and best < run.state.step, "else it is no test"
    passes = [event for event in run._events() if event.type == "phase" and event.name == "predict"]  # type: ignore[attr-defined]
    assert passes == [], "none was made"
    pd.testing.assert_frame_equal(run.predictions, run.predict("validation"))
    evaluated = run.metrics.set_index("step").loc[best or run.state.step]
    assert run.predictions["loss"].mean() == pytest.approx(evaluated["loss"], abs=1e-3)
    assert run.predictions["correct"].mean() == pytest.approx(evaluated["accuracy"])


def test_another_pass_is_made_where_the_best_evaluation_was_in_another_process(train: Train) -> None:
    keys = dict(load_best_model_at_end=True, metric_for_best_model="loss", learning_rate=0.1, num_train_epochs=4)
    run = train(**keys, save_total_limit="all")
    best = run.trainer.state.best_global_step
    assert best is not None and best <= 16
    resumed = run.branch(step=24, views=[])
    assert weights(resumed) == weights(run)
    assert any(event.type == "phase" and event.name == "predict" for event in resumed._events())  # type: ignore[attr-defined]
    pd.testing.assert_frame_equal(resumed.predictions, run.predictions)


def test_predictions_after_a_stop(train: Train) -> None:
    run = train(At(11, lambda control: control.stop()))
    assert run.status == "stopped"
    assert list(run.predictions["text"]) == list(pd.read_csv("dev.csv")["text"])


def test_commanded_evaluations_change_nothing(train: Train) -> None:
    looked = train(At(5, lambda control: control.evaluate()))
    assert list(looked.metrics["step"]) == [5, 8, 16, 24]
    assert weights(looked) == weights(train())


def test_an_evaluation_in_pieces_is_in_order(train: Train) -> None:
    """Where memory runs out, the batches of an evaluation are cut."""
    run = train(num_train_epochs=1)
    trainer, expected = run.trainer, run.predictions
    original = trainer.prediction_step

    def small(model: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
        if len(inputs["labels"]) > 5:
            raise RuntimeError("DefaultCPUAllocator: can't allocate memory")
        return original(model, inputs, *args, **kwargs)

    trainer.prediction_step = small
    again = run.predict("validation")
    pd.testing.assert_frame_equal(again, expected, atol=0.02)


def test_runs_of_the_past_predict_the_same(train: Train) -> None:
    run = train()
    loaded = Run.load(run.directory)
    assert type(loaded.trainer) is ByLengthTrainer
    assert loaded.trainer.args.bf16 == run.trainer.args.bf16
    rows = pd.read_csv("dev.csv")
    pd.testing.assert_frame_equal(loaded.predict(rows), run.predict(rows))
    exact = train(speed="exact")
    assert not Run.load(exact.directory).trainer.args.bf16


def test_what_the_user_brings_is_not_touched(train: Train) -> None:
    from transformers import DataCollatorWithPadding, Trainer

    class Mine(Trainer):
        pass

    mine = train(trainer_class=Mine, num_train_epochs=1)
    assert type(mine.trainer) is Mine and not mine.trainer.args.bf16
    collator = DataCollatorWithPadding(mine.tokenizer, padding="max_length", max_length=24)
    collated = train(data_collator=collator, num_train_epochs=1, per_device_eval_batch_size=3, bf16=False)
    arguments = collated.trainer.args
    assert (type(collated.trainer), arguments.bf16, arguments.eval_batch_size) == (Trainer, False, 3)
    grouped = train(train_sampling_strategy="group_by_length", num_train_epochs=1)
    assert type(grouped.trainer) is Trainer
    assert list(grouped.predictions["text"]) == list(pd.read_csv("dev.csv")["text"])


def test_watch_and_stream_change_nothing(train: Train) -> None:
    from transformers import Trainer, TrainingArguments

    run = train(num_train_epochs=1, speed="exact")
    arguments = TrainingArguments("watched", max_steps=2, use_cpu=True, report_to="none", save_strategy="no")
    trainer = Trainer(
        model=run.model,
        args=arguments,
        train_dataset=run.trainer.train_dataset,
        eval_dataset=run.trainer.eval_dataset,
        processing_class=run.tokenizer,
    )
    before = dict(vars(trainer.args))
    watched = nbtrain.watch(trainer, views=[])
    trainer.train()
    assert type(trainer) is Trainer and vars(trainer.args) == before
    assert watched.state.prepared is not None and watched.state.prepared.speed == {}
    assert not isinstance(trainer._get_eval_sampler(trainer.eval_dataset), LongestFirst)


@pytest.mark.training
@pytest.mark.full
def test_real_weights_on_real_data(data_dir: Path, tmp_path: Path) -> None:
    """What a fast run has learned is what a plain one has, but for rounding and the order of batches."""
    keys: dict[str, Any] = dict(
        model="demo", train=str(data_dir / "mrpc" / "train.csv"), validation=str(data_dir / "mrpc" / "validation.csv"),
        max_train_samples=160, max_eval_samples=48, num_train_epochs=1, use_cpu=True,
    )  # fmt: skip
    fast = nbtrain.finetune(views=[], output_dir=str(tmp_path / "fast"), **keys)
    plain = nbtrain.finetune(views=[], output_dir=str(tmp_path / "plain"), speed="exact", **keys)
    pd.testing.assert_frame_equal(fast.predictions, fast.predict("validation"))
    assert list(fast.predictions["sentence1"]) == list(plain.predictions["sentence1"])
    assert list(fast.predictions["label"]) == list(plain.predictions["label"])
    losses = [float(run.metrics["loss"].iloc[-1]) for run in (fast, plain)]
    assert losses[0] == pytest.approx(losses[1], abs=0.05)
    assert fast.history["loss"].iloc[-10:].mean() == pytest.approx(plain.history["loss"].iloc[-10:].mean(), abs=0.15)
