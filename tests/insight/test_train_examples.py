"""Training examples are tracked from the losses of the steps, and the training is the same as without."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from datasets import Dataset

import nbtrain
from nbtrain import ConfigError, Run, RunError
from nbtrain.config import from_toml
from nbtrain.training.train_examples import LOSSES, ROW, TrainExamples
from tests.insight import runs


def finetune(model: Path, data: pd.DataFrame, folder: Path, **keys: Any) -> Run:
    defaults = {"num_train_epochs": 2, "learning_rate": 1e-3, "use_cpu": True, "track_train_examples": True}
    return nbtrain.finetune(model=str(model), train=data, output_dir=str(folder), views=[], **{**defaults, **keys})


def recorded(run: Run) -> pd.DataFrame:
    files = sorted((run.directory / "train_examples").glob("*.parquet"))
    return pd.concat([pd.read_parquet(file) for file in files], ignore_index=True)


@pytest.fixture(scope="module")
def run(tiny_model: Path, pairs: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs") / "tracked"
    return finetune(tiny_model, pairs, folder, text=["left", "right"], metrics=["accuracy", "f1"])


def test_the_analysis_of_a_trained_run(run: Run) -> None:
    scores = run.analysis.scores["value"]
    newest = run.metrics.iloc[-1]
    assert scores["accuracy"] == pytest.approx(newest["accuracy"])
    assert scores["f1"] == pytest.approx(newest["f1"])
    assert scores["loss"] == pytest.approx(newest["loss"], rel=1e-4)
    assert run.analysis(step=7).step == 7
    assert run.analysis.confusion.to_numpy().sum() == 6
    assert len(run.dynamics) == 6 and "left" in run.dynamics
    assert Run.load(run.directory).dynamics.equals(run.dynamics), "with its columns, in another process, too"


def test_the_losses_are_those_of_the_steps(run: Run) -> None:
    losses = recorded(run)
    mean = losses.groupby("step")["loss"].mean()
    assert list(mean) == pytest.approx(list(run.history["loss"]), rel=1e-4)
    assert losses.groupby("row").size().tolist() == [2] * 54, "each example once in each epoch"


def test_the_dynamics_of_training_examples(run: Run) -> None:
    table = run.train_dynamics
    assert len(table) == 54 and {"left", "right", "label"} <= {*table}
    train = run.stored.splits["train"].to_pandas()  # type: ignore[index]
    assert list(table["left"]) == list(train["left"])
    own = recorded(run).query("row == 5").sort_values("step")
    p = np.exp(-own["loss"].to_numpy(dtype=float))
    assert table.loc[5, "confidence"] == pytest.approx(p.mean())
    assert table.loc[5, "variability"] == pytest.approx(p.std())
    assert table.loc[5, "correctness"] == own["correct"].mean()
    assert table.loc[5, "seen"] == 2
    table.plot()
    alone = Run.load(run.directory).train_dynamics
    assert list(alone["confidence"]) == list(table["confidence"])
    assert list(alone.index) == list(range(54))


def test_the_training_is_the_same(run: Run, tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    plain = finetune(
        tiny_model, pairs, tmp_path / "plain", text=["left", "right"], metrics=["accuracy", "f1"],
        track_train_examples=False,
    )  # fmt: skip
    assert list(plain.history["loss"]) == list(run.history["loss"])
    weights = run.model.state_dict()
    assert all((weights[name] == tensor).all() for name, tensor in plain.model.state_dict().items())
    with pytest.raises(RunError, match="track_train_examples = true"):
        _ = plain.train_dynamics


def test_with_workers_accumulation_and_weights_of_classes(
    tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path
) -> None:
    run = finetune(
        tiny_model, pairs, tmp_path / "run", text=["left", "right"], class_weights="auto", num_train_epochs=1,
        gradient_accumulation_steps=2, dataloader_num_workers=1, speed="exact", label_smoothing_factor=0.1,
    )  # fmt: skip
    losses = recorded(run)
    assert sorted(losses["row"]) == list(range(54))
    assert losses["step"].value_counts().sort_index().tolist() == [16, 16, 16, 6]


def test_any_number_of_labels(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    data = pairs[["left"]].assign(label=[["x"], ["y"], ["x", "y"], []] * 15)
    run = finetune(tiny_model, data, tmp_path / "run", num_train_epochs=1)
    assert list(recorded(run).groupby("step")["loss"].mean()) == pytest.approx(list(run.history["loss"]), rel=1e-4)
    assert run.dynamics is not None if len(run.metrics) > 1 else True
    assert len(run.train_dynamics) == 54


def test_tags_of_words(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    words = [text.split() for text in pairs["left"]]
    data = pd.DataFrame({"tokens": words, "tags": [["A" if len(one) > 3 else "B" for one in row] for row in words]})
    run = finetune(tiny_model, data, tmp_path / "run", per_device_train_batch_size=1, num_train_epochs=1)
    losses = recorded(run).sort_values("step")
    assert list(losses["loss"]) == pytest.approx(list(run.history["loss"]), rel=1e-4)


def test_images(tmp_path: Path) -> None:
    run = nbtrain.finetune(
        model="demo-vit", dataset="demo", task="image_classification", max_steps=2, max_train_samples=40,
        max_eval_samples=8, use_cpu=True, output_dir=str(tmp_path / "run"), views=[], track_train_examples=True,
    )  # fmt: skip
    assert list(recorded(run).groupby("step")["loss"].mean()) == pytest.approx(list(run.history["loss"]), rel=1e-4)


def test_a_trainer_that_gives_no_logits_trains_on(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    from transformers import Trainer

    class Mine(Trainer):  # type: ignore[misc]
        def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False, **named: Any) -> Any:
            loss, outputs = super().compute_loss(model, inputs, return_outputs=True, **named)
            return (loss, {"loss": loss} if model.training else outputs) if return_outputs else loss

    run = finetune(tiny_model, pairs, tmp_path / "run", text=["left", "right"], trainer_class=Mine, max_steps=3)
    assert run.status == "finished" and len(run.history) == 3
    [message] = [one.message for one in run.state.messages if "not recorded" in one.message]
    assert "logits" in message


class Stub:
    """What of a Trainer is needed."""

    def __init__(self, dataset: Any) -> None:
        self.train_dataset, self._signature_columns = dataset, None
        self.state = SimpleNamespace(global_step=6)

    def data_collator(self, examples: list[Any]) -> dict[str, torch.Tensor]:
        return {name: torch.tensor([one[name] for one in examples]) for name in examples[0]}

    def _set_signature_columns_if_needed(self) -> None:
        self._signature_columns = ["logits", "labels"]  # type: ignore[assignment]

    def compute_loss(self, model: Any, inputs: Any, return_outputs: bool = False) -> Any:
        assert sorted(inputs) == ["labels", "logits"]
        inputs.pop("labels")
        return (torch.tensor(1.0), inputs) if return_outputs else torch.tensor(1.0)


def test_the_trainer_is_as_before(tmp_path: Path) -> None:
    """By hand: the logits of the last two rows, in another order, and their cross-entropy."""
    data = Dataset.from_dict({"logits": [[0.0, 0.0], [0.0, 0.0], [2.0, 0.0]], "labels": [0, 1, 1]})
    trainer, warnings = Stub(data), list[str]()

    def write(save: Any, name: str) -> bool:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        save(tmp_path / name)
        return True

    examples = TrainExamples(trainer, "class_losses", write, warnings.append)  # type: ignore[arg-type]
    before = dict(vars(trainer))
    with examples.recorded():
        assert trainer.train_dataset.column_names == ["logits", "labels", ROW]
        assert trainer._signature_columns == ["logits", "labels", ROW]
        batch = trainer.data_collator([trainer.train_dataset[2], trainer.train_dataset[1]])
        assert trainer.compute_loss(None, batch) == 1
        assert ROW in batch, "a step that is repeated finds it again"
        evaluated = trainer.data_collator([data[0]])
        assert ROW not in evaluated and trainer.compute_loss(None, evaluated, return_outputs=True)[0] == 1
    assert not warnings
    assert trainer.train_dataset is data and "compute_loss" not in vars(trainer)
    assert trainer.data_collator([data[0]]).keys() == {"logits", "labels"}
    assert before["state"] is trainer.state
    table = pd.read_parquet(tmp_path / "train_examples/part-00000.parquet")
    assert table[["row", "step", "correct"]].to_numpy().tolist() == [[2, 7, False], [1, 7, False]]
    assert table["loss"].tolist() == pytest.approx([np.log(1 + np.exp(2)), np.log(2)])


def test_data_that_cannot_be_numbered_are_trained_on() -> None:
    trainer, warnings = Stub([1, 2]), list[str]()
    examples = TrainExamples(trainer, "class_losses", lambda save, name: True, warnings.append)  # type: ignore[arg-type]
    with examples.recorded():
        assert trainer.train_dataset == [1, 2]
    [warning] = warnings
    assert "not recorded" in warning


def test_losses_of_labels_and_of_tokens() -> None:
    losses, right = LOSSES["label_losses"](torch.tensor([[1.0, -1.0], [1.0, 1.0]]), torch.tensor([[1.0, 0.0]] * 2))
    low, high = np.log(1 + np.exp(-1)), np.log(1 + np.exp(1))
    assert losses.tolist() == pytest.approx([low, (low + high) / 2]) and right.tolist() == [True, False]
    logits = torch.tensor([[[1.0, 0.0], [0.0, 1.0], [9.0, 0.0]]])
    losses, right = LOSSES["token_losses"](logits, torch.tensor([[0, 0, -100]]))
    assert losses.tolist() == pytest.approx([(low + high) / 2]) and right.tolist() == [False]


@pytest.mark.parametrize("task", ["regression", "chat"])
def test_a_task_without_a_loss_of_each_example_refuses_the_key(task: str) -> None:
    with pytest.raises(ConfigError) as refused:
        from_toml(f'model = "m"\ntrain = "t.csv"\ntask = "{task}"\ntrack_train_examples = true\n')
    [problem] = refused.value.problems
    assert (problem.key, problem.line) == ("track_train_examples", 4)


def test_a_run_of_another_task_says_why(tmp_path: Path) -> None:
    run = runs.write(tmp_path / "run", runs.spec("regression"), {})
    with pytest.raises(RunError, match="regression has no loss of each example"):
        _ = run.train_dynamics


def test_a_batch_that_was_skipped_and_one_that_was_repeated(tmp_path: Path) -> None:
    run = runs.write(tmp_path / "run", runs.spec("text_classification", "a", "b"), {})
    (run.directory / "train_examples").mkdir()
    first = pd.DataFrame(
        {"row": [0, 1, 0], "step": [1, 1, 1], "loss": [9.0, np.nan, 0.0], "correct": [False, False, True]}
    )
    second = pd.DataFrame({"row": [0, 1], "step": [2, 2], "loss": [np.log(2), 0.0], "correct": [False, True]})
    for number, part in enumerate((first, second)):
        part.to_parquet(run.directory / f"train_examples/part-{number:05}.parquet")
    table = run.train_dynamics
    assert table["seen"].tolist() == [2, 1]
    assert table["confidence"].tolist() == pytest.approx([0.75, 1.0])
    assert table["forgotten"].tolist() == [1, 0]
