"""Whatever Trainer is watched or streamed: its training is that of the plain Trainer, and nothing of ours ends it."""

from __future__ import annotations

import copy
import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import PrinterCallback, Trainer, TrainerCallback

import nbtrain
from nbtrain import Stream
from nbtrain.events import Evaluated, Stepped
from tests.training.linear import Linear, LinearConfig, PlainLinear, make, outcome, rows

pytestmark = pytest.mark.trainer

Make = Callable[[Path], Any]


class TorchIterable(torch.utils.data.IterableDataset[Any]):
    def __iter__(self) -> Any:
        return iter(rows(12))


def hub_iterable(folder: Path) -> Any:
    from datasets import IterableDataset

    return make(folder, eval_dataset=IterableDataset.from_generator(lambda: iter(rows(12))))


def grouped_by_length(folder: Path) -> Any:
    from datasets import Dataset

    sets = {
        name: Dataset.from_list([{**row, "length": 1 + at * 7 % 11} for at, row in enumerate(rows(count))])
        for name, count in (("train_dataset", 32), ("eval_dataset", 44))
    }
    return make(folder, train_sampling_strategy="group_by_length", remove_unused_columns=False, **sets)


class WithTexts(Linear):
    def forward(self, x: Any = None, labels: Any = None, items: Any = None, **kwargs: Any) -> Any:
        if items is not None:
            x = torch.tensor([item["x"] for item in items])
            labels = torch.tensor([item["labels"] for item in items])
        return super().forward(x, labels)


def tensors(batch: Any) -> dict[str, Any]:
    return {name: torch.tensor([row[name] for row in batch]) for name in ("x", "labels")}


def collated(collate: Callable[[Any], Any], cls: type[Trainer] = Trainer) -> Make:
    return lambda folder: make(
        folder,
        cls=cls,
        model=WithTexts(LinearConfig()),
        data_collator=collate,
        remove_unused_columns=False,
        eval_strategy="no",
    )


class OfLists(Trainer):
    """Its batches are lists of rows."""

    def _prepare_inputs(self, inputs: Any) -> Any:
        return tensors(inputs)


class OwnPredict(Trainer):
    def predict(self, dataset: Any, examples: Any, **kwargs: Any) -> Any:
        return super().predict(dataset)


class OwnLoop(Trainer):
    def evaluation_loop(self, loader: Any, *args: Any, **kwargs: Any) -> Any:
        output = super().evaluation_loop(loader, *args, **kwargs)
        return output._replace(predictions={"nested": [output.predictions]}, label_ids=None)


class OwnEvalLoader(Trainer):
    def get_eval_dataloader(self) -> Any:
        return super().get_eval_dataloader(None)

    def evaluate(self, **kwargs: Any) -> Any:
        metrics = {"eval_loss": 1.0, "eval_own": 2.0}
        list(self.get_eval_dataloader())
        self.log(metrics)
        self.control = self.callback_handler.on_evaluate(self.args, self.state, self.control, metrics)
        return metrics


class OwnSave(Trainer):
    def save_model(self, folder: Any) -> None:
        raise ValueError("not in this way")

    def _save(self, *args: Any, **kwargs: Any) -> None:
        raise RuntimeError("these tensors share memory")


class Nested(Linear):
    def forward(self, x: Any, labels: Any = None, **kwargs: Any) -> Any:
        loss, y = super().forward(x, labels if labels is not None else x)
        return {"loss": loss, "y": y, "states": [(y, y + 1), {"a": y}]}


class Unsaved:
    """A processing class without `save_pretrained`."""


class NanOnce(Trainer):
    def compute_loss(self, *args: Any, **kwargs: Any) -> Any:
        loss = super().compute_loss(*args, **kwargs)
        bad = self.state.global_step == 2 and self.model.training
        return loss * math.nan if bad and torch.is_tensor(loss) else loss


class SkipsNan(NanOnce):
    def training_step(self, *args: Any, **kwargs: Any) -> Any:
        loss = super().training_step(*args, **kwargs)
        if not torch.isfinite(loss):
            self.model.zero_grad()
            return torch.zeros_like(loss)
        return loss


class Unfriendly(TrainerCallback):
    """Takes itself off the list in the event `when`."""

    def __init__(self, when: str) -> None:
        self.when = when
        self.trainer: Any = None

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("on_") and name == object.__getattribute__(self, "when"):
            return lambda *args, **kwargs: self.trainer.remove_callback(self)
        return object.__getattribute__(self, name)


def with_callback(callback: Any, **options: Any) -> Any:
    def made(folder: Path) -> Any:
        one = callback()
        trainer = make(folder, callbacks=[one], **options)
        one.trainer = trainer
        return trainer

    return made


class Predicts(TrainerCallback):
    trainer: Any

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        state.seen = repr(self.trainer.predict(rows(6)).predictions)


class Evaluates(TrainerCallback):
    trainer: Any

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == 2:
            self.trainer.evaluate(rows(12), metric_key_prefix="test")


class PatchesAndDeletes(TrainerCallback):
    trainer: Any

    def on_train_begin(self, *args: Any, **kwargs: Any) -> None:
        before = self.trainer.training_step
        self.trainer.training_step = lambda *args, **kwargs: before(*args, **kwargs)

    def on_train_end(self, *args: Any, **kwargs: Any) -> None:
        del self.trainer.training_step


class Copies(TrainerCallback):
    trainer: Any

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        twin = copy.deepcopy(self.trainer)
        assert twin.training_step.__self__ is twin
        state.copied = pickle.loads(pickle.dumps(self.trainer.callback_handler.callbacks[0]))


class TakesItsPlaceAgain(TrainerCallback):
    """As the Trainer does with the callbacks of a checkpoint: it is the last one then."""

    trainer: Any

    def on_train_begin(self, *args: Any, **kwargs: Any) -> None:
        self.trainer.remove_callback(self)
        self.trainer.add_callback(self)


class RemovesTheBar(TrainerCallback):
    trainer: Any

    def on_step_end(self, *args: Any, **kwargs: Any) -> None:
        self.trainer.remove_callback(PrinterCallback)


METRICS: dict[str, Any] = {"nan": math.nan, "text": "good", "none": None, "list": [1, 2], "nested": {"a": 1}, "": 1.0}
METRICS |= {"big": 10**400, "bool": True, "a/b": 0.1, "<b>": 0.2}

TRAINERS: dict[str, Make] = {
    "as it is": make,
    "a plain module": lambda folder: make(folder, model=PlainLinear()),
    "evaluation without length": lambda folder: make(folder, eval_dataset=TorchIterable()),
    "evaluation of the hub's iterable kind": hub_iterable,
    "several evaluation sets": lambda folder: make(folder, eval_dataset={"a": rows(8), "b": rows(12)}),
    "an empty evaluation set": lambda folder: make(folder, eval_dataset=[]),
    "no evaluation set": lambda folder: make(folder, eval_dataset=None, eval_strategy="no"),
    "texts first": collated(lambda batch: {"texts": ["a"] * len(batch), **tensors(batch)}),
    "a flag first": collated(lambda batch: {"flag": True, **tensors(batch)}),
    "a scalar first": collated(lambda batch: {"flag": torch.tensor(1.0), **tensors(batch)}),
    "an empty list first": collated(lambda batch: {"texts": [], **tensors(batch)}),
    "a list of rows in a dict": collated(lambda batch: {"items": batch}),
    "a list of rows": collated(lambda batch: batch, OfLists),
    "own predict": lambda folder: make(folder, cls=OwnPredict),
    "own evaluation loop": lambda folder: make(folder, cls=OwnLoop),
    "own loader and evaluate": lambda folder: make(folder, cls=OwnEvalLoader),
    "own save": lambda folder: make(folder, cls=OwnSave),
    "nested outputs": lambda folder: make(folder, model=Nested(LinearConfig())),
    "a processing class that cannot be saved": lambda folder: make(folder, processing_class=Unsaved()),
    "dropped last batch": lambda folder: make(folder, dataloader_drop_last=True, eval_dataset=rows(13)),
    "a loss that is not finite": lambda folder: make(folder, cls=NanOnce),
    "a Trainer that skips such a loss": lambda folder: make(folder, cls=SkipsNan),
    "predicts in a callback": with_callback(Predicts),
    "evaluates in a callback": with_callback(Evaluates),
    "patches training_step and deletes it": with_callback(PatchesAndDeletes),
    "copies the Trainer": with_callback(Copies),
    "takes its place again": with_callback(TakesItsPlaceAgain),
    "removes the progress bar": with_callback(RemovesTheBar),
    **{
        f"leaves at {when}": with_callback(lambda when=when: Unfriendly(when), save_strategy="epoch")
        for when in ("on_train_begin", "on_step_end", "on_evaluate", "on_epoch_end", "on_optimizer_step", "on_log")
    },
    "grouped by length": grouped_by_length,
    "accumulation": lambda folder: make(folder, gradient_accumulation_steps=3),
    "metrics of all kinds": lambda folder: make(folder, compute_metrics=lambda prediction: dict(METRICS)),
}


def plain(trainer: Any) -> None:
    trainer.train()


def streamed(trainer: Any) -> None:
    for _ in nbtrain.stream(trainer):
        pass


def guarded(trainer: Any) -> None:
    for _ in Stream(trainer, guarded=True):
        pass


def watched(trainer: Any) -> None:
    run = nbtrain.watch(trainer, views=[])
    trainer.train()
    assert run.status == "finished"
    messages = [message.message for message in run.state.messages]
    assert len(messages) == len(set(messages)), messages


WAYS = (streamed, guarded, watched)
"""Each of them for a third of the Trainers in `make test`, all for all in `make test-full`."""


@pytest.mark.parametrize(
    ("name", "way"),
    [
        pytest.param(name, way, marks=() if at % len(WAYS) == turn else pytest.mark.full)
        for at, name in enumerate(TRAINERS)
        for turn, way in enumerate(WAYS)
    ],
)
def test_the_training_is_that_of_the_plain_trainer(name: str, way: Callable[[Any], None], tmp_path: Path) -> None:
    first, second = TRAINERS[name](tmp_path / "plain"), TRAINERS[name](tmp_path / "other")
    torch.manual_seed(1)
    plain(first)
    expected = repr(outcome(first))
    torch.manual_seed(1)
    way(second)
    assert repr(outcome(second)) == expected
    assert vars(first).keys() == vars(second).keys() - {"train"}


class Fails(TrainerCallback):
    def __init__(self, error: BaseException) -> None:
        self.error = error

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if state.global_step == 3:
            raise self.error


@pytest.mark.parametrize("way", [guarded, watched])
@pytest.mark.parametrize("error", [ValueError("mine"), StopIteration("dry"), SystemExit(3), KeyError("x"), OSError(5)])
def test_the_users_own_exception_is_raised(error: BaseException, way: Any, tmp_path: Path) -> None:
    trainer = make(tmp_path, callbacks=[Fails(error)])
    with pytest.raises(BaseException) as caught:  # noqa: PT011
        way(trainer)
    if way is guarded and isinstance(error, StopIteration):  # else a `for` loop would end as if all were well
        assert type(caught.value) is RuntimeError
        assert caught.value.__cause__ is error
    else:
        assert caught.value is error


def test_a_training_that_stops_iterating_is_a_failure(tmp_path: Path) -> None:
    trainer = make(tmp_path, callbacks=[Fails(StopIteration())])
    run = nbtrain.watch(trainer, views=[])
    with pytest.raises(StopIteration):
        trainer.train()
    assert run.status == "failed"
    assert len(run.history) == 2


@pytest.mark.parametrize("when", ["on_step_end", "on_evaluate", "on_optimizer_step", "on_train_begin", "on_epoch_end"])
def test_no_event_is_skipped_if_a_callback_leaves(when: str, tmp_path: Path) -> None:
    expected = list(nbtrain.stream(make(tmp_path / "a", save_strategy="epoch")))
    events = list(nbtrain.stream(with_callback(lambda: Unfriendly(when), save_strategy="epoch")(tmp_path / "b")))
    assert [(event.type, event.step) for event in events] == [(event.type, event.step) for event in expected]
    losses = [[event.loss for event in one if isinstance(event, Stepped)] for one in (events, expected)]
    assert losses[0] == losses[1]


def test_a_watched_training_prints_no_progress(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    trainer = make(tmp_path)
    nbtrain.watch(trainer, views=[])
    assert trainer.train().metrics.keys() == make(tmp_path).train().metrics.keys()
    capsys.readouterr()
    trainer.train()
    assert "'loss'" not in capsys.readouterr().out
    trainer.evaluate()
    assert "'eval_loss'" in capsys.readouterr().out


def test_several_evaluation_sets_are_one_row(tmp_path: Path) -> None:
    trainer = make(tmp_path, eval_dataset={"a": rows(8), "b": rows(12)})
    run = nbtrain.watch(trainer, views=[])
    events: list[Any] = []
    trainer.train()
    events = [event for event in run._events() if isinstance(event, Evaluated)]
    assert [event.step for event in events] == [4, 8]
    assert list(run.metrics.columns) == ["step", "epoch", "a_loss", "b_loss"]
    assert run.metrics.notna().all(axis=None)


def test_a_batch_counts_its_examples_whatever_it_looks_like(tmp_path: Path) -> None:
    for name in ("texts first", "a flag first", "a scalar first", "a list of rows"):
        steps = [event for event in nbtrain.stream(TRAINERS[name](tmp_path)) if isinstance(event, Stepped)]
        assert {event.examples for event in steps} == {8}, name


def test_a_loss_that_is_not_finite_is_reported_once(tmp_path: Path) -> None:
    run = nbtrain.watch(make(tmp_path, cls=NanOnce), views=[])
    run.trainer.train()
    assert [message.level for message in run.state.messages if "loss" in message.message] == ["warning"]
    assert run.state.step == run.state.max_steps


def test_a_trial_of_a_search_saves_in_its_own_folder(tmp_path: Path) -> None:
    trainer = make(
        tmp_path,
        model_init=lambda trial=None: Linear(LinearConfig()),
        save_strategy="epoch",
        num_train_epochs=4,
        save_total_limit=1,
    )
    run = nbtrain.watch(trainer, views=[])
    space = lambda trial: {"learning_rate": trial.suggest_float("learning_rate", 0.01, 0.1)}  # noqa: E731
    trainer.hyperparameter_search(hp_space=space, n_trials=2, direction="minimize", backend="optuna")
    kept = list(run.checkpoints["path"][run.checkpoints["kept"]])
    assert [Path(path).parts[-2:] for path in kept] == [("run-1", "checkpoint-16")]
    assert [folder.name for folder in (tmp_path / "run-0").iterdir()] == ["checkpoint-16"]
    assert sorted(folder.name for folder in tmp_path.iterdir()) == ["run-0", "run-1"]
    assert len(list(Path("nbtrain_runs").iterdir())) == 2, "each trial is a run"
    assert run.history["grad_norm"].notna().all()
