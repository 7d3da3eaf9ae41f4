"""A script gives the weights of its run, bit for bit."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nbtrain.errors import RunError
from tests.conftest import WORDS
from tests.export.conftest import check_same_weights, execute

if TYPE_CHECKING:
    import pandas as pd

    from nbtrain import Run

pytestmark = pytest.mark.kernel


def test_files_and_changed_hyper_parameters(
    train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    pairs[:44].to_csv("train.csv", index=False)
    pairs[44:].to_csv("dev.csv", index=False)
    commands = {
        2: lambda control: (control.evaluate(), control.checkpoint()),
        3: lambda control: control.set(learning_rate=3e-3, weight_decay=0.1),
        9: lambda control: (control.set(learning_rate=1e-4), control.set(learning_rate=2.5e-3)),
    }
    run = train(
        commands, train="train.csv", validation="dev.csv", text=["left", "right"], warmup_steps=5, weight_decay=0.01
    )
    script = run.export("out/train.py")
    assert isinstance(script, Path)
    text = script.read_text()
    assert f'TRAIN_FILE = "{tmp_path / "train.csv"}"' in text
    assert not (tmp_path / "out" / "train_data").exists()
    assert "#   2: evaluated; 2: saved a checkpoint" in text
    execute(script)
    check_same_weights(run, script)

    (script.with_name("train_output") / "model.safetensors").unlink()
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--num_processes", "1", "--cpu"]
    execute(script, *launch)
    check_same_weights(run, script)


def test_a_data_frame_and_a_stop(train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path) -> None:
    """The run was to keep the best weights; stopped, it keeps those that it has, and so does the script."""
    commands = {11: lambda control: control.set(learning_rate=0.03), 19: lambda control: control.stop()}
    run = train(
        commands,
        train=pairs,
        text=["left", "right"],
        lr_scheduler_type="cosine",
        load_best_model_at_end=True,
        per_device_train_batch_size=4,
        seed=3,
    )
    assert run.status == "stopped"
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    assert sorted(file.name for file in (tmp_path / "train_data").iterdir()) == ["train.parquet", "validation.parquet"]
    execute(script)
    check_same_weights(run, script)


def test_a_run_that_went_on_from_a_checkpoint(train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path) -> None:
    keys = dict(train=pairs, text=["left", "right"], save_strategy="steps", save_steps=5, save_total_limit=9)
    first = train({-1: lambda control: control.set(weight_decay=0.2)}, **keys, max_steps=12)
    commands = {
        -1: lambda control: control.set(learning_rate=0.02),
        10: lambda control: control.set(learning_rate=0.01),
    }
    run = train(commands, **keys, max_steps=14, resume_from_checkpoint=str(first.directory / "checkpoint-5"))
    assert list(run.history["step"]) == list(range(6, 15))
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    execute(script)
    check_same_weights(run, script)
    for file in (first.directory / "checkpoint-5").iterdir():
        file.unlink()
    with pytest.raises(RunError, match=r"checkpoint-5`.*no longer exists"):
        run.export(tmp_path / "again.py")


def test_a_branch_with_changed_keys(train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path) -> None:
    """The checkpoint contains the commands of the parent until then, and the changed keys."""
    parent = train(
        {
            2: lambda control: control.set(learning_rate=7e-3),
            7: lambda control: control.set(weight_decay=0.3),
            14: lambda control: control.set(weight_decay=0.4),
        },
        train=pairs,
        text=["left", "right"],
    )
    run = parent.branch(
        step=7,
        learning_rate=3e-3,
        weight_decay=0.05,
        adam_beta1=0.8,
        num_train_epochs=2,
        output_dir=str(tmp_path / "b"),
    )
    assert run.state.step == 14
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    text = script.read_text()
    assert f"CHECKPOINT = {str(run.directory / 'start' / 'checkpoint-7')!r}".replace("'", '"') in text
    assert "0.3" not in text
    execute(script)
    check_same_weights(run, script)


@pytest.mark.parametrize("answer", ["skip", pytest.param("stop", marks=pytest.mark.full)])
def test_a_loss_that_is_not_finite(train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path, answer: str) -> None:
    from transformers import Trainer

    class Sometimes(Trainer):
        def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
            self.count = getattr(self, "count", 0) + 1
            loss = super().compute_loss(*args, **kwargs)
            return loss * float("nan") if self.count == 10 else loss

    class Answers:
        def steer(self, control: Any) -> None:
            self.control = control
            control.attended = True

        def update(self, state: Any, event: Any) -> None:
            if event.type == "paused":
                self.control.set(learning_rate=0.02)
                self.control.request(answer)

    keys = dict(
        train=pairs, text=["left", "right"], gradient_accumulation_steps=3, trainer_class=Sometimes, max_steps=6
    )
    run = train(views=[Answers()], **keys)
    assert run.state.step == (6 if answer == "skip" else 4)
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    execute(script)
    check_same_weights(run, script)


@pytest.mark.parametrize(
    "judged",
    [
        {"early_stopping_patience": 2},
        pytest.param(
            {"lr_scheduler_type": "reduce_lr_on_plateau", "lr_scheduler_kwargs": {"patience": 0}},
            marks=pytest.mark.full,
        ),
    ],
    ids=["early stopping", "plateau"],
)
def test_regression(train: Callable[..., Run], pairs: pd.DataFrame, tmp_path: Path, judged: dict[str, Any]) -> None:
    """On single texts, with accumulation; the metrics of the evaluations decide on the weights or the learning rate."""
    frame = pairs[["left"]].assign(score=np.linspace(0.05, 5.05, 60))
    run = train(
        {4: lambda control: control.set(learning_rate=0.05)},
        train=frame,
        text="left",
        label="score",
        metrics=["mse", "pearsonr"],
        metric_for_best_model="mse",
        eval_strategy="steps",
        eval_steps=2,
        **judged,
        gradient_accumulation_steps=2,
        num_train_epochs=5,
    )
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    execute(script)
    check_same_weights(run, script)


def test_functions_of_the_user(
    train: Callable[..., Run], pairs: pd.DataFrame, tiny_model: Path, tmp_path: Path
) -> None:
    """Several labels; functions and classes by their source, with what they name."""
    from transformers import AutoTokenizer, Trainer, TrainerCallback

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    factor = 0.5

    def halved(loss: Any) -> Any:
        return factor * loss

    class Mine(Trainer):
        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **kwargs: Any) -> Any:
            loss, outputs = super().compute_loss(model, inputs, return_outputs=True, **kwargs)
            return (halved(loss), outputs) if return_outputs else halved(loss)

    class StopEarly(TrainerCallback):
        def __init__(self, after: int = 100) -> None:
            self.after = after

        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            control.should_training_stop = state.global_step >= self.after

    def collate(rows: list[Any]) -> Any:
        return tokenizer.pad(rows, padding="max_length", max_length=32, return_tensors="pt")

    def compute_metrics(prediction: Any) -> dict[str, float]:
        return {"mean": float(np.mean(prediction.predictions))}

    tags = [["cat"] if "cat" in text else ["dog", "bird"] if "dog" in text else [] for text in pairs["left"]]
    run = train(
        train=pairs[["left", "right"]].assign(third="a bird", tags=tags),
        text=["left", "right", "third"],
        label="tags",
        trainer_class=Mine,
        callbacks=[StopEarly(after=10)],
        data_collator=collate,
        compute_metrics=compute_metrics,
        dataloader_num_workers=0,
    )
    assert run.state.step == 10
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    assert "import numpy as np" in script.read_text()
    assert "callbacks=[StopEarly(after=10)]" in script.read_text()
    execute(script)
    check_same_weights(run, script)


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param({}, id="auto"),
        pytest.param(
            {
                "gradient_accumulation_steps": 2,
                "dataloader_drop_last": True,
                "dataloader_num_workers": 1,
                "data_seed": 5,
            },
            id="loader",
            marks=pytest.mark.full,
        ),
        pytest.param(
            {"load_best_model_at_end": True, "metric_for_best_model": "loss", "learning_rate": 0.05, "bf16": False},
            id="best",
            marks=pytest.mark.full,
        ),
        pytest.param({"speed": "exact"}, id="exact", marks=pytest.mark.full),
    ],
)
def test_texts_of_different_lengths(train: Callable[..., Run], tmp_path: Path, keys: dict[str, Any]) -> None:
    """Batches of similar length, evaluations in the order of length, bfloat16: whatever the run had chosen."""
    import pandas as pd

    random = np.random.default_rng(1)
    texts = [" ".join(random.choice(WORDS, size)) for size in random.integers(1, 21, 80)]
    frame = pd.DataFrame({"text": texts, "label": [["no", "yes"]["cat" in text] for text in texts]})
    run = train(train=frame, text="text", **keys)
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    assert ("class SimilarLengths(Sampler[int])" in script.read_text()) == ("speed" not in keys)
    assert ("bf16" in script.read_text()) == (run.trainer.args.bf16 and "speed" not in keys)
    execute(script)
    check_same_weights(run, script)


@pytest.mark.training
@pytest.mark.full
def test_real_weights_on_real_data(train: Callable[..., Run], data_dir: Path, tmp_path: Path) -> None:
    run = train(
        {2: lambda control: control.set(learning_rate=2e-4)},
        model="demo",
        train=str(data_dir / "mrpc" / "train.csv"),
        validation=str(data_dir / "mrpc" / "validation.csv"),
        max_train_samples=64,
        max_eval_samples=32,
        learning_rate=5e-5,
        num_train_epochs=1,
        metrics="glue/mrpc",
    )
    script = run.export(tmp_path / "train.py")
    assert isinstance(script, Path)
    execute(script)
    check_same_weights(run, script)
