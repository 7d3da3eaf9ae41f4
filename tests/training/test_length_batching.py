"""Batches of similar length: which examples come when, and that an evaluation is in the order of its data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import Dataset

from nbtrain.engine.stream import stream
from nbtrain.training.length_batching import ByLengthTrainer, LongestFirst, SimilarLengths, in_order, input_lengths

Make = Callable[..., Any]
LENGTHS = np.random.default_rng(0).integers(5, 100, 403)


def epoch_of(sampler: SimilarLengths, epoch: int) -> list[int]:
    sampler.set_epoch(epoch)
    return list(sampler)


def batches(order: list[int], size: int = 8) -> list[list[int]]:
    return [order[at : at + size] for at in range(0, len(order), size)]


def padding(order: list[int]) -> float:
    padded = sum(max(LENGTHS[batch]) * len(batch) for batch in batches(order))
    return 1 - sum(LENGTHS) / padded


def test_each_example_comes_once_and_there_is_little_padding() -> None:
    sampler = SimilarLengths(LENGTHS, 8, seed=1)
    assert len(sampler) == 403
    for epoch in range(5):
        order = epoch_of(sampler, epoch)
        assert sorted(order) == list(range(403))
        assert padding(order) < 0.03 < 0.3 < padding(list(range(403)))


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    sampler = SimilarLengths(LENGTHS, 8, seed=1)
    first, second = epoch_of(sampler, 0), epoch_of(sampler, 1)
    np.random.seed(5)
    assert epoch_of(sampler, 0) == first
    assert epoch_of(SimilarLengths(LENGTHS, 8, seed=1), 1) == second
    others = [first, second, epoch_of(SimilarLengths(LENGTHS, 8, seed=2), 0), epoch_of(sampler, 2)]
    assert len({tuple(order) for order in others}) == 4, "(1, 1) is not (2, 0)"


def test_batches_are_shuffled_and_pair_examples_anew() -> None:
    sampler = SimilarLengths(LENGTHS, 8, seed=1)
    first, second = epoch_of(sampler, 0), epoch_of(sampler, 1)
    means = [float(np.mean(LENGTHS[batch])) for batch in batches(first)]
    assert abs(np.corrcoef(means, range(len(means)))[0, 1]) < 0.4
    pairs = [
        {frozenset((a, b)) for batch in batches(order) for a in batch for b in batch if a < b}
        for order in (first, second)
    ]
    assert len(pairs[0] & pairs[1]) < 0.6 * len(pairs[0])


def test_the_batch_that_is_not_full_comes_last_and_is_another_each_time() -> None:
    sampler = SimilarLengths(LENGTHS, 8, seed=1)
    left = [batches(epoch_of(sampler, epoch))[-1] for epoch in range(20)]
    assert {len(batch) for batch in left} == {3}
    assert len({round(float(np.mean(LENGTHS[batch]))) for batch in left}) > 10


@pytest.mark.parametrize(("count", "size"), [(1, 8), (8, 8), (7, 8), (16, 1), (9, 4)])
def test_small_sets(count: int, size: int) -> None:
    assert sorted(SimilarLengths(LENGTHS[:count], size, seed=0)) == list(range(count))


def test_lengths_are_read_where_they_can_be() -> None:
    rows = Dataset.from_dict({"input_ids": [[1], [1, 2, 3], [], [4, 4]], "x": [0, 1, 2, 3]})
    assert list(input_lengths(rows)) == [1, 3, 0, 2]
    assert list(input_lengths(rows.select([3, 1]))) == [2, 3]
    for unknown in (rows.select_columns(["x"]), rows.to_iterable_dataset(), rows.select([]), [1, 2], None):
        assert input_lengths(unknown) is None


def test_what_was_sorted_is_put_back() -> None:
    order = LongestFirst(np.array([3, 9, 9, 1])).order
    assert list(order) == [1, 2, 0, 3], "of equal length, the first one first"
    values = np.array([[10.0], [20.0], [0.0], [30.0]])
    assert in_order(values, order).tolist() == [[0.0], [10.0], [20.0], [30.0]]
    nested = in_order((values, {"a": values[:, 0]}, None, values[:2]), order)
    assert nested[1]["a"].tolist() == [0.0, 10.0, 20.0, 30.0]
    assert nested[2] is None and nested[3].tolist() == [[10.0], [20.0]]


@pytest.fixture
def make(make_trainer: Make) -> Make:
    """A Trainer on inputs of 2 to 12 tokens."""

    def cut(rows: Dataset) -> Dataset:
        size = np.random.default_rng(3).integers(2, 13, len(rows)).tolist()
        return rows.map(
            lambda row, at: {name: row[name][: size[at]] for name in row if name != "labels"}, with_indices=True
        )

    def make(name: str, trainer_class: Any = ByLengthTrainer, **arguments: Any) -> Any:
        from tokenizers import Tokenizer, models
        from transformers import DataCollatorWithPadding, PreTrainedTokenizerFast

        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=Tokenizer(models.WordLevel({"[PAD]": 0, "[UNK]": 1}, "[UNK]")), pad_token="[PAD]"
        )
        trainer = make_trainer(name, trainer_class=trainer_class, **arguments)
        trainer.train_dataset, trainer.eval_dataset = cut(trainer.train_dataset), cut(trainer.eval_dataset)
        trainer.data_collator = DataCollatorWithPadding(tokenizer)
        return trainer

    return make


def seen(trainer: Any) -> list[Any]:
    """The token ids of each batch of a training."""
    batches = []
    original = trainer.training_step

    def see(model: Any, inputs: Any, *args: Any) -> Any:
        batches.append([[token for token in row if token] for row in inputs["input_ids"].tolist()])
        return original(model, inputs, *args)

    trainer.training_step = see
    return batches


def same_weights(one: Any, other: Any) -> bool:
    states = one.model.state_dict(), other.model.state_dict()
    return all(states[0][name].equal(states[1][name]) for name in states[0])


@pytest.mark.parametrize(
    "options",
    [{}, {"gradient_accumulation_steps": 3}, {"dataloader_num_workers": 2}, {"dataloader_drop_last": True}],
    ids=["plain", "accumulation", "workers", "drop last"],
)
def test_resuming_within_an_epoch_changes_nothing(make: Make, options: dict[str, Any]) -> None:
    """Resume in the third epoch: the sampler gets the epoch, and the Trainer skips the batches that were done."""
    keys = dict(num_train_epochs=4, per_device_train_batch_size=3, save_strategy="steps", save_steps=1, **options)
    whole = make("whole", **keys)
    batches = seen(whole)
    whole.train()
    per_epoch = whole.state.max_steps // 4
    at = 2 * per_epoch + per_epoch // 2
    again = make("again", **keys)
    batches_again = seen(again)
    again.train(resume_from_checkpoint=f"{whole.args.output_dir}/checkpoint-{at}")
    assert same_weights(again, whole)
    assert batches[-len(batches_again) :] == batches_again
    assert len({str(batches[: len(batches) // 4]), str(batches[len(batches) // 4 : len(batches) // 2])}) == 2


def test_an_epoch_has_each_example_once(make: Make) -> None:
    trainer = make("run", num_train_epochs=2, per_device_train_batch_size=5, gradient_accumulation_steps=2)
    batches = seen(trainer)
    trainer.train()
    assert [len(batch) for batch in batches] == [5, 5, 5, 5, 5, 5, 2] * 2
    rows = Counter(tuple(row) for row in trainer.train_dataset["input_ids"])
    assert Counter(tuple(row) for batch in batches[:7] for row in batch) == rows
    assert Counter(tuple(row) for batch in batches[7:] for row in batch) == rows


def test_a_stream_changes_nothing(make: Make) -> None:
    plain = make("a", eval_strategy="epoch")
    plain.train()
    streamed = make("b", eval_strategy="epoch")
    for _ in stream(streamed):
        pass
    assert same_weights(plain, streamed)


def test_data_whose_length_is_not_known_go_through_in_their_order(make: Make) -> None:
    trainer = make("run", max_steps=4)
    trainer.train_dataset = trainer.train_dataset.to_iterable_dataset()
    batches = seen(trainer)
    rows = [row["input_ids"] for row in trainer.train_dataset]
    trainer.train()
    assert batches == [rows[at : at + 4] for at in (0, 4, 8, 12)]


def differences(make: Make, evaluate: Callable[[Any], Any], **options: Any) -> tuple[Any, Any]:
    """What a plain Trainer says, and what one by length does."""
    from transformers import Trainer

    keys = dict(per_device_eval_batch_size=5, **options)
    return evaluate(make("plain", Trainer, **keys)), evaluate(make("sorted", **keys))


@pytest.mark.parametrize("options", [{}, {"eval_accumulation_steps": 1}, {"dataloader_num_workers": 1}])
def test_predictions_are_in_the_order_of_the_data(make: Make, options: dict[str, Any]) -> None:
    plain, by_length = differences(make, lambda trainer: trainer.predict(trainer.eval_dataset), **options)
    assert np.allclose(plain.predictions, by_length.predictions, atol=1e-6)
    assert (plain.label_ids == by_length.label_ids).all()
    assert by_length.metrics["test_loss"] == pytest.approx(plain.metrics["test_loss"], abs=1e-6)
    assert by_length.metrics["test_accuracy"] == plain.metrics["test_accuracy"]


def test_compute_metrics_gets_everything_in_order(make: Make) -> None:
    given: list[Any] = []

    def evaluate(trainer: Any) -> Any:
        batches.clear()
        trainer.compute_metrics = lambda prediction: given.append(prediction) or {"seen": 1.0}
        trainer._get_eval_sampler = (lambda original: lambda rows: batches.append(original(rows)) or batches[-1])(
            trainer._get_eval_sampler
        )
        return trainer.evaluate()

    batches: list[Any] = []
    plain, by_length = differences(make, evaluate, include_for_metrics=["inputs"])
    assert isinstance(batches[-1], LongestFirst)
    assert by_length["eval_seen"] == 1.0
    assert by_length["eval_loss"] == pytest.approx(plain["eval_loss"], abs=1e-6)
    one, other = given
    tokens = [[[token for token in row if token > 0] for row in given.inputs] for given in (one, other)]
    assert tokens[0] == tokens[1], "how they are padded depends on the batch"
    assert (one.label_ids == other.label_ids).all()
    assert np.allclose(one.predictions, other.predictions, atol=1e-6)


def test_several_evaluation_sets(make: Make) -> None:
    def evaluate(trainer: Any) -> Any:
        trainer.eval_dataset = {"all": trainer.eval_dataset, "some": trainer.eval_dataset.select([4, 1, 7])}
        trainer.train()
        return [log for log in trainer.state.log_history if any("accuracy" in name for name in log)]

    logs = differences(make, evaluate, max_steps=2, eval_strategy="steps", eval_steps=1, eval_on_start=True)[1]
    assert [name for log in logs[:2] for name in log if "accuracy" in name] == [
        "eval_all_accuracy",
        "eval_some_accuracy",
    ]
    assert len(logs) == 6


@pytest.mark.parametrize(
    "option",
    [
        ("batch_eval_metrics", True),
        ("eval_do_concat_batches", False),
        ("include_for_metrics", ["loss"]),
        ("dataloader_drop_last", True),
    ],
)
def test_where_metrics_see_batches_they_are_as_ever(make: Make, option: tuple[str, Any]) -> None:
    seen: list[Any] = []

    def evaluate(trainer: Any) -> Any:
        seen.append([])

        def compute(prediction: Any, compute_result: bool = True) -> dict[str, float]:
            labels, losses = prediction.label_ids, prediction.losses
            seen[-1].append([one.tolist() for one in labels] if isinstance(labels, list) else labels.tolist())
            seen[-1].append(None if losses is None else losses.tolist())
            return {"one": 1.0}

        setattr(trainer.args, *option)
        trainer.compute_metrics = compute
        return trainer.evaluate()

    differences(make, evaluate)
    assert seen[0] == seen[1] and seen[0]


def test_an_evaluation_that_fails_leaves_the_trainer_as_it_was(make: Make) -> None:
    trainer = make("run")

    def fails(prediction: Any) -> dict[str, float]:
        raise ZeroDivisionError

    trainer.compute_metrics = fails
    with pytest.raises(ZeroDivisionError):
        trainer.evaluate()
    assert trainer.compute_metrics is fails
    assert Path(trainer.args.output_dir).name == "run"
