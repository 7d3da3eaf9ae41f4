"""`nbtrain.watch`: a Trainer of the user's own gets a record, a Run and predictions, and trains as it would alone."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import nbtrain
from nbtrain import Run, RunError
from nbtrain.runs.find import all_runs
from tests.engine.test_stream import weights

MakeTrainer = Callable[..., Any]


def _entries(trainer: Any) -> list[str]:
    """What lies in the Trainer's `output_dir`, which it may not even have made."""
    folder = Path(trainer.args.output_dir)
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_it_trains_the_same_and_leaves_a_run(make_trainer: MakeTrainer) -> None:
    plain = make_trainer("plain", eval_strategy="epoch")
    plain.train()
    trainer = make_trainer("watched", eval_strategy="epoch")
    run = nbtrain.watch(trainer, views=[])
    assert run.status == "created"
    output = trainer.train()

    assert weights(trainer) == weights(plain)
    assert output.global_step == 16
    assert run.status == "finished"
    assert run.directory == Path("nbtrain_runs", run.id).absolute()
    assert _entries(trainer) == _entries(plain), "nothing of ours in the user's folder"
    assert [one.id for one in all_runs()] == [run.id]
    assert len(run.history) == 16
    assert list(run.metrics.columns) == ["step", "epoch", "loss", "accuracy"]
    assert run.predictions["correct"].mean() == pytest.approx(run.metrics["accuracy"].iloc[-1])
    assert run.trainer is trainer
    assert trainer.optimizer is not None, "the user's own objects are left as they are"
    assert Run.load(run.directory).predictions.equals(run.predictions)


def test_memory_that_cannot_be_pinned_is_a_note(make_trainer: MakeTrainer, monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch warns with each data loader; everything else that warns is heard, before and after, too."""
    from transformers import TrainerCallback

    class Warn(TrainerCallback):
        def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            warnings.warn("my own", UserWarning, stacklevel=1)

    monkeypatch.setattr("torch.accelerator.is_available", lambda *_, **__: False)
    trainer = make_trainer("pin", callbacks=[Warn()], max_steps=2, eval_strategy="epoch")
    trainer.args.dataloader_pin_memory = True  # the default, which `use_cpu` turns off
    run = nbtrain.watch(trainer, views=[])
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        filters = list(warnings.filters)
        trainer.train()
        assert warnings.filters == filters
        next(iter(trainer.get_eval_dataloader()))
    texts = [str(one.message) for one in caught if "pin_memory" in str(one.message) or str(one.message) == "my own"]
    assert [text[:12] for text in texts] == ["my own", "'pin_memory'"], "heard outside of the training only"
    assert trainer.args.dataloader_pin_memory is True
    assert [one.message for one in run.state.messages if "pin_memory" in one.message] == [
        "`dataloader_pin_memory` has no effect without a GPU. It is on by default, and changes nothing here."
    ]
    other = make_trainer("not", max_steps=2)
    unpinned = nbtrain.watch(other, views=[])
    other.train()
    assert not [one for one in unpinned.state.messages if "pin_memory" in one.message]


def test_the_run_is_up_to_date_for_callbacks(make_trainer: MakeTrainer) -> None:
    from transformers import TrainerCallback

    seen: list[tuple[int, int, int]] = []

    class Look(TrainerCallback):
        def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            seen.append((state.global_step, run.state.step, len(run.history)))

    trainer = make_trainer("run", callbacks=[Look()], logging_steps=100, max_steps=6)
    run = nbtrain.watch(trainer, views=[])
    trainer.train()
    assert seen == [(step, step, step) for step in range(6)]
    assert run.state.step == 6


def test_each_training_is_a_run(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run")
    run = nbtrain.watch(trainer, views=[])
    trainer.train()
    first = run.directory, run.id, run.predictions
    trainer.train()
    assert run.directory == first[0].with_name(run.id)
    assert [one.id for one in all_runs()] == [first[1], run.id]
    assert not run.predictions.equals(first[2])
    assert Run.load(first[0]).predictions.equals(first[2])


def test_watching_twice_is_watching_once(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run", max_steps=2)
    nbtrain.watch(trainer, views=[])
    run = nbtrain.watch(trainer, views=[])
    trainer.train()
    assert len(run.history) == 2
    assert [one.id for one in all_runs()] == [run.id]


def test_a_checkpoint_may_be_given_as_ever(make_trainer: MakeTrainer) -> None:
    options = {"save_strategy": "steps", "save_steps": 6, "max_steps": 12}
    make_trainer("run", **options).train()
    trainer = make_trainer("run", **options)
    run = nbtrain.watch(trainer, views=[])
    trainer.train(str(Path(trainer.args.output_dir) / "checkpoint-6"))
    assert list(run.history["step"]) == list(range(7, 13))


def test_a_train_method_of_ones_own_gets_its_arguments(make_trainer: MakeTrainer) -> None:
    from transformers import Trainer

    class Mine(Trainer):
        def train(self, extra: int = 1, **arguments: Any) -> Any:
            self.seen = extra, arguments
            return super().train(**arguments)

    options = {"save_strategy": "steps", "save_steps": 6, "max_steps": 12}
    make_trainer("run", **options).train()
    trainer = make_trainer("run", trainer_class=Mine, **options)
    run = nbtrain.watch(trainer, views=[])
    checkpoint = str(Path(trainer.args.output_dir) / "checkpoint-6")
    trainer.train(5, resume_from_checkpoint=checkpoint)
    assert trainer.seen == (5, {"resume_from_checkpoint": checkpoint})
    assert list(run.history["step"]) == list(range(7, 13))


def test_without_evaluation_data_there_are_no_predictions(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run", max_steps=2)
    trainer.eval_dataset = None
    run = nbtrain.watch(trainer, views=[])
    trainer.train()
    assert run.status == "finished"
    with pytest.raises(RunError):
        _ = run.predictions


def test_a_trainer_that_keeps_no_logits_is_watched_all_the_same(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run", eval_strategy="epoch")
    trainer.preprocess_logits_for_metrics = lambda logits, labels: logits.argmax(-1)
    trainer.compute_metrics = lambda prediction: {"ones": float(prediction.predictions.sum())}
    run = nbtrain.watch(trainer, views=[])
    trainer.train()
    assert run.status == "finished"
    assert list(run.metrics.columns) == ["step", "epoch", "loss", "ones"]
    assert (run.predictions["prediction"] == "LABEL_1").sum() == run.metrics["ones"].iloc[-1]
    assert trainer.compute_metrics is not None


def test_a_model_of_another_kind_is_watched_without_predictions(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run", eval_strategy="epoch")
    trainer.model.config.id2label = {0: "a", 1: "b", 2: "c"}  # says three classes, has two outputs
    run = nbtrain.watch(trainer, views=[])
    trainer.train()
    assert run.status == "finished"
    assert len(run.metrics) == 2
    with pytest.raises(RunError, match="has no predictions"):
        _ = run.predictions
