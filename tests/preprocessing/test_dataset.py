"""What `read` makes of data, and what it refuses, in the words that the user reads."""

from __future__ import annotations

import dataclasses
import re
from typing import TYPE_CHECKING, Any

import datasets
import numpy as np
import pandas as pd
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from nbtrain.config.schema import schema
from nbtrain.data.source import Source
from nbtrain.events import TaskSpec
from nbtrain.preprocessing.dataset import read
from tests.data.conftest import read_frame, refusal

if TYPE_CHECKING:
    from pathlib import Path


def with_names(frame: pd.DataFrame, names: list[str]) -> Dataset:
    return Dataset.from_pandas(frame, preserve_index=False).cast_column("label", ClassLabel(names=names))


def test_mrpc(real_data: Path) -> None:
    data = read(Source(str(real_data / "mrpc")))
    assert {split: len(rows) for split, rows in data.splits.items()} == {"train": 3668, "validation": 408, "test": 1725}
    assert data.spec == TaskSpec("text_classification", ("sentence1", "sentence2"), ("label",), ("0", "1"))
    assert data.spec.task == "text_classification"
    assert data.notes == ['Columns found: text = ["sentence1", "sentence2"], label = "label".']
    assert data.splits["train"].column_names == ["sentence1", "sentence2", "label", "idx"]


def test_sst2(real_data: Path) -> None:
    data = read(Source(str(real_data / "sst2")))
    assert (data.spec.inputs, data.spec.target) == (("sentence",), ("label",))


def test_demo() -> None:
    data = read(Source("demo"))
    assert list(data.splits) == ["train", "validation", "test"]
    assert len(data.spec.inputs) == 2
    assert len(data.spec.labels) == 2


def test_every_kind_of_object(reviews: pd.DataFrame) -> None:
    rows = Dataset.from_pandas(reviews)
    for given in (
        reviews,
        rows,
        DatasetDict(train=rows),
        {"train": reviews},
        {"text": reviews["text"].tolist(), "label": reviews["label"].tolist()},
        rows.data.table,
    ):
        assert len(read_frame(given).splits["train"]) == 36


def test_splits_by_themselves(reviews: pd.DataFrame) -> None:
    data = read(Source(train=reviews, validation=reviews[:10], test=Dataset.from_pandas(reviews[:5])))
    assert [len(rows) for rows in data.splits.values()] == [40, 10, 5]


def test_split_of_the_data_set_by_name(reviews: pd.DataFrame) -> None:
    splits = DatasetDict(train=Dataset.from_pandas(reviews), test=Dataset.from_pandas(reviews[:5]))
    data = read(Source(splits, validation="test"))
    assert len(data.splits["validation"]) == 5
    assert len(data.splits["train"]) == 40


def test_odd_split_names(reviews: pd.DataFrame) -> None:
    rows = Dataset.from_pandas(reviews)
    given = DatasetDict(train=rows, validation_matched=rows, validation_mismatched=rows, unsupervised=rows)
    data = read(Source(given))
    assert list(data.splits) == ["train", "validation"]
    assert "The validation split is `validation_matched`." in data.notes
    assert "Not used: `validation_mismatched`, `unsupervised` of the data set's splits." in data.notes


def test_no_split_is_for_training(reviews: pd.DataFrame) -> None:
    rows = Dataset.from_pandas(reviews)
    message = refusal(DatasetDict(one=rows, two=rows))
    assert "None of the splits is called train; there are `one`, `two`." in message
    assert 'train = "one"' in message


def test_no_data_at_all() -> None:
    assert "No data to train on" in refusal()
    assert "`dataset` is of type int, which is no data" in refusal(3)


def test_missing_validation_split_is_cut_with_the_same_mix_in_order() -> None:
    frame = pd.DataFrame(
        {"text": [f"t{n}" for n in range(200)], "label": [int(n % 4 == 0) for n in range(200)], "n": range(200)}
    )
    data = read_frame(frame)
    kept, aside = data.splits["train"].to_pandas(), data.splits["validation"].to_pandas()
    assert len(aside) == 20
    assert aside["label"].sum() == 5
    assert sorted([*kept["n"], *aside["n"]]) == list(range(200))
    assert kept["n"].is_monotonic_increasing
    assert aside["n"].is_monotonic_increasing
    said = (
        "There is no validation split: 20 of 200 training examples (10 %) were set aside, with the same mix of labels"
    )
    assert f"{said} (seed 42)." in data.notes
    assert read_frame(frame).splits["validation"].to_pandas().equals(aside)
    assert not read_frame(frame, seed=1).splits["validation"].to_pandas().equals(aside)


def test_labels_too_rare_for_the_same_mix(reviews: pd.DataFrame) -> None:
    reviews.loc[0, "label"] = 2
    data = read_frame(reviews)
    assert any("Some labels are too rare to be in both parts." in note for note in data.notes)
    assert not any("same mix" in note for note in data.notes)


def test_no_more_examples_than_asked_for(reviews: pd.DataFrame) -> None:
    reviews = reviews.sort_values("label")  # the first twenty are of one class
    data = read(Source(train=reviews, validation=reviews, max_train_samples=20, max_eval_samples=10))
    assert len(data.splits["train"]) == 20
    assert len(data.splits["validation"]) == 10
    assert set(data.splits["train"]["label"][:]) == {0, 1}
    assert "train: 20 of 40 examples, drawn at random (seed 42)." in data.notes


def test_what_is_drawn_is_of_one_class(reviews: pd.DataFrame) -> None:
    named = set(re.findall(r"`(\w+)`", refusal(reviews, max_train_samples=1)))
    assert named == {"max_train_samples", "validation_split"}
    assert named <= set(schema())


def test_messages_can_name_each_field_as_the_user_writes_it() -> None:
    assert {field.name for field in dataclasses.fields(Source)} <= set(schema())


def test_loading_shows_no_bars_and_puts_them_back(reviews: pd.DataFrame, capfd: pytest.CaptureFixture[str]) -> None:
    read_frame(reviews)
    assert capfd.readouterr() == ("", "")
    assert datasets.are_progress_bars_disabled() is False


# Labels


def test_class_names_of_the_features(reviews: pd.DataFrame) -> None:
    assert read_frame(with_names(reviews, ["negative", "positive"])).spec.labels == ("negative", "positive")


@pytest.mark.parametrize(
    ("values", "labels", "note"),
    [
        (["spam", "ham"], ["ham", "spam"], "Labels are numbered in sorted order: ham = 0, spam = 1."),
        (["10", "2"], ["2", "10"], "Labels are numbered in sorted order: 2 = 0, 10 = 1."),
        ([5, 1], ["1", "5"], "Labels are numbered in sorted order: 1 = 0, 5 = 1."),
        ([-1, 1], ["-1", "1"], "Labels are numbered in sorted order: -1 = 0, 1 = 1."),
        ([False, True], ["False", "True"], None),
        ([1, 0], ["0", "1"], None),
        (pd.Categorical(["b", "a"]), ["a", "b"], "Labels are numbered in sorted order: a = 0, b = 1."),
    ],
)
def test_labels_from_values(reviews: pd.DataFrame, values: Any, labels: list[str], note: str | None) -> None:
    reviews["label"] = pd.concat([pd.Series(values)] * 20, ignore_index=True)
    data = read_frame(reviews)
    assert data.spec.labels == tuple(labels)
    assert data.spec.task == "text_classification"
    assert [said for said in data.notes if "sorted" in said] == ([note] if note else [])


def test_labels_that_look_alike_are_said(reviews: pd.DataFrame) -> None:
    reviews["label"] = ["Good", "good "] * 20
    assert any(
        "case or spaces only are different classes: `Good`, `good `" in note for note in read_frame(reviews).notes
    )


def test_hidden_test_labels(reviews: pd.DataFrame) -> None:
    hidden = reviews.assign(label=-1)
    data = read(
        Source(train=with_names(reviews, ["a", "b"]), validation=reviews.assign(label=["a", "b"] * 20), test=hidden)
    )
    assert data.splits["test"].column_names == ["text"]
    assert "test: no row has a label, so its predictions are shown without comparison." in data.notes
    data = read(Source(train=reviews, test=reviews[["text"]]))
    assert "test: there are no labels, so its predictions are shown without comparison." in data.notes


def test_some_hidden_test_labels(reviews: pd.DataFrame) -> None:
    test = reviews.assign(label=[-1, *reviews["label"][1:]])
    notes = read(Source(train=reviews, test=test)).notes
    assert "test: 1 of 40 rows do not have a label, so its predictions are shown without comparison." in notes


@pytest.mark.parametrize("split", ["train", "validation"])
def test_missing_labels_are_counted(reviews: pd.DataFrame, split: str) -> None:
    good = with_names(reviews, ["a", "b"])
    hidden = with_names(reviews.assign(label=[-1, -1, *reviews["label"][2:]]), ["a", "b"])
    message = refusal(**{"train": good, "validation": good, split: hidden})
    assert f"{split}: 2 of 40 rows have no label (`label` is -1)." in message
    assert 'ds.filter(lambda row: row["label"] != -1)' in message
    empty = reviews.assign(label=[np.nan, *reviews["label"][1:]])
    message = refusal(**{"train": reviews, "validation": reviews, split: empty})
    assert f"{split}: 1 of 40 rows have no label (`label` is empty)." in message
    assert 'df.dropna(subset=["label"])' in message


def test_minus_one_beside_many_classes_is_doubtful(reviews: pd.DataFrame) -> None:
    reviews["label"] = [-1, 0, 1, 2] * 10
    assert "also -1, which often means that there is no label" in refusal(reviews)


def test_labels_that_training_does_not_have(reviews: pd.DataFrame) -> None:
    message = refusal(train=reviews, validation=reviews.assign(label=[7, 7, *reviews["label"][2:]]))
    assert "validation: 2 of 40 rows have a label in `label` that the training examples do not have: 7." in message
    assert "Known labels: 0, 1." in message


def test_labels_out_of_range(reviews: pd.DataFrame) -> None:
    rows = Dataset.from_pandas(reviews.assign(label=[5, *reviews["label"][1:]]), preserve_index=False)
    features = Features({"text": Value("large_string"), "label": ClassLabel(names=["neg", "pos"])})
    broken = Dataset(rows.data.table.replace_schema_metadata(None), info=datasets.DatasetInfo(features=features))
    message = refusal(broken)
    assert (
        "train: 1 rows have a label that is out of range: `label` is 5, but there are 2 classes, 0 to 1 (neg, pos)."
        in message
    )


def test_floats_for_a_classification(reviews: pd.DataFrame) -> None:
    message = refusal(reviews.assign(label=reviews["label"] + 0.5), task="text_classification")
    assert "it holds decimal numbers (0.5, 1.5)" in message
    assert 'task = "regression"' in message
    message = refusal(reviews.assign(label=reviews["label"] * 1.0), task="text_classification")
    assert "decimal numbers (0, 1), though all are whole" in message.replace(".0", "")
    assert 'df["label"] = df["label"].astype(int)' in message


def test_whole_floats_are_asked_about(reviews: pd.DataFrame) -> None:
    message = refusal(reviews.assign(label=reviews["label"] * 1.0))
    assert "not clear what is to be learned" in message
    assert 'For regression: task = "regression".' in message
    assert "astype(int)" in message


def test_one_single_class(reviews: pd.DataFrame) -> None:
    assert "train: all 40 rows have the same label, `label` = 1: there is nothing to tell apart." in refusal(
        reviews.assign(label=1)
    )
    assert "`label` = b: " in refusal(with_names(reviews.assign(label=1), ["a", "b"]))


def test_a_column_of_ids_is_no_label(reviews: pd.DataFrame) -> None:
    assert "has 40 different values in 40 rows, too many to be classes" in refusal(reviews.assign(label=range(40)))


def test_unknown_task(reviews: pd.DataFrame) -> None:
    message = refusal(reviews, task="text_clasification")
    assert "Did you mean `text_classification`?" in message
    assert "regression" in message


# Splits and texts


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_empty_split(reviews: pd.DataFrame, split: str) -> None:
    message = refusal(**{"train": reviews, "validation": reviews, split: reviews[:0]})
    assert message == f"The {split} split is empty: it has no rows."


def test_too_few_rows_to_cut(reviews: pd.DataFrame) -> None:
    few = reviews.assign(label=reviews["label"] + 0.5)[:2]
    assert "train has 2 rows: too few to set some aside for validation." in refusal(few, validation_split=0.9)


def test_nulls_in_a_text_column_are_counted(reviews: pd.DataFrame) -> None:
    reviews.loc[[3, 5], "text"] = None
    message = refusal(reviews)
    assert "train: 2 of 40 rows have no text in column `text`." in message
    assert 'dropna(subset=["text"])' in message
    assert "40 of 40 rows have no text" in refusal(reviews.assign(text=None), text=["text"], label=["label"])


def test_a_text_column_that_is_not_text(reviews: pd.DataFrame) -> None:
    message = refusal(reviews.assign(stars=3), text=["stars"])
    assert "train: column `stars` is not text, it holds integers." in message
    assert 'text = ["a", "b"]' in message


def test_a_streamed_data_set_is_refused(reviews: pd.DataFrame) -> None:
    assert "streaming=True" in refusal(Dataset.from_pandas(reviews).to_iterable_dataset())


def test_a_frame_of_mixed_values_or_twin_columns(reviews: pd.DataFrame) -> None:
    assert "values of different kinds" in refusal(reviews.assign(extra=["a", 1] * 20))
    assert "more than one column of the name `text`" in refusal(reviews.set_axis(["text", "text"], axis="columns"))
