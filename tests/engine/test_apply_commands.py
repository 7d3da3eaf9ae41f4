"""Commands at step boundaries: what each does, when, and what it does not change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import nbtrain
from nbtrain.events import Commanded, Evaluated, Event, Paused, Resumed, Saved, Stepped, Waiting
from nbtrain.events.commands import Control

MakeTrainer = Callable[..., Any]
Script = dict[int, list[Callable[[Control], None]]]


def drive(trainer: Any, script: Script, when_paused: list[Callable[[Control], None]] | None = None) -> list[Event]:
    """Train; after step k the commands `script[k]` are given, and at each `Waiting` the next of `when_paused`."""
    events, answers = [], iter(when_paused or [])
    with nbtrain.stream(trainer) as stream:
        for event in stream:
            events.append(event)
            if isinstance(event, Stepped):
                for command in script.get(event.step, []):
                    command(stream.control)
            elif isinstance(event, Waiting):
                next(answers)(stream.control)
    return [event for event in events if not isinstance(event, Waiting)]


def of(events: list[Event], kind: type[Event]) -> list[Any]:
    return [event for event in events if isinstance(event, kind)]


def weights(trainer: Any) -> list[Any]:
    return [value.clone() for value in trainer.model.state_dict().values()]


def same(left: list[Any], right: list[Any]) -> bool:
    return all(bool((a == b).all()) for a, b in zip(left, right, strict=True))


def test_a_pause_and_steps_by_hand(make_trainer: MakeTrainer) -> None:
    plain = make_trainer("plain")
    plain.train()
    trainer = make_trainer("run")
    answers = [lambda c: c.step(), lambda c: c.step(2), lambda c: None, lambda c: c.resume()]
    events = drive(trainer, {3: [Control.pause]}, answers)
    assert [event.step for event in of(events, Paused)] == [3, 4, 6]
    assert [event.step for event in of(events, Resumed)] == [3, 4, 6]
    assert [event.command for event in of(events, Commanded)] == ["pause", "step", "step", "resume"]
    assert of(events, Stepped)[-1].step == 16
    assert same(weights(plain), weights(trainer)), "a pause changes nothing"


def test_to_the_end_of_the_epoch_evaluation_included(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run", eval_strategy="epoch", save_strategy="epoch")
    events = drive(trainer, {2: [Control.run_to_epoch_end]}, [Control.run_to_epoch_end, Control.stop])
    kinds = [type(event) for event in events if isinstance(event, (Evaluated, Saved, Paused))]
    assert kinds[:3] == [Evaluated, Saved, Paused]
    assert [event.step for event in of(events, Paused)] == [8, 16]
    assert trainer.state.global_step == 16


def test_stop_in_a_pause_after_the_epoch_takes_no_further_step(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run", eval_strategy="epoch")
    events = drive(trainer, {2: [Control.run_to_epoch_end]}, [Control.stop])
    assert of(events, Stepped)[-1].step == 8


def test_stop_within_an_epoch_saves_without_evaluation(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer(
        "run", eval_strategy="epoch", save_strategy="epoch", load_best_model_at_end=True, metric_for_best_model="loss"
    )
    events = drive(trainer, {11: [Control.stop]})
    assert of(events, Stepped)[-1].step == 11
    assert [event.step for event in of(events, Evaluated)] == [8]
    assert [event.step for event in of(events, Saved)] == [8, 11]
    assert trainer.args.load_best_model_at_end is True, "restored"
    from safetensors.torch import load_file

    saved = load_file(Path(trainer.args.output_dir) / "checkpoint-11" / "model.safetensors")
    assert all(bool((saved[name] == value).all()) for name, value in trainer.model.state_dict().items())


def test_resuming_after_a_stop_gives_the_same_weights(make_trainer: MakeTrainer) -> None:
    options: dict[str, Any] = {"save_strategy": "epoch", "eval_strategy": "epoch"}
    plain = make_trainer("plain", **options)
    plain.train()
    drive(make_trainer("run", **options), {11: [Control.stop]})
    trainer = make_trainer("run", **options)
    trainer.train(resume_from_checkpoint=str(Path(trainer.args.output_dir) / "checkpoint-11"))
    assert same(weights(plain), weights(trainer))


@pytest.mark.parametrize("strategy", ["no", "epoch"])
def test_a_requested_evaluation_does_not_affect_the_training(make_trainer: MakeTrainer, strategy: str) -> None:
    from transformers import EarlyStoppingCallback

    options: dict[str, Any] = {
        "eval_strategy": "epoch",
        "save_strategy": "epoch",
        "load_best_model_at_end": True,
        "metric_for_best_model": "loss",
        "dataloader_num_workers": 0,
    }
    if strategy == "no":
        options = {}
    plain = make_trainer("plain", callbacks=[EarlyStoppingCallback(1)] if options else None, **options)
    plain.train()
    trainer = make_trainer("run", callbacks=[EarlyStoppingCallback(1)] if options else None, **options)
    script: Script = {step: [Control.evaluate] for step in (2, 3, 4, 5, 10)}
    events = drive(trainer, script | {6: [Control.pause]}, [Control.evaluate, Control.evaluate, Control.resume])
    steps = [2, 3, 4, 5, 6, 6, 10]
    assert [event.step for event in of(events, Evaluated)] == sorted(steps + ([8, 16] if options else []))
    assert same(weights(plain), weights(trainer))


def test_saving_now_and_while_paused(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run")
    events = drive(trainer, {2: [Control.checkpoint], 5: [Control.pause]}, [Control.checkpoint, Control.resume])
    assert [event.step for event in of(events, Saved)] == [2, 5]
    for step in (2, 5):
        plain, again = make_trainer("plain"), make_trainer("again")
        plain.train()
        again.train(resume_from_checkpoint=str(Path(trainer.args.output_dir) / f"checkpoint-{step}"))
        assert same(weights(plain), weights(again))


SCHEDULES: list[dict[str, Any]] = [
    {"lr_scheduler_type": "linear"},
    {"lr_scheduler_type": "cosine", "warmup_steps": 4},
    {"lr_scheduler_type": "cosine_with_restarts", "lr_scheduler_kwargs": {"num_cycles": 2}},
    {"lr_scheduler_type": "polynomial", "lr_scheduler_kwargs": {"power": 2.0}},
    {"lr_scheduler_type": "constant"},
    {"lr_scheduler_type": "constant_with_warmup", "warmup_steps": 8},
    {"lr_scheduler_type": "inverse_sqrt", "warmup_steps": 3},
    {"lr_scheduler_type": "cosine_with_min_lr", "lr_scheduler_kwargs": {"min_lr": 1e-4}},
    {"lr_scheduler_type": "warmup_stable_decay", "warmup_steps": 2, "lr_scheduler_kwargs": {"num_decay_steps": 6}},
    {
        "lr_scheduler_type": "reduce_lr_on_plateau",
        "eval_strategy": "steps",
        "eval_steps": 2,
        "metric_for_best_model": "loss",
        "lr_scheduler_kwargs": {"patience": 0, "factor": 0.5, "min_lr": 1e-5},
    },
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=[schedule["lr_scheduler_type"] for schedule in SCHEDULES])
def test_a_new_learning_rate_survives_the_scheduler(make_trainer: MakeTrainer, schedule: dict[str, Any]) -> None:
    before = {event.step: event.learning_rate for event in of(drive(make_trainer("plain", **schedule), {}), Stepped)}
    events = drive(make_trainer("run", **schedule), {5: [lambda control: control.set(learning_rate=3e-3)]})
    after = {event.step: event.learning_rate for event in of(events, Stepped)}
    assert all(after[step] == before[step] for step in range(1, 6))
    assert after[6] == pytest.approx(3e-3)
    if schedule["lr_scheduler_type"] != "reduce_lr_on_plateau":  # it depends on the losses, which are different now
        ratio = after[6] / before[6]
        assert all(after[step] == pytest.approx(before[step] * ratio) for step in range(6, 17))
    else:
        assert all(after[step] <= 3e-3 * (1 + 1e-9) for step in range(6, 17))


def test_at_rate_0_of_a_warmup_it_is_the_peak(make_trainer: MakeTrainer) -> None:
    trainer = make_trainer("run", warmup_steps=4, lr_scheduler_type="constant_with_warmup")
    with nbtrain.stream(trainer) as stream:
        stream.control.set(learning_rate=4e-3)
        rates = [event.learning_rate for event in stream if isinstance(event, Stepped)]
    assert rates[:5] == pytest.approx([0, 1e-3, 2e-3, 3e-3, 4e-3])


def test_weight_decay_only_of_parameters_that_have_one(make_trainer: MakeTrainer) -> None:
    for given in (0.1, 0.0):
        trainer = make_trainer("run", weight_decay=given)
        seen: dict[int, list[float]] = {}
        with nbtrain.stream(trainer) as stream:
            for event in stream:
                if isinstance(event, Stepped):
                    seen[event.step] = [group["weight_decay"] for group in trainer.optimizer.param_groups]
                    if event.step == 4:
                        stream.control.set(weight_decay=0.25)
        assert seen[4] == [given, 0.0]
        assert seen[5] == [0.25, 0.0]


def test_values_are_rounded_as_in_the_journal() -> None:
    control = Control()
    control.set(learning_rate=1 / 3)
    (command,) = control.take()
    assert command.values == {"learning_rate": 0.3333333}


@pytest.mark.parametrize(
    ("command", "values", "said"),
    [
        ("set", {"learning_rate": 0}, ["`learning_rate`", "greater than 0"]),
        ("set", {"learning_rate": float("nan")}, ["`learning_rate`", "greater than 0", "nan"]),
        ("set", {"learning_rate": "fast"}, ["`learning_rate`", "greater than 0", "'fast'"]),
        ("set", {"weight_decay": -1}, ["`weight_decay`", "at least 0", "-1"]),
        ("set", {"momentum": 0.9}, ["`momentum`", "learning_rate, weight_decay"]),
        ("set", {}, ["learning_rate, weight_decay"]),
        ("step", {"steps": 0}, ["`steps`", "at least 1", "0"]),
        ("step", {"steps": 1.5}, ["`steps`", "integer", "1.5"]),
        ("pause", {"now": True}, ["`now`", "no values"]),
        ("launch", {}, ["`launch`", "pause, resume, step"]),
    ],
)
def test_invalid_commands_are_refused(command: str, values: dict[str, Any], said: list[str]) -> None:
    control = Control()
    with pytest.raises(ValueError, match=r".") as caught:
        control.request(command, **values)
    assert [words for words in said if words not in str(caught.value)] == []
    assert control.take() == []


def test_a_command_is_acknowledged() -> None:
    control = Control()
    assert control.request("stop") == "Stopping after this step."
    assert control.request("step", steps=10) == "Running 10 steps, then pausing."
    assert control.request("set", learning_rate=3e-5) == "Learning rate 3e-5 from the next step on."
    control.paused = True
    assert control.request("evaluate") == "Evaluating now."


@pytest.fixture(autouse=True)
def _unchanged_random_state() -> Iterator[None]:
    import torch

    state = torch.get_rng_state()
    yield
    torch.set_rng_state(state)
