"""The stream changes nothing: weights, logs and checkpoints are those of `trainer.train()`; and it can be left at any
point.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from nbtrain.engine.stream import Stream, stream
from nbtrain.errors import RunError
from nbtrain.events import Diagnosed, EpochEnded, Evaluated, Logged, Phase, Saved, Started, Stepped

MakeTrainer = Callable[..., Any]

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "accumulation": {"gradient_accumulation_steps": 3},
    "evaluation each epoch": {"eval_strategy": "epoch", "save_strategy": "epoch"},
    "evaluation by steps": {"eval_strategy": "steps", "eval_steps": 3, "save_strategy": "steps", "save_steps": 5},
    "loader workers": {"dataloader_num_workers": 2, "eval_strategy": "epoch"},
    "best model": {
        "eval_strategy": "steps",
        "eval_steps": 2,
        "save_strategy": "steps",
        "save_steps": 2,
        "load_best_model_at_end": True,
    },
    "schedule": {"lr_scheduler_type": "cosine", "warmup_steps": 3, "max_grad_norm": 0.0, "weight_decay": 0.1},
}


def weights(trainer: Any) -> dict[str, bytes]:
    return {name: tensor.detach().numpy().tobytes() for name, tensor in trainer.model.state_dict().items()}


def logs(trainer: Any) -> list[dict[str, Any]]:
    """The log history without values that depend on the clock."""
    clock = ("runtime", "per_second", "preparation_time")
    return [
        {key: value for key, value in entry.items() if not key.endswith(clock)} for entry in trainer.state.log_history
    ]


def checkpoints(trainer: Any) -> dict[str, bytes]:
    """Every checkpoint's weights, optimizer, scheduler and random states."""
    names = ("model.safetensors", "optimizer.pt", "scheduler.pt", "rng_state.pth")
    root = Path(trainer.args.output_dir)
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.glob("checkpoint-*/*"))
        if path.name in names
    }


def loader_workers() -> list[psutil.Process]:
    children = [child for child in psutil.Process().children() if child.status() != psutil.STATUS_ZOMBIE]
    return [child for child in children if "resource_tracker" not in " ".join(child.cmdline())]


def assert_same(streamed: Any, plain: Any) -> None:
    assert weights(streamed) == weights(plain)
    assert logs(streamed) == logs(plain)
    assert checkpoints(streamed) == checkpoints(plain)


@pytest.mark.parametrize("variant", VARIANTS)
def test_is_bit_identical_to_train(make_trainer: MakeTrainer, variant: str) -> None:
    plain = make_trainer("plain", **VARIANTS[variant])
    before = weights(plain)
    output = plain.train()
    streamed = make_trainer("streamed", **VARIANTS[variant])
    run = stream(streamed)
    steps = [event for event in run if isinstance(event, Stepped)]

    assert_same(streamed, plain)
    assert weights(plain) != before
    assert [event.step for event in steps] == list(range(1, plain.state.max_steps + 1))
    assert run.result is not None
    assert run.result.training_loss == output.training_loss


def test_early_stopping_is_bit_identical(make_trainer: MakeTrainer) -> None:
    from transformers import EarlyStoppingCallback

    options = dict(VARIANTS["best model"], num_train_epochs=6, metric_for_best_model="accuracy")
    plain = make_trainer("plain", callbacks=[EarlyStoppingCallback(1)], **options)
    plain.train()
    streamed = make_trainer("streamed", callbacks=[EarlyStoppingCallback(1)], **options)
    for _ in stream(streamed):
        pass

    assert plain.state.global_step < plain.state.max_steps
    assert_same(streamed, plain)


def test_resume_is_bit_identical(make_trainer: MakeTrainer) -> None:
    options = {"save_strategy": "steps", "save_steps": 5, "eval_strategy": "epoch"}
    plain = make_trainer("plain", **options)
    plain.train()
    broken = make_trainer("broken", **options)
    with stream(broken) as run:
        saved = next(event for event in run if isinstance(event, Saved))
    resumed = make_trainer("broken", **options)
    started = next(event for event in stream(resumed, resume_from_checkpoint=Path(saved.path)))
    assert isinstance(started, Started)
    assert started.step == 5
    resumed = make_trainer("broken", **options)
    list(stream(resumed, resume_from_checkpoint=Path(saved.path)))

    assert weights(resumed) == weights(plain)
    assert checkpoints(resumed) == checkpoints(plain)


def test_consumer_may_draw_no_grad_and_evaluate_in_between(make_trainer: MakeTrainer) -> None:
    import torch

    plain = make_trainer("plain")
    plain.train()
    streamed = make_trainer("streamed")
    run = stream(streamed)
    modes = [torch.no_grad, torch.inference_mode, torch.enable_grad]
    for index in range(10_000):
        with modes[index % 3]():
            if next(run, None) is None:
                break
            assert torch.is_grad_enabled() == (index % 3 == 2)
        if index == 4:
            state = torch.get_rng_state()
            assert "eval_accuracy" in streamed.evaluate()
            torch.set_rng_state(state)
    assert weights(streamed) == weights(plain)


def test_inference_mode_of_a_trainer_does_not_reach_the_consumer(make_trainer: MakeTrainer) -> None:
    import torch
    from transformers import Trainer

    modes: list[bool] = []  # after the consumer has run

    class Inferring(Trainer):
        @torch.inference_mode()
        def evaluation_loop(self, *args: Any, **kwargs: Any) -> Any:
            return super().evaluation_loop(*args, **kwargs)

        def prediction_step(self, *args: Any, **kwargs: Any) -> Any:
            modes.append(torch.is_inference_mode_enabled())
            return super().prediction_step(*args, **kwargs)

    run = stream(make_trainer("run", trainer_class=Inferring, eval_strategy="epoch"))
    phases = 0
    for event in run:
        phases += isinstance(event, Phase)
        assert not torch.is_inference_mode_enabled()
        assert torch.is_grad_enabled()
    assert phases == len(modes) > 2
    assert all(modes)


def test_events_match_what_the_trainer_did(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(
        "run", eval_strategy="epoch", save_strategy="epoch", gradient_accumulation_steps=2, lr_scheduler_type="constant"
    )
    events = list(stream(trainer))
    steps = [event for event in events if isinstance(event, Stepped)]

    assert isinstance(events[0], Started)
    assert (events[0].max_steps, events[0].epochs, events[0].batch_size) == (8, 2.0, 8)
    assert all(event.examples == 8 and event.learning_rate == 1e-2 and event.seconds > 0 for event in steps)
    assert all(event.grad_norm is not None and event.grad_norm > 0 for event in steps)
    assert [event.epoch for event in events if isinstance(event, EpochEnded)] == [1, 2]
    assert [Path(event.path).name for event in events if isinstance(event, Saved)] == ["checkpoint-4", "checkpoint-8"]
    assert [set(event.metrics) for event in events if isinstance(event, Evaluated)] == [
        {"eval_loss", "eval_accuracy"}
    ] * 2
    logged = [event.values["loss"] for event in events if isinstance(event, Logged) and "loss" in event.values]
    assert logged[0] == pytest.approx(sum(event.loss for event in steps[:3]) / 3, rel=1e-5)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))


def test_learning_rate_is_the_one_of_the_step(make_trainer: MakeTrainer) -> None:
    steps = [event for event in stream(make_trainer("run", warmup_steps=4)) if isinstance(event, Stepped)]
    assert steps[0].learning_rate == 0.0
    assert steps[4].learning_rate == 1e-2
    assert steps[-1].learning_rate == pytest.approx(1e-2 / 12)


@pytest.mark.parametrize("moment", [Started, Stepped, Evaluated, Logged, Saved, EpochEnded])
def test_can_be_closed_at_any_moment_and_train_again(make_trainer: MakeTrainer, moment: type) -> None:
    from transformers import set_seed

    options = {"eval_strategy": "epoch", "save_strategy": "epoch", "dataloader_num_workers": 2}
    trainer = make_trainer("run", **options)
    fresh = {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}
    callbacks = list(trainer.callback_handler.callbacks)
    with stream(trainer) as run:
        assert any(isinstance(event, moment) for event in run)

    assert trainer.callback_handler.callbacks == callbacks
    assert "training_step" not in vars(trainer)
    assert "clip_grad_norm_" not in vars(trainer.accelerator)
    assert not trainer.is_in_train
    gc.collect()
    assert loader_workers() == []

    trainer.model.load_state_dict(fresh)
    trainer.optimizer = None
    set_seed(trainer.args.seed)  # a new Trainer does this, `train()` does not
    trainer.train()
    plain = make_trainer("plain", **options)
    plain.train()
    assert weights(trainer) == weights(plain)


def test_a_dropped_stream_unwinds(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run")
    run: Stream | None = stream(trainer)
    assert run is not None
    next(run)
    next(run)
    del run
    gc.collect()
    assert "training_step" not in vars(trainer)
    trainer.train()


def test_an_exception_arrives_with_its_traceback(make_trainer: MakeTrainer) -> None:
    import traceback

    from transformers import Trainer

    class Broken(Trainer):
        def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
            if self.state.global_step == 3:
                raise ValueError("no loss today")
            return super().compute_loss(*args, **kwargs)

    trainer = make_trainer("run", trainer_class=Broken)
    with pytest.raises(ValueError, match="no loss today") as caught:
        list(stream(trainer))
    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert {"train", "training_step", "compute_loss"} <= set(frames)
    assert "training_step" not in vars(trainer)


def test_control_stops_evaluates_and_saves_at_the_next_boundary(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run")
    run = stream(trainer)
    kinds = []
    for event in run:
        if isinstance(event, Stepped) and event.step == 2:
            run.control.evaluate()
            run.control.checkpoint()
        if isinstance(event, Stepped) and event.step == 4:
            run.control.stop()
        kinds.append((type(event).__name__, event.step))
    assert ("Evaluated", 2) in kinds
    assert ("Saved", 2) in kinds
    assert max(step for _, step in kinds) == 4
    assert "EpochEnded" not in [kind for kind, _ in kinds]
    assert (Path(trainer.args.output_dir) / "checkpoint-2" / "trainer_state.json").exists()


def test_two_streams_at_once_are_refused(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run")
    first = stream(trainer)
    next(first)
    with pytest.raises(RunError, match=r"(?i)another stream"):
        next(stream(trainer))
    first.close()


def test_context_variables_of_the_consumer_are_seen_inside(make_trainer: MakeTrainer) -> None:
    import contextvars

    from transformers import TrainerCallback

    cell = contextvars.ContextVar("cell", default="none")
    seen = []

    class Look(TrainerCallback):
        def on_step_end(self, *args: Any, **kwargs: Any) -> None:
            seen.append(cell.get())

    cell.set("training cell")
    list(stream(make_trainer("run", callbacks=[Look()])))
    assert set(seen) == {"training cell"}


def test_trainer_state_file_is_the_trainers_own(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run", save_strategy="epoch")
    list(stream(trainer))
    state = json.loads((Path(trainer.args.output_dir) / "checkpoint-16" / "trainer_state.json").read_text())
    assert "Hooks" not in json.dumps(state)


def test_a_prediction_between_two_batches_of_an_evaluation_counts_for_itself(make_trainer: MakeTrainer) -> None:
    from transformers import TrainerCallback

    class Predicts(TrainerCallback):
        has_predicted = False

        def on_prediction_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            if not self.has_predicted:
                self.has_predicted = True
                trainer.predict(trainer.train_dataset.select(range(8)))

    trainer = make_trainer("a", max_steps=2, eval_strategy="steps", eval_steps=2, per_device_eval_batch_size=4)
    trainer.add_callback(Predicts())
    phases = [event for event in stream(trainer) if isinstance(event, Phase) and event.name == "evaluate"]
    assert [(phase.done, phase.total) for phase in phases] == [(1, 2), (2, 2), (1, 3), (2, 3), (3, 3)]


def test_a_warning_about_events_has_the_step(make_trainer: MakeTrainer) -> None:
    from transformers import TrainerCallback

    class Odd(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            state.epoch = "one" if state.global_step == 3 else state.epoch

        def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
            state.epoch = 0.0 if state.epoch == "one" else state.epoch

    trainer = make_trainer("a", max_steps=4, callbacks=[Odd()], eval_strategy="no", logging_strategy="no")
    warnings = [event for event in stream(trainer) if isinstance(event, Diagnosed)]
    assert [(warning.step, "not shown" in warning.message) for warning in warnings] == [(3, True)]
