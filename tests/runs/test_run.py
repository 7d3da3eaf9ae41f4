"""A run from end to end with a tiny model: what it holds, what is on the disk, what can be loaded again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import nbtrain
from nbtrain import DataError, Run, RunError
from nbtrain.events.frames import STEP_COLUMNS


def finetune(tiny_model: Path, pairs: pd.DataFrame, folder: Path, **keys: Any) -> Run:
    defaults = dict(num_train_epochs=2, learning_rate=1e-3, metrics=["accuracy", "f1"], use_cpu=True, views=[])
    return nbtrain.finetune(
        model=str(tiny_model), train=pairs, text=["left", "right"], output_dir=str(folder), **{**defaults, **keys}
    )


@pytest.fixture(scope="module")
def run(tiny_model: Path, pairs: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return finetune(tiny_model, pairs, tmp_path_factory.mktemp("runs") / "first")


def test_it_tells_what_happened(run: Run) -> None:
    assert run.status == "finished"
    assert run.directory.name == "first"
    assert list(run.history.columns) == STEP_COLUMNS
    assert list(run.history["step"]) == list(range(1, 15))
    assert run.history["loss"].notna().all()
    assert list(run.metrics.columns) == ["step", "epoch", "loss", "accuracy", "f1"]
    assert list(run.metrics["epoch"]) == [1.0, 2.0]
    assert run.config["learning_rate"] == 1e-3


def test_predictions_are_a_row_per_example_in_order(run: Run) -> None:
    frame = run.predictions
    validation = run.stored.splits["validation"].to_pandas()  # type: ignore[index]
    assert list(frame["id"]) == list(validation["id"])
    assert list(frame["left"]) == list(validation["left"])
    assert set(frame["label"]) <= {"different", "same"}
    assert set(frame.columns) >= {"prediction", "probability", "p(different)", "p(same)", "loss", "correct"}
    assert frame["correct"].mean() == pytest.approx(run.metrics["accuracy"].iloc[-1])
    assert frame["loss"].mean() == pytest.approx(run.metrics["loss"].iloc[-1], rel=1e-4)


def test_predict_takes_rows_in_every_form(run: Run, pairs: pd.DataFrame) -> None:
    from datasets import Dataset

    few = pairs.head(4)
    as_frame = run.predict(few)
    as_list = run.predict(list(zip(few["left"], few["right"], strict=True)))
    as_dataset = run.predict(Dataset.from_pandas(few))
    assert list(as_frame["p(same)"]) == list(as_list["p(same)"]) == list(as_dataset["p(same)"])
    assert "label" not in as_list
    assert "correct" in as_frame
    assert run.predict("validation").equals(run.predictions)
    with pytest.raises(DataError):
        run.predict([])
    with pytest.raises(DataError):
        run.predict(["only one text"])


@pytest.mark.kernel
def test_it_is_read_back_in_a_fresh_process(run: Run) -> None:
    code = """if True:
        import sys, nbtrain
        run = nbtrain.Run.load(sys.argv[1])
        assert run.status == "finished"
        assert len(run.history) == 14 and len(run.metrics) == 2 and len(run.predictions) == 6
        assert "accuracy" in run._repr_html_() and "data:image/png" in run._repr_html_()
        assert "torch" not in sys.modules, "looking at a run needs no torch"
        print(run.config["learning_rate"], run.predict([("the cat", "the cat")])["p(same)"][0])
    """
    process = subprocess.run(
        [sys.executable, "-c", code, str(run.directory)], capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, process.stderr
    rate, probability = process.stdout.split()
    assert float(rate) == 1e-3
    assert float(probability) == pytest.approx(run.predict([("the cat", "the cat")])["p(same)"][0], rel=1e-5)


def test_saved_models_load_anywhere(run: Run, tmp_path: Path) -> None:
    from transformers import pipeline

    folder = run.save(tmp_path / "model")
    answer = pipeline("text-classification", model=str(folder))({"text": "the cat", "text_pair": "the cat"})
    assert answer["label"] in ("different", "same")
    with pytest.raises(RunError, match="already exists"):
        run.save(folder)


def test_the_optimizer_is_freed(run: Run) -> None:
    assert run.trainer.optimizer is None
    assert all(parameter.grad is None for parameter in run.model.parameters())


def test_a_plot_is_a_figure(run: Run) -> None:
    from matplotlib.figure import Figure

    assert isinstance(run.plot(), Figure)


def test_the_same_again_gives_the_same_numbers_in_a_directory_of_its_own(
    run: Run, tiny_model: Path, pairs: pd.DataFrame
) -> None:
    again = finetune(tiny_model, pairs, run.directory)
    assert again.directory == run.directory.with_name("first-2")
    assert list(again.history["loss"]) == list(run.history["loss"])
    assert again.predictions.equals(run.predictions)
    assert again.id != run.id

    assert not run.stored.model.in_memory, "only the newest run holds weights"
    assert list(run.predict("validation")["p(same)"]) == pytest.approx(list(run.predictions["p(same)"]), rel=1e-5)
    assert not again.stored.model.in_memory


def test_another_seed_gives_another_head(run: Run, tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    other = finetune(tiny_model, pairs, tmp_path / "run", seed=7, max_steps=1)
    assert other.history["loss"][0] != run.history["loss"][0]


def test_the_final_evaluation_is_not_made_twice(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    class Seen:
        def __init__(self) -> None:
            self.phases: list[str] = []

        def update(self, state: Any, event: Any) -> None:
            self.phases.append(getattr(event, "name", event.type))

    view = Seen()
    finetune(tiny_model, pairs, tmp_path / "run", views=[view])
    assert "predict" not in view.phases
    view.phases.clear()
    run = finetune(tiny_model, pairs, tmp_path / "none", views=[view], eval_strategy="no")
    assert "predict" in view.phases
    assert len(run.predictions) == 6


def test_the_best_model_is_the_one_that_predicts(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    run = finetune(
        tiny_model, pairs, tmp_path / "run", num_train_epochs=8, learning_rate=3e-2,
        early_stopping_patience=1, metric_for_best_model="loss",
    )  # fmt: skip
    assert len(run.metrics) < 8
    assert run.predictions["loss"].mean() == pytest.approx(run.metrics["loss"].min(), rel=1e-4)


@pytest.mark.parametrize("strategy", ["group_by_length", "sequential"])
def test_order_of_predictions_is_that_of_the_data(
    tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path, strategy: str
) -> None:
    frame = pairs.assign(left=[" ".join(["cat"] * (1 + index * 7 % 11)) for index in range(len(pairs))])
    run = finetune(tiny_model, frame, tmp_path / "run", validation=frame, train_sampling_strategy=strategy)
    assert list(run.predictions["id"]) == list(frame["id"])
    assert list(run.predictions["label"]) == list(frame["label"])
    assert run.predictions["correct"].mean() == pytest.approx(run.metrics["accuracy"].iloc[-1])


def test_a_failing_training_keeps_what_was_done(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    from transformers import TrainerCallback

    class Fail(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if state.global_step == 5:
                raise ZeroDivisionError("in the middle")

    with pytest.raises(ZeroDivisionError, match="in the middle"):
        finetune(tiny_model, pairs, tmp_path / "run", callbacks=[Fail()])
    run = Run.load(tmp_path / "run")
    assert run.status == "failed"
    assert "ZeroDivisionError: in the middle" in run.state.error
    assert len(run.history) == 4
    assert "in the middle" in repr(run)
    with pytest.raises(RunError):
        _ = run.predictions


def test_mistakes_leave_no_trace(tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        finetune(tiny_model, pairs.assign(label="one"), tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_an_unfinished_run_is_shown_as_interrupted(run: Run, tmp_path: Path) -> None:
    lines = (run.directory / "events.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "events.jsonl").write_text("".join(lines[: len(lines) // 2]) + '{"type":"step')
    killed = Run.load(tmp_path)
    assert killed.status == "interrupted"
    assert 0 < len(killed.history) < 14


def test_a_toml_file_and_keywords_say_the_same(run: Run, tiny_model: Path, pairs: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "run.toml"
    file.write_text('num_train_epochs = 9\nlearning_rate = 1e-3\nuse_cpu = true\ntext = ["left", "right"]\n')
    again = nbtrain.finetune(
        file, model=str(tiny_model), train=pairs, num_train_epochs=2, output_dir=str(tmp_path / "r"), views=[]
    )
    assert list(again.history["loss"]) == list(run.history["loss"])
